import type { ByteSource } from '../byte-source.ts';
import { PT_NOTE, notesIn, readBytes, u64, type ElfFile } from './file.ts';

/** A thread as the kernel saw it; the one that took the signal comes first in the core. */
interface NativeThread {
  id: number;
  /** The number in its own PID namespace, where that is known to be another one. */
  ownId?: number;
  stackPointer: number;
  programCounter: number;
  /** `fs_base` or `tpidr_el0`; on x86_64 what pthread_self(3) returns. */
  threadPointer: number;
}

/** A part of a file that was mapped: core(5), NT_FILE. */
export interface FileMapping {
  start: number;
  end: number;
  offset: number;
  path: string;
}

export interface CoreNotes {
  pid: number;
  signal: number;
  signalCode?: number;
  /** Of a signal that kill(2) or tgkill(2) sent: the process that did. */
  sender?: number;
  /** Of a fault: the address that was accessed, or of the instruction. */
  faultAddress?: number;
  /** First 80 characters of the command line. */
  arguments: string;
  name: string;
  threads: NativeThread[];
  mappings: FileMapping[];
  auxiliary: Map<number, number>;
  auxiliaryBytes: Buffer;
}

export const NT_PRSTATUS = 1;
export const NT_PRPSINFO = 3;
export const NT_AUXV = 6;
const NT_SIGINFO = 0x53494749;
export const NT_FILE = 0x46494c45;
/** Ours, under the name `PYCRASH`: the numbers that the threads have in their own PID namespace, in the order of NT_PRSTATUS. */
export const NT_PYCRASH_THREADS = 1;
/** sigaction(2): the kernel sent it, for no reason of a list; what `hlt` of abort(3) gives a PID 1, too. */
export const SI_KERNEL = 128;
const NT_ARM_TLS = 0x401;
const MOST_NOTE_BYTES = 64 * 1024 * 1024;
const MOST_MAPPINGS = 1_000_000;

/** What the kernel wrote about the process, its threads and its mappings: linux/elfcore.h, fs/binfmt_elf.c. */
export function readNotes(source: ByteSource, elf: ElfFile): CoreNotes {
  const notes: CoreNotes = {
    pid: 0,
    signal: 0,
    arguments: '',
    name: '',
    threads: [],
    mappings: [],
    auxiliary: new Map(),
    auxiliaryBytes: Buffer.alloc(0),
  };
  // struct elf_prstatus: 112 bytes, then user_regs_struct (x86_64: … rip is the 17th, rsp the 20th, fs_base the 22nd;
  // aarch64: sp the 32nd, pc the 33rd).
  const intel = elf.machine === 'x86_64';
  const [counterIndex, stackIndex, registers] = intel ? [16, 19, 22] : [32, 31, 34];
  let ownIds: Buffer = Buffer.alloc(0);
  for (const header of elf.programHeaders) {
    if (header.type !== PT_NOTE) continue;
    const bytes = readBytes(source, header.offset, Math.min(header.fileSize, MOST_NOTE_BYTES));
    for (const { name, type, data } of notesIn(bytes)) {
      if (name === 'PYCRASH') {
        if (type === NT_PYCRASH_THREADS) ownIds = data;
      } else if (type === NT_PRSTATUS && data.length >= 112 + 8 * registers) {
        if (notes.threads.length === 0) notes.signal = data.readUInt16LE(12);
        notes.threads.push({
          id: data.readUInt32LE(32),
          stackPointer: u64(data, 112 + 8 * stackIndex),
          programCounter: u64(data, 112 + 8 * counterIndex),
          threadPointer: intel ? u64(data, 112 + 8 * 21) : 0,
        });
      } else if (type === NT_PRPSINFO && data.length >= 136) {
        notes.pid = data.readUInt32LE(24);
        notes.name = upToNul(data.subarray(40, 56));
        notes.arguments = upToNul(data.subarray(56, 136)).trimEnd();
      } else if (type === NT_SIGINFO && data.length >= 12) {
        if (notes.signal === 0) notes.signal = data.readUInt32LE(0);
        notes.signalCode = data.readInt32LE(8);
        // siginfo_t of sigaction(2): what follows the code depends on the code
        if (data.length >= 24) {
          if (notes.signalCode <= 0) notes.sender = data.readUInt32LE(16);
          else if (notes.signalCode < SI_KERNEL) notes.faultAddress = u64(data, 16);
        }
      } else if (type === NT_AUXV) {
        notes.auxiliaryBytes = data;
        for (let at = 0; at + 16 <= data.length; at += 16)
          notes.auxiliary.set(u64(data, at), u64(data, at + 8));
      } else if (type === NT_FILE) {
        notes.mappings.push(...fileMappings(data));
      } else if (type === NT_ARM_TLS && data.length >= 8) {
        const thread = notes.threads.at(-1);
        if (thread !== undefined) thread.threadPointer = u64(data, 0);
      }
    }
  }
  for (const [index, thread] of notes.threads.entries()) {
    if (4 * index + 4 <= ownIds.length) thread.ownId = ownIds.readUInt32LE(4 * index);
  }
  return notes;
}

function fileMappings(data: Buffer): FileMapping[] {
  const mappings: FileMapping[] = [];
  if (data.length < 16) return mappings;
  const count = Math.min(u64(data, 0), MOST_MAPPINGS);
  const pageSize = u64(data, 8);
  let name = 16 + count * 24;
  for (let index = 0; index < count; index += 1) {
    const at = 16 + index * 24;
    if (at + 24 > data.length || name >= data.length) break;
    const end = data.indexOf(0, name);
    mappings.push({
      start: u64(data, at),
      end: u64(data, at + 8),
      offset: u64(data, at + 16) * pageSize,
      path: data.toString('utf8', name, end < 0 ? data.length : end),
    });
    if (end < 0) break;
    name = end + 1;
  }
  return mappings;
}

function upToNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
