import { ET_CORE, PT_LOAD, PT_NOTE, type ElfFile } from './file.ts';
import { NT_AUXV, NT_FILE, NT_PRPSINFO, NT_PRSTATUS, NT_PYCRASH_THREADS, type FileMapping } from './notes.ts';

/** A process, as the headers and notes of its core describe it. */
export interface DescribedProcess {
  machine: ElfFile['machine'];
  pid: number;
  parent: number;
  /** `comm`, 15 bytes. */
  name: string;
  arguments: string;
  threads: readonly DescribedThread[];
  auxiliary: Buffer;
  files: readonly FileMapping[];
}

export interface DescribedThread {
  id: number;
  /** The number that it has in its own PID namespace. */
  ownId: number;
  /** Where they are known. */
  stackPointer?: number;
  instruction?: number;
}

/** A part of memory in the core. */
export interface CoreSegment {
  start: number;
  end: number;
  /** Where in the core its bytes are. */
  offset: number;
  /** How many bytes the core has of it; the rest is not there. */
  fileSize: number;
  /** `PF_X` 1, `PF_W` 2, `PF_R` 4. */
  flags: number;
}

const PAGE = 4096;
const HEADER = 64;
const PROGRAM_HEADER = 56;
const PN_XNUM = 0xffff;
const MACHINES: Readonly<Record<ElfFile['machine'], number>> = { x86_64: 62, aarch64: 183 };
// user_regs_struct of the two: where the stack pointer and the instruction pointer are, and how many registers there are.
const REGISTERS = {
  x86_64: { count: 27, stack: 19, instruction: 16 },
  aarch64: { count: 34, stack: 31, instruction: 32 },
} as const;

/** What comes before the memory in a core: ELF header, program headers and notes, in whole pages (elf(5), core(5)). */
export function coreHeaders(described: DescribedProcess, segments: readonly CoreSegment[]): Buffer {
  const count = segments.length + 1;
  const notes = notesOf(described);
  // elf(5): with more than 0xfffe program headers their number is in `sh_info` of section 0
  const many = count >= PN_XNUM;
  const tableAt = HEADER + (many ? HEADER : 0);
  const notesAt = tableAt + count * PROGRAM_HEADER;
  const bytes = Buffer.alloc(Math.ceil((notesAt + notes.length) / PAGE) * PAGE);
  bytes.write('\x7fELF', 'latin1');
  // ELFCLASS64, ELFDATA2LSB, EV_CURRENT
  bytes.set([2, 1, 1], 4);
  bytes.writeUInt16LE(ET_CORE, 16);
  bytes.writeUInt16LE(MACHINES[described.machine], 18);
  bytes.writeUInt32LE(1, 20);
  put(bytes, tableAt, 32);
  bytes.writeUInt16LE(HEADER, 52);
  bytes.writeUInt16LE(PROGRAM_HEADER, 54);
  bytes.writeUInt16LE(many ? PN_XNUM : count, 56);
  if (many) {
    put(bytes, HEADER, 40);
    bytes.writeUInt16LE(HEADER, 58);
    bytes.writeUInt16LE(1, 60);
    bytes.writeUInt32LE(count, HEADER + 44);
  }
  bytes.writeUInt32LE(PT_NOTE, tableAt);
  put(bytes, notesAt, tableAt + 8);
  put(bytes, notes.length, tableAt + 32);
  bytes.writeUInt32LE(4, tableAt + 48);
  for (const [index, { start, end, offset, fileSize, flags }] of segments.entries()) {
    const at = tableAt + (index + 1) * PROGRAM_HEADER;
    bytes.writeUInt32LE(PT_LOAD, at);
    bytes.writeUInt32LE(flags, at + 4);
    put(bytes, offset, at + 8);
    put(bytes, start, at + 16);
    put(bytes, fileSize, at + 32);
    put(bytes, end - start, at + 40);
    put(bytes, PAGE, at + 48);
  }
  notes.copy(bytes, notesAt);
  return bytes;
}

function notesOf({ machine, pid, parent, name, threads, ...rest }: DescribedProcess): Buffer {
  const process = Buffer.alloc(136);
  process.writeUInt32LE(pid, 24);
  process.writeUInt32LE(parent, 28);
  process.write(name, 40, 15);
  process.write(rest.arguments, 56, 79);
  const ownIds = Buffer.alloc(4 * threads.length);
  for (const [index, { ownId }] of threads.entries()) ownIds.writeUInt32LE(ownId, 4 * index);
  const registers = REGISTERS[machine];
  const states = threads.map(({ id, stackPointer = 0, instruction = 0 }) => {
    // struct elf_prstatus: 112 bytes, the registers, pr_fpvalid
    const state = Buffer.alloc(112 + 8 * registers.count + 8);
    state.writeUInt32LE(id, 32);
    state.writeUInt32LE(parent, 36);
    put(state, stackPointer, 112 + 8 * registers.stack);
    put(state, instruction, 112 + 8 * registers.instruction);
    return note('CORE', NT_PRSTATUS, state);
  });
  const [first, ...others] = states;
  return Buffer.concat([
    ...(first === undefined ? [] : [first]),
    note('CORE', NT_PRPSINFO, process),
    note('CORE', NT_AUXV, rest.auxiliary),
    note('CORE', NT_FILE, filesNote(rest.files)),
    note('PYCRASH', NT_PYCRASH_THREADS, ownIds),
    ...others,
  ]);
}

function filesNote(files: readonly FileMapping[]): Buffer {
  const table = Buffer.alloc(16 + 24 * files.length);
  put(table, files.length, 0);
  put(table, PAGE, 8);
  for (const [index, { start, end, offset }] of files.entries()) {
    put(table, start, 16 + index * 24);
    put(table, end, 24 + index * 24);
    put(table, Math.floor(offset / PAGE), 32 + index * 24);
  }
  return Buffer.concat([table, Buffer.from(files.map(({ path }) => `${path}\0`).join(''))]);
}

function note(owner: string, type: number, data: Buffer): Buffer {
  const name = Buffer.from(`${owner}\0`);
  const bytes = Buffer.alloc(12 + padded(name.length) + padded(data.length));
  bytes.writeUInt32LE(name.length, 0);
  bytes.writeUInt32LE(data.length, 4);
  bytes.writeUInt32LE(type, 8);
  name.copy(bytes, 12);
  data.copy(bytes, 12 + padded(name.length));
  return bytes;
}

function padded(length: number): number {
  return 4 * Math.ceil(length / 4);
}

/** The other way round of `u64` (file.ts). */
function put(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 0x1_0000_0000, at);
  bytes.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
}
