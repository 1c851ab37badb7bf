import type { ByteSource } from '../byte-source.ts';
import { LIMITS } from '../limits.ts';
import { PT_LOAD, type ElfFile } from './file.ts';

/** Thrown where the core has no such bytes. One instance, without a stack: it is thrown often and always caught. */
export class MissingMemory extends Error {
  address = 0;
}

export interface Segment {
  start: number;
  /** End of what the core has of it. */
  end: number;
  memoryEnd: number;
  offset: number;
  writable: boolean;
  source: number;
}

const PAGE = 1 << 12;
const MOST_PAGES = 8192;
const PF_W = 2;

/**
 * The memory of the process: what the core has, and below that what files that were mapped have (`overlay`). Every
 * read is bounded by what is there (`p_filesz`, the file's real size) and goes through a cache of pages.
 */
export class Memory {
  readonly segments: Segment[] = [];
  private readonly sources: { source: ByteSource; pages: Map<number, Buffer> }[];
  private readonly missing = new MissingMemory('not in the core');
  private readonly overlays: Segment[] = [];
  private last: Segment | undefined;
  private lastPageAt = -1;
  private lastPage: Buffer = Buffer.alloc(0);
  private lastSource = -1;
  private pages = 0;
  /** Reads that are left to the part of the report that is being read; past the last one everything is missing. */
  readsLeft: number;
  /** Called with an address that neither the core nor an overlay has; true where it made one. */
  onMissing: ((address: number) => boolean) | undefined;

  constructor(core: ByteSource, elf: ElfFile, mostReads: number = LIMITS.partReads) {
    this.readsLeft = mostReads;
    this.sources = [{ source: core, pages: new Map() }];
    for (const header of elf.programHeaders) {
      if (header.type !== PT_LOAD) continue;
      const there = Math.max(0, Math.min(header.fileSize, header.memorySize, core.size - header.offset));
      this.segments.push({
        start: header.address,
        end: header.address + there,
        memoryEnd: header.address + header.memorySize,
        offset: header.offset,
        writable: (header.flags & PF_W) !== 0,
        source: 0,
      });
    }
    this.segments.sort((a, b) => a.start - b.start);
  }

  /** No reads are left: what cannot be read now says nothing about the core, and must not be kept. */
  get exhausted(): boolean {
    return this.readsLeft < 0;
  }

  /**
   * Reads a part with reads of its own, so that one huge or corrupted structure costs its own part and no other.
   * `spent` is called with the number that was used, and whether that was all of them.
   */
  within<T>(reads: number, read: () => T, spent: (used: number, exhausted: boolean) => void): T {
    const before = this.readsLeft;
    this.readsLeft = reads;
    try {
      return read();
    } finally {
      spent(reads - Math.max(0, this.readsLeft), this.exhausted);
      this.readsLeft = before;
    }
  }

  /** Adds bytes of a file that was mapped from `start`; the core's own bytes go before them. */
  overlay(source: ByteSource, start: number, length: number, offset: number): void {
    const end = start + Math.max(0, Math.min(length, source.size - offset));
    let index = this.sources.findIndex((each) => each.source === source);
    if (index < 0) index = this.sources.push({ source, pages: new Map() }) - 1;
    this.overlays.push({ start, end, memoryEnd: start + length, offset, writable: false, source: index });
    this.overlays.sort((a, b) => a.start - b.start);
  }

  /** Drops what is kept of the core itself: a process that runs is read again. */
  refresh(): void {
    const [core] = this.sources;
    this.pages -= core?.pages.size ?? 0;
    core?.pages.clear();
    this.lastPageAt = -1;
  }

  /** The segment of the core that the address is in, with or without its bytes. */
  segmentAt(address: number): Segment | undefined {
    return find(this.segments, address);
  }

  has(address: number): boolean {
    return this.locate(address) !== undefined;
  }

  u8(address: number): number {
    const at = this.at(address, 1);
    return at < 0 ? this.slow(address, 1).readUInt8(0) : (this.lastPage[at] ?? 0);
  }

  u16(address: number): number {
    const at = this.at(address, 2);
    return at < 0 ? this.slow(address, 2).readUInt16LE(0) : this.lastPage.readUInt16LE(at);
  }

  u32(address: number): number {
    const at = this.at(address, 4);
    return at < 0 ? this.slow(address, 4).readUInt32LE(0) : this.lastPage.readUInt32LE(at);
  }

  i32(address: number): number {
    return this.u32(address) | 0;
  }

  /** Exact below 2^53; a pointer beyond that is not one. */
  u64(address: number): number {
    const at = this.at(address, 8);
    if (at < 0) {
      const bytes = this.slow(address, 8);
      return bytes.readUInt32LE(0) + bytes.readUInt32LE(4) * 0x1_0000_0000;
    }
    return this.lastPage.readUInt32LE(at) + this.lastPage.readUInt32LE(at + 4) * 0x1_0000_0000;
  }

  i64(address: number): number {
    return this.u32(address) + this.i32(address + 4) * 0x1_0000_0000;
  }

  f64(address: number): number {
    return this.bytes(address, 8).readDoubleLE(0);
  }

  /** Exactly `length` bytes, not to be written to. */
  bytes(address: number, length: number): Buffer {
    if (length === 0) return Buffer.alloc(0);
    const at = this.at(address, length);
    return at < 0 ? this.slow(address, length) : this.lastPage.subarray(at, at + length);
  }

  /** What there is of `length` bytes. */
  available(address: number, length: number): Buffer {
    const segment = this.locate(address);
    return segment === undefined
      ? Buffer.alloc(0)
      : this.slow(address, Math.min(length, segment.end - address));
  }

  /** The bytes up to the first NUL, as UTF-8. */
  cString(address: number, most = 512): string {
    const bytes = this.available(address, most);
    if (bytes.length === 0) this.fail(address);
    const end = bytes.indexOf(0);
    return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
  }

  private fail(address: number): never {
    this.missing.address = address;
    throw this.missing;
  }

  private locate(address: number): Segment | undefined {
    const { last } = this;
    if (last !== undefined && address >= last.start && address < last.end) return last;
    let found = find(this.segments, address);
    if (found === undefined || address >= found.end) {
      found = find(this.overlays, address);
      if (found === undefined || address >= found.end) {
        if (this.onMissing?.(address) !== true) return undefined;
        found = find(this.overlays, address);
        if (found === undefined || address >= found.end) return undefined;
      }
    }
    this.last = found;
    return found;
  }

  /** Position in `lastPage`, or -1 where the bytes cross its end. */
  private at(address: number, length: number): number {
    this.readsLeft -= 1;
    const segment = this.readsLeft < 0 ? undefined : this.locate(address);
    if (segment === undefined || address + length > segment.end) this.fail(address);
    const position = segment.offset + address - segment.start;
    const within = position % PAGE;
    const page = position - within;
    if (page !== this.lastPageAt || segment.source !== this.lastSource) this.load(segment.source, page);
    return within + length <= this.lastPage.length ? within : -1;
  }

  private load(index: number, page: number): void {
    const holder = this.sources[index];
    if (holder === undefined) return;
    let bytes = holder.pages.get(page);
    if (bytes === undefined) {
      if (this.pages >= MOST_PAGES) this.forget();
      bytes = Buffer.allocUnsafeSlow(Math.min(PAGE, Math.max(0, holder.source.size - page)));
      const read = holder.source.read(bytes, page);
      if (read < bytes.length) bytes = bytes.subarray(0, Math.max(0, read));
      holder.pages.set(page, bytes);
      this.pages += 1;
    }
    this.lastPage = bytes;
    this.lastPageAt = page;
    this.lastSource = index;
  }

  /** Drops the older half of the pages. */
  private forget(): void {
    for (const holder of this.sources) {
      let drop = Math.ceil(holder.pages.size / 2);
      for (const key of holder.pages.keys()) {
        if (drop-- <= 0) break;
        holder.pages.delete(key);
        this.pages -= 1;
      }
    }
  }

  private slow(address: number, length: number): Buffer {
    this.readsLeft -= 1 + (length >>> 12);
    const segment = this.readsLeft < 0 ? undefined : this.locate(address);
    if (segment === undefined || !(length >= 0) || address + length > segment.end || length > 1 << 28) {
      this.fail(address);
    }
    const bytes = Buffer.allocUnsafe(length);
    const source = this.sources[segment.source]?.source;
    const read = source?.read(bytes, segment.offset + address - segment.start) ?? 0;
    if (read < length) this.fail(address);
    return bytes;
  }
}

/** The last segment that begins at or before the address and reaches past it in memory. */
function find(segments: readonly Segment[], address: number): Segment | undefined {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const segment = segments[middle];
    if (segment !== undefined && segment.start <= address) low = middle + 1;
    else high = middle;
  }
  const found = segments[low - 1];
  return found !== undefined && address < found.memoryEnd ? found : undefined;
}
