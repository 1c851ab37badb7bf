import { closeSync, openSync, readFileSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { MEMORY_OFFSET } from '../core/process-memory.ts';
import type { CoreSegment, DescribedProcess, DescribedThread } from '../core/elf/core-headers.ts';
import { processEntry } from '../host/processes.ts';
import { noAccess, notReadable } from './refusals.ts';

/** What /proc says of a process: all that a core of it would have in front of its memory. */
export interface ProcessDescription extends DescribedProcess {
  startTime: number;
  segments: CoreSegment[];
  workingDirectory: string;
}

// proc(5), maps: addresses, permissions, offset, device, inode, name
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) ([r-])([w-])([x-]). ([0-9a-f]+) \S+ (\d+) *(.*)$/;
// What the kernel maps itself and no other process may read; [vsyscall] lies above what any process can have.
const UNREADABLE = /^\[(?:vvar|vvar_vclock|vsyscall)\]$/;
const MACHINES = new Map<number, DescribedProcess['machine']>([
  [62, 'x86_64'],
  [183, 'aarch64'],
]);

/** Reads `/proc/PID`. Throws a `UserError` where there is no such process, or it may not or cannot be read. */
export function describeProcess(pid: number): ProcessDescription {
  const folder = `/proc/${pid}`;
  const entry = processEntry(pid);
  if (entry === undefined) throw notReadable(pid, 'gone');
  if (entry.state === 'Z' || entry.state === 'X') throw notReadable(pid, 'zombie');
  try {
    const maps = readFileSync(`${folder}/maps`, 'utf8');
    if (maps === '') throw notReadable(pid, processEntry(pid) === undefined ? 'gone' : 'kernel');
    const root = readlinkSync(`${folder}/root`);
    const { segments, files } = mappingsIn(maps, root === '/' ? '' : root);
    return {
      machine: machineOf(pid),
      pid,
      parent: entry.parent,
      startTime: entry.startTime,
      name: readFileSync(`${folder}/comm`, 'utf8').trimEnd(),
      arguments: readFileSync(`${folder}/cmdline`, 'utf8').replaceAll('\0', ' ').trimEnd(),
      workingDirectory: insideOf(root === '/' ? '' : root, readlinkSync(`${folder}/cwd`)),
      threads: threadsOf(pid),
      auxiliary: readFileSync(`${folder}/auxv`),
      segments,
      files,
    };
  } catch (error) {
    throw noAccess(pid, error);
  }
}

function mappingsIn(maps: string, root: string): Pick<ProcessDescription, 'segments' | 'files'> {
  const segments: ProcessDescription['segments'] = [];
  const files: ProcessDescription['files'][number][] = [];
  for (const line of maps.split('\n')) {
    const [, from = '', to = '', r, w, x, offset = '', inode, name = ''] = MAPPING.exec(line) ?? [];
    const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    if (!(start < end) || end > MEMORY_OFFSET) continue;
    const readable = r === 'r' && !UNREADABLE.test(name);
    segments.push({
      start,
      end,
      offset: MEMORY_OFFSET + start,
      fileSize: readable ? end - start : 0,
      flags: (r === 'r' ? 4 : 0) + (w === 'w' ? 2 : 0) + (x === 'x' ? 1 : 0),
    });
    if (inode === '0' || !name.startsWith('/')) continue;
    // proc(5): a newline in a name is written as \012
    const path = insideOf(root, name.replaceAll('\\012', '\n'));
    files.push({ start, end, offset: Number.parseInt(offset, 16), path });
  }
  return { segments, files };
}

/** A path as the process itself sees it, which may have another root (chroot(2)). */
function insideOf(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length) : path;
}

function threadsOf(pid: number): DescribedThread[] {
  const folder = `/proc/${pid}/task`;
  const numbers = (id: number): number[] => {
    const status = readFileSync(`${folder}/${id}/status`, 'latin1');
    return (/^NSpid:\s*(.*)$/m.exec(status)?.[1] ?? '').split(/\s+/).map(Number);
  };
  const nested = numbers(pid).length > 1;
  const threads = readdirSync(folder).flatMap((name): DescribedThread[] => {
    const id = Number(name);
    if (!nested) return [{ id, ownId: id }];
    try {
      return [{ id, ownId: numbers(id).at(-1) ?? id }];
    } catch {
      // it has ended since
      return [];
    }
  });
  return threads.sort((a, b) => Number(b.id === pid) - Number(a.id === pid) || a.id - b.id);
}

/** Of its own program, by the first bytes of the file (elf(5)). */
function machineOf(pid: number): DescribedProcess['machine'] {
  const header = Buffer.alloc(20);
  const descriptor = openSync(`/proc/${pid}/exe`, 'r');
  try {
    readSync(descriptor, header, 0, header.length, 0);
  } finally {
    closeSync(descriptor);
  }
  const machine = MACHINES.get(header.readUInt16LE(18));
  if (header[4] !== 2 || machine === undefined) throw notReadable(pid, 'machine');
  return machine;
}
