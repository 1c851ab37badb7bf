import type { ByteSource } from '../byte-source.ts';

/** A program header: what of the file belongs where in memory. Addresses and sizes in bytes. */
interface ProgramHeader {
  type: number;
  flags: number;
  offset: number;
  address: number;
  fileSize: number;
  memorySize: number;
}

export interface ElfFile {
  /** `e_type`: 2 program, 3 shared object or PIE, 4 core. */
  type: number;
  machine: 'x86_64' | 'aarch64';
  programHeaders: ProgramHeader[];
  sectionTable: { offset: number; count: number; entrySize: number; names: number };
  /** There should have been more program headers than could be read. */
  headersMissing: boolean;
}

export const PT_LOAD = 1;
export const PT_NOTE = 4;
export const ET_CORE = 4;
const MACHINES = new Map<number, ElfFile['machine']>([
  [62, 'x86_64'],
  [183, 'aarch64'],
]);
const PN_XNUM = 0xffff;
// The kernel refuses more mappings than vm.max_map_count (65,530 by default); far more than any core has.
const MOST_HEADERS = 1_000_000;

/** An unsigned 64-bit number; exact below 2^53, which every user space address is. */
export function u64(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 0x1_0000_0000;
}

/** `length` bytes from `position`; fewer where the source ends. */
export function readBytes(source: ByteSource, position: number, length: number): Buffer {
  if (!(position >= 0) || !(length > 0) || position >= source.size) return Buffer.alloc(0);
  const buffer = Buffer.allocUnsafe(Math.min(length, source.size - position));
  const read = source.read(buffer, position);
  return read === buffer.length ? buffer : buffer.subarray(0, Math.max(0, read));
}

/** The headers of a 64-bit little-endian ELF file of a machine that we know; undefined for anything else. */
export function readElf(source: ByteSource): ElfFile | undefined {
  const header = readBytes(source, 0, 64);
  if (header.length < 64 || header.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const machine = MACHINES.get(header.readUInt16LE(18));
  if (header[4] !== 2 || header[5] !== 1 || machine === undefined) return undefined;
  const offset = u64(header, 32);
  const sections = {
    offset: u64(header, 40),
    count: header.readUInt16LE(60),
    entrySize: header.readUInt16LE(58),
    names: header.readUInt16LE(62),
  };
  const entrySize = header.readUInt16LE(54);
  let count = header.readUInt16LE(56);
  if (count === PN_XNUM) {
    // The real number is in sh_info of section 0: elf(5).
    const first = readBytes(source, sections.offset, 64);
    if (first.length === 64) count = first.readUInt32LE(44);
  }
  count = Math.min(count, MOST_HEADERS);
  const programHeaders: ProgramHeader[] = [];
  if (entrySize >= 56) {
    const table = readBytes(source, offset, count * entrySize);
    for (let at = 0; at + 56 <= table.length; at += entrySize) {
      programHeaders.push({
        type: table.readUInt32LE(at),
        flags: table.readUInt32LE(at + 4),
        offset: u64(table, at + 8),
        address: u64(table, at + 16),
        fileSize: u64(table, at + 32),
        memorySize: u64(table, at + 40),
      });
    }
  }
  return {
    type: header.readUInt16LE(16),
    machine,
    programHeaders,
    sectionTable: sections,
    headersMissing: programHeaders.length < count,
  };
}

/** The descriptor of the first GNU build ID note among notes, in hexadecimal. */
export function buildIdIn(notes: Buffer): string | undefined {
  for (const { name, type, data } of notesIn(notes)) {
    if (name === 'GNU' && type === 3) return data.toString('hex');
  }
  return undefined;
}

/** Every note of a note segment: elf(5), `Elf64_Nhdr`. */
export function* notesIn(notes: Buffer): Generator<{ name: string; type: number; data: Buffer }> {
  let at = 0;
  while (at + 12 <= notes.length) {
    const nameSize = notes.readUInt32LE(at);
    const dataSize = notes.readUInt32LE(at + 4);
    const dataAt = at + 12 + 4 * Math.ceil(nameSize / 4);
    if (dataAt + dataSize > notes.length) return;
    yield {
      name: notes.toString('latin1', at + 12, at + 12 + Math.max(0, nameSize - 1)),
      type: notes.readUInt32LE(at + 8),
      data: notes.subarray(dataAt, dataAt + dataSize),
    };
    at = dataAt + 4 * Math.ceil(dataSize / 4);
  }
}

/** The build ID of an ELF file, in hexadecimal; undefined where it has none. */
export function fileBuildId(source: ByteSource, elf: ElfFile): string | undefined {
  for (const header of elf.programHeaders) {
    if (header.type !== PT_NOTE) continue;
    const id = buildIdIn(readBytes(source, header.offset, Math.min(header.fileSize, 0x10000)));
    if (id !== undefined) return id;
  }
  return undefined;
}

interface Section {
  name: number;
  type: number;
  address: number;
  offset: number;
  size: number;
  link: number;
}

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const STT_FUNC = 2;
const MOST_SYMBOLS = 16 * 1024 * 1024;

function sectionsOf(source: ByteSource, { sectionTable }: ElfFile): Section[] {
  const { offset, count, entrySize } = sectionTable;
  if (entrySize < 64) return [];
  const table = readBytes(source, offset, count * entrySize);
  const sections = [];
  for (let at = 0; at + 64 <= table.length; at += entrySize) {
    sections.push({
      name: table.readUInt32LE(at),
      type: table.readUInt32LE(at + 4),
      address: u64(table, at + 16),
      offset: u64(table, at + 24),
      size: u64(table, at + 32),
      link: table.readUInt32LE(at + 40),
    });
  }
  return sections;
}

/** The symbols of one kind, and their names. */
function symbolTable(
  source: ByteSource,
  sections: readonly Section[],
  type: number,
): { entries: Buffer; names: Buffer } | undefined {
  const symbols = sections.find((each) => each.type === type);
  const strings = symbols === undefined ? undefined : sections[symbols.link];
  if (symbols === undefined || strings === undefined) return undefined;
  return {
    entries: readBytes(source, symbols.offset, Math.min(symbols.size, MOST_SYMBOLS)),
    names: readBytes(source, strings.offset, Math.min(strings.size, MOST_SYMBOLS)),
  };
}

/** Where a dynamic symbol, or else a section, is, as an address of the file; undefined where it has neither. */
export function symbolAddress(
  source: ByteSource,
  elf: ElfFile,
  symbol: string,
  section?: string,
): number | undefined {
  const sections = sectionsOf(source, elf);
  const table = symbolTable(source, sections, SHT_DYNSYM);
  if (table !== undefined) {
    const { entries, names } = table;
    const nameAt = names.indexOf(`\0${symbol}\0`) + 1;
    for (let at = 0; at + 24 <= entries.length; at += 24) {
      if (nameAt > 0 && entries.readUInt32LE(at) === nameAt && entries.readUInt16LE(at + 6) !== 0)
        return u64(entries, at + 8);
    }
  }
  const nameTable = sections[elf.sectionTable.names];
  if (section === undefined || nameTable === undefined) return undefined;
  const text = readBytes(source, nameTable.offset, Math.min(nameTable.size, 0x10000));
  return sections.find((each) => text.indexOf(`${section}\0`, each.name) === each.name)?.address;
}

/** The function that the address of the file is in; undefined where no symbol covers it. */
export function symbolAt(source: ByteSource, elf: ElfFile, address: number): string | undefined {
  const sections = sectionsOf(source, elf);
  for (const type of [SHT_SYMTAB, SHT_DYNSYM]) {
    const table = symbolTable(source, sections, type);
    if (table === undefined) continue;
    const { entries, names } = table;
    for (let at = 0; at + 24 <= entries.length; at += 24) {
      if ((entries.readUInt8(at + 4) & 15) !== STT_FUNC) continue;
      const start = u64(entries, at + 8);
      if (address < start || address >= start + u64(entries, at + 16)) continue;
      const name = entries.readUInt32LE(at);
      return names.toString('utf8', name, Math.max(name, names.indexOf(0, name)));
    }
  }
  return undefined;
}
