import { closeSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from './byte-source.ts';
import { coreHeaders, type CoreSegment, type DescribedProcess } from './elf/core-headers.ts';

/** Where the byte at an address is in the core that a process is read as; user space ends below 2^47 (below 2^48 on aarch64). */
export const MEMORY_OFFSET = 2 ** 48;

const PAGE = 4096;
/** Pages that lie as near to each other are copied by one read. */
const GAP = 8;
/** A read of so many bytes is a search through memory: it is not worth a copy, what it finds is read again by page. */
const SEARCH = 64 * 1024;

/**
 * The memory of a running process in the shape of a core: headers and notes from what /proc says, then the memory itself,
 * read from `/proc/PID/mem`. Which pages are read is remembered; `copy` reads those pages again, at once, and from then on
 * they are given out from the copy. A page that is not in it is read as it is now, and counted in `missed`.
 */
export class ProcessMemory implements ByteSource {
  readonly size = 2 * MEMORY_OFFSET;
  /** How many pages were asked for since the last `copy` that are not in it. */
  missed = 0;
  private readonly learned = new Set<number>();
  private readonly headers: Buffer;
  private readonly descriptor: number;
  private copied: Map<number, Buffer> | undefined;

  /** Throws the error of open(2) where the kernel refuses. */
  constructor(path: string, described: DescribedProcess, segments: readonly CoreSegment[]) {
    this.headers = coreHeaders(described, segments);
    this.descriptor = openSync(path, 'r');
  }

  read(into: Uint8Array, position: number): number {
    if (position < MEMORY_OFFSET) {
      if (position >= this.headers.length) return 0;
      const part = this.headers.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    }
    const address = position - MEMORY_OFFSET;
    if (into.length >= SEARCH) return this.fromProcess(into, address);
    const last = Math.floor((address + into.length - 1) / PAGE);
    let known = this.copied !== undefined;
    for (let page = Math.floor(address / PAGE); page <= last; page += 1) {
      this.learned.add(page);
      if (this.copied?.has(page) === true) continue;
      known = false;
      this.missed += 1;
    }
    return known ? this.fromCopy(into, address) : this.fromProcess(into, address);
  }

  /** How many bytes were asked for, in whole pages, without searches. */
  get bytesRead(): number {
    return this.learned.size * PAGE;
  }

  /** Is the memory that was described still there? Not when the process has ended or replaced itself (execve(2)). */
  get isThere(): boolean {
    const [page] = this.learned;
    return page === undefined || this.fromProcess(Buffer.alloc(1), page * PAGE) === 1;
  }

  /** Reads every learned page again, in as few reads as there are neighbourhoods. */
  copy(): void {
    const pages = [...this.learned].sort((a, b) => a - b);
    const copied = new Map<number, Buffer>();
    for (let from = 0; from < pages.length;) {
      let to = from + 1;
      while (to < pages.length && (pages[to] ?? 0) - (pages[to - 1] ?? 0) <= GAP) to += 1;
      const [first = 0, end = 0] = [pages[from], (pages[to - 1] ?? 0) + 1];
      const bytes = Buffer.allocUnsafeSlow((end - first) * PAGE);
      const there = this.fromProcess(bytes, first * PAGE);
      for (; from < to; from += 1) {
        const page = pages[from] ?? 0;
        const at = (page - first) * PAGE;
        // a hole in the neighbourhood ends the read before its last pages
        if (there >= at + PAGE) copied.set(page, bytes.subarray(at, at + PAGE));
        else copied.set(page, this.onePage(page));
      }
    }
    this.copied = copied;
    this.missed = 0;
  }

  /** Gives out the memory as it is now again. */
  forgetCopy(): void {
    this.copied = undefined;
    this.missed = 0;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private onePage(page: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(PAGE);
    return bytes.subarray(0, this.fromProcess(bytes, page * PAGE));
  }

  private fromProcess(into: Uint8Array, address: number): number {
    let done = 0;
    try {
      while (done < into.length) {
        const read = readSync(this.descriptor, into, done, into.length - done, address + done);
        if (read <= 0) break;
        done += read;
      }
    } catch {
      // EIO: nothing is mapped there (any more); 0: the process is gone
    }
    return done;
  }

  private fromCopy(into: Uint8Array, address: number): number {
    let done = 0;
    while (done < into.length) {
      const page = Math.floor((address + done) / PAGE);
      const within = address + done - page * PAGE;
      const bytes = this.copied?.get(page) ?? Buffer.alloc(0);
      const part = bytes.subarray(within, within + into.length - done);
      if (part.length === 0) break;
      into.set(part, done);
      done += part.length;
    }
    return done;
  }
}
