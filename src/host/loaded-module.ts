import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

// A constant of the generated module, of every version: it is in memory from the moment that the module is imported.
const MARK = Buffer.from('pycrash: no crash budget can be kept');
const MAX_BYTES = 512 * 2 ** 20;
const CHUNK = 4 * 2 ** 20;

/**
 * Looks for the generated module in the memory of a running process: its mark in the private writable mappings. Reads
 * at most 512 MiB of `/proc/PID/mem`, which takes the right to trace the process (ptrace(2)).
 */
export function findLoadedModule(pid: number): 'found' | 'absent' | 'unreadable' {
  let file: number;
  let maps: string;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
    file = openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    return 'unreadable';
  }
  try {
    const buffer = Buffer.alloc(CHUNK);
    let left = MAX_BYTES;
    let readSome = false;
    for (const line of maps.split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw.p .* 0 *(?:\[heap\]|)$/.exec(line) ?? [];
      if (from === undefined || to === undefined) continue;
      const end = Number.parseInt(to, 16);
      for (let address = Number.parseInt(from, 16); address < end && left > 0;) {
        const count = readAt(file, buffer, address, Math.min(CHUNK, end - address));
        if (count === 0) break;
        readSome = true;
        if (buffer.subarray(0, count).includes(MARK)) return 'found';
        left -= count;
        // an overlap, so that a mark across two chunks is seen
        address += count < CHUNK ? count : CHUNK - MARK.length;
      }
    }
    return readSome && left > 0 ? 'absent' : 'unreadable';
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, buffer: Buffer, address: number, length: number): number {
  try {
    return readSync(file, buffer, 0, length, address);
  } catch {
    // a mapping that went away in the meantime
    return 0;
  }
}
