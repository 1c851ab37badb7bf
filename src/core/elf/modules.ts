import { posix } from 'node:path';
import { UserError } from '../../errors.ts';
import { insideRoot, openLocalFile, openNamedFile, type OpenFile } from '../local-files.ts';
import {
  PT_LOAD,
  PT_NOTE,
  buildIdIn,
  fileBuildId,
  readElf,
  symbolAddress,
  symbolAt,
  u64,
  type ElfFile,
} from './file.ts';
import type { Memory } from './memory.ts';
import type { CoreNotes, FileMapping } from './notes.ts';

/** A program or library that was mapped. */
export interface Module {
  path: string;
  mappings: FileMapping[];
  /** From the first page, which the core has by default (`coredump_filter` bit 4). */
  buildId: string | undefined;
  /** What the mapped addresses are above those of the file. */
  file?: { source: OpenFile; elf: ElfFile; bias: number } | undefined;
  tried: boolean;
  /** Why there is no file of it. */
  absent?: string;
}

export interface ModuleFiles {
  executable?: string;
  sysroot?: string;
  searchPath?: readonly string[];
}

/** A file that was not taken, and why. */
export interface RefusedFile {
  path: string;
  module: string;
  reason: string;
}

/**
 * The files that were mapped into the process, and the same files of this machine where their build IDs are equal.
 * Their read-only parts complete the memory, which a core has not in it.
 */
export class Modules {
  readonly all: Module[] = [];
  readonly refused: RefusedFile[] = [];
  /** Files of which the core does not have the build ID. */
  readonly unverified: string[] = [];
  /** Files that are not opened, with the reason. */
  readonly notOpened = new Set<string>();
  private readonly memory: Memory;
  private readonly files: ModuleFiles;
  private readonly opened: OpenFile[] = [];
  private sorted: FileMapping[];
  private readonly byMapping = new Map<FileMapping, Module>();
  readonly program: Module | undefined;

  constructor(memory: Memory, notes: CoreNotes, files: ModuleFiles) {
    this.memory = memory;
    this.files = files;
    const byPath = new Map<string, Module>();
    for (const mapping of notes.mappings) {
      let module = byPath.get(mapping.path);
      if (module === undefined) {
        module = { path: mapping.path, mappings: [], buildId: undefined, tried: false };
        byPath.set(mapping.path, module);
        this.all.push(module);
      }
      module.mappings.push(mapping);
      this.byMapping.set(mapping, module);
    }
    this.sorted = [...notes.mappings].sort((a, b) => a.start - b.start);
    const AT_ENTRY = 9;
    const entry = notes.auxiliary.get(AT_ENTRY);
    this.program = entry === undefined ? undefined : this.at(entry);
    for (const module of this.all) module.buildId = this.buildIdInCore(module);
    memory.onMissing = (address) => this.complete(address);
  }

  /** The module that the address is in. */
  at(address: number): Module | undefined {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.sorted[middle]?.start ?? Infinity) <= address) low = middle + 1;
      else high = middle;
    }
    const mapping = this.sorted[low - 1];
    return mapping !== undefined && address < mapping.end ? this.byMapping.get(mapping) : undefined;
  }

  /**
   * Takes the file that the user named. Throws a `UserError` where it is none of those that were mapped: another
   * Python would give another, wrong report.
   */
  useExecutable(path: string): void {
    const source = openLocalFile(path);
    const elf = source === undefined ? undefined : readElf(source);
    if (source === undefined || elf === undefined) {
      source?.close();
      throw new UserError('not-an-executable', `${path} is not an ELF program that can be read`, {
        help: 'give the python (or the program that embeds it) that crashed',
      });
    }
    const id = fileBuildId(source, elf);
    const module = this.all.find((each) => each.buildId !== undefined && each.buildId === id);
    if (module !== undefined) {
      this.take(module, source, elf);
      return;
    }
    const { program } = this;
    if (program !== undefined && program.buildId === undefined && id === undefined) {
      // Neither has one (linked with --build-id=none): nothing can be compared, and that is said.
      this.unverified.push(path);
      this.take(program, source, elf);
      return;
    }
    source.close();
    const expected = program?.buildId;
    throw new UserError(
      'wrong-executable',
      `${path} (build ID ${id ?? 'none'}) is not what crashed: ` +
        (program === undefined
          ? 'the core does not say which program it was'
          : `${program.path} has the build ID ${expected ?? 'unknown, because the core does not contain its first page'}`),
      {
        help:
          expected === undefined
            ? 'leave --executable out: the core is read without it as far as that goes'
            : `find the file whose \`readelf -n\` shows Build ID ${expected}, or leave --executable out`,
      },
    );
  }

  /** Opens the module's file where one with its build ID is to be had. */
  open(module: Module): Module['file'] {
    if (module.tried || module.file !== undefined) return module.file;
    module.tried = true;
    const path = module.path.replace(/ \(deleted\)$/, '');
    if (
      !path.startsWith('/') ||
      path.startsWith('/dev/') ||
      path.startsWith('/proc/') ||
      path.includes('\0')
    ) {
      module.absent = 'its path is not that of a file';
      return undefined;
    }
    const { sysroot, searchPath = [] } = this.files;
    const candidates = searchPath.map((folder) => posix.join(folder, posix.basename(path)));
    if (sysroot !== undefined) {
      const inside = insideRoot(sysroot, path);
      if (inside !== undefined) candidates.push(inside);
    }
    const opening = candidates.map((candidate) => ({ candidate, open: openLocalFile }));
    const named = { candidate: path, open: openNamedFile };
    const onThisMachine = sysroot === undefined && !module.path.endsWith(' (deleted)');
    const places = onThisMachine ? [...opening, named] : opening;
    const names = places.map(({ candidate }) => candidate).join(' and ');
    module.absent =
      places.length === 0
        ? 'it was deleted before the crash'
        : `${names} ${places.length === 1 ? 'is' : 'are'} not on this machine, or cannot be read`;
    for (const { candidate, open } of places) {
      const source = open(candidate);
      if (source === undefined) continue;
      if ('refused' in source) {
        this.notOpened.add(source.refused);
        module.absent = source.refused;
        continue;
      }
      const elf = readElf(source);
      const id = elf === undefined ? undefined : fileBuildId(source, elf);
      const same = module.buildId === undefined ? this.hasSamePage(module, source) : id === module.buildId;
      if (elf !== undefined && id !== undefined && same) return this.take(module, source, elf);
      source.close();
      module.absent =
        module.buildId === undefined
          ? `${candidate} is on this machine, but the core does not have the page with the build ID to compare it with`
          : `${candidate} has another build ID`;
      if (elf !== undefined) {
        this.refused.push({
          path: candidate,
          module: module.path,
          reason:
            module.buildId === undefined
              ? 'the core does not have the build ID of the one that was mapped'
              : `it has the build ID ${id ?? 'none'}, the one that was mapped has ${module.buildId}`,
        });
      }
    }
    return undefined;
  }

  /** Whether the file of a module is to be had, in words: what was looked at, and with what outcome. */
  state(module: Module): string {
    const name = `${module.path} (build ID ${module.buildId ?? 'not in the core'})`;
    if (this.open(module) !== undefined)
      return `${name} is on this machine, but the core does not have the data of the interpreter`;
    return `${name} cannot be used: ${module.absent ?? 'it was not found'}`;
  }

  /** Where a symbol of the module was in the process. */
  symbol(module: Module, name: string, section?: string): number | undefined {
    const file = this.open(module);
    if (file === undefined) return undefined;
    const address = symbolAddress(file.source, file.elf, name, section);
    return address === undefined ? undefined : address + file.bias;
  }

  /** The code at an address: its library and, where its file says it, its function. */
  place(address: number): { address: string; library?: string; function?: string } {
    const shown = `0x${address.toString(16)}`;
    const module = this.at(address);
    if (module === undefined) return { address: shown };
    const file = this.open(module);
    const name = file === undefined ? undefined : symbolAt(file.source, file.elf, address - file.bias);
    return { address: shown, library: module.path, ...(name === undefined ? {} : { function: name }) };
  }

  /** Every mapping, and whether its file is to be had with the build ID of the one that was mapped. */
  mappedFiles(): { start: number; end: number; path: string; here: boolean }[] {
    return this.all.flatMap((module) => {
      const here = this.open(module) !== undefined;
      return module.mappings.map(({ start, end }) => ({ start, end, path: module.path, here }));
    });
  }

  close(): void {
    for (const file of this.opened) file.close();
  }

  private take(module: Module, source: OpenFile, elf: ElfFile): Module['file'] {
    this.opened.push(source);
    const first = elf.programHeaders.find((header) => header.type === PT_LOAD);
    const begin = module.mappings.find((mapping) => mapping.offset === 0) ?? module.mappings[0];
    const bias =
      begin === undefined || first === undefined
        ? 0
        : begin.start - begin.offset - pageOf(first.address - first.offset);
    module.file = { source, elf, bias };
    module.tried = true;
    for (const { start, end, offset } of module.mappings)
      this.memory.overlay(source, start, end - start, offset);
    return module.file;
  }

  /** The core does not have this address: is it a part of a file that we can have? */
  private complete(address: number): boolean {
    const module = this.at(address);
    if (module === undefined || module.tried) return false;
    return this.open(module) !== undefined;
  }

  /** The page with the ELF header and the program headers, which the core has by default. */
  private firstPage(module: Module): Buffer | undefined {
    const begin = module.mappings.find((mapping) => mapping.offset === 0);
    if (begin === undefined) return undefined;
    const page = this.memory.segmentAt(begin.start);
    if (page === undefined || page.end < begin.start + 64) return undefined;
    return this.memory.available(begin.start, Math.min(PAGE, page.end - begin.start));
  }

  /**
   * patchelf, and so auditwheel, moves the build ID of a wheel's library behind its data, which the core does not have. The
   * first page has the size and the place of every segment to the byte, and of the sections: it stands for the ID there.
   */
  private hasSamePage(module: Module, source: OpenFile): boolean {
    const page = this.firstPage(module);
    if (page === undefined || page.length < PAGE) return false;
    const own = Buffer.alloc(PAGE);
    return source.read(own, 0) === PAGE && own.equals(page);
  }

  private buildIdInCore(module: Module): string | undefined {
    const bytes = this.firstPage(module);
    if (bytes === undefined || bytes.readUInt32BE(0) !== 0x7f454c46) return undefined;
    const table = u64(bytes, 32);
    const headers = Math.min(bytes.readUInt16LE(56), Math.floor((bytes.length - table) / 56));
    for (let index = 0; index < headers; index += 1) {
      const at = table + index * 56;
      if (bytes.readUInt32LE(at) !== PT_NOTE) continue;
      const offset = u64(bytes, at + 8);
      const size = Math.min(u64(bytes, at + 32), 0x10000);
      const id = buildIdIn(bytes.subarray(offset, offset + size));
      if (id !== undefined) return id;
    }
    return undefined;
  }
}

const PAGE = 4096;

function pageOf(address: number): number {
  return address - (address % 4096);
}
