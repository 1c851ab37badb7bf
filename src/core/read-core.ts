import { UserError } from '../errors.ts';
import type { CrashReport } from '../report/model.ts';
import type { ByteSource } from './byte-source.ts';
import { coreFacts } from './core-facts.ts';
import { ET_CORE, readBytes, readElf, type ElfFile } from './elf/file.ts';
import { Memory } from './elf/memory.ts';
import { Modules } from './elf/modules.ts';
import { readNotes } from './elf/notes.ts';
import type { Limits } from './limits.ts';
import type { Frame } from './python/frames.ts';
import { notCPython } from './other-programs.ts';
import { LAYOUTS, type Layout } from './python/layouts.ts';
import { findRuntime } from './python/runtime.ts';
import type { PythonValue } from './python/value.ts';
import { readPython } from './read-python.ts';

export interface ReadCoreOptions {
  /** Where the core came from, for the report. */
  path: string;
  /** The interpreter's program, as a path of this machine; refused where its build ID is another one. */
  executable?: string;
  /** A folder that holds the files of the machine that crashed, at their paths. */
  sysroot?: string;
  /** Folders to look for the interpreter's files by name. */
  searchPath?: readonly string[];
  /** Look through the whole heap for exceptions too. */
  scan?: boolean;
  limits?: Partial<Limits>;
  /** Find out what native frames have to be put together with: `UnredactedReport.ground`. */
  native?: boolean;
  /** Instead of the tables that are built in. */
  layouts?: readonly Layout[];
  /** The core is a process that has not crashed; `moving`: it runs while it is read. */
  living?: { moving: boolean };
}

/** The report before redaction: full of secrets. `fingerprint` is empty and `source` of the frames is not filled in. */
export interface UnredactedReport extends CrashReport<PythonValue> {
  /** Where `native` was asked for; no part of the report. */
  ground?: NativeGround;
}

/** What the frames of a debugger are compared with. */
export interface NativeGround {
  /** For each thread of the report: how many Python frames each call of the interpreter's loop runs, from the innermost. */
  calls: number[][];
  /** The mapped files; `here`: this machine (or the `sysroot`) has the file with the same build ID. */
  files: { start: number; end: number; path: string; here: boolean }[];
}

/**
 * Reads the crash of a CPython out of a core. Whatever is missing is told in `core.missing` and `warnings`. Throws a
 * `UserError` where the source is not an ELF core of a 64-bit little-endian machine, or a named file is the wrong one.
 */
export async function readCore(source: ByteSource, options: ReadCoreOptions): Promise<UnredactedReport> {
  return readCoreNow(source, options);
}

/** `readCore` in one go: what is stopped for it is stopped until it returns. */
export function readCoreNow(source: ByteSource, options: ReadCoreOptions): UnredactedReport {
  const elf = elfOfCore(source, options.path);
  const notes = readNotes(source, elf);
  const memory = new Memory(source, elf);
  const modules = new Modules(memory, notes, options);
  try {
    if (options.executable !== undefined) modules.useExecutable(options.executable);
    const report: UnredactedReport = coreFacts(source, elf, memory, notes, modules, options.path);
    const runtime = findRuntime(memory, modules, options.layouts ?? LAYOUTS);
    if (runtime === undefined) noRuntime(report, memory, modules, options);
    else if ('freeThreaded' in runtime) {
      report.python = {
        version: `3.${runtime.minor}`,
        implementation: 'cpython',
        freeThreaded: true,
        layoutSource: '',
      };
      report.warnings.push({
        code: 'free-threaded',
        message: `this is a free-threaded CPython 3.${runtime.minor}, which this version cannot read: nothing of Python was looked for`,
      });
    } else {
      const threads = readPython(report, runtime, notes, options);
      if (options.native === true) {
        const calls = threads.map(({ frames }, at) =>
          // what was shortened has no frames to put in their places
          frames.length === report.threads[at]?.frames.length ? callsOf(frames) : [],
        );
        report.ground = { calls, files: modules.mappedFiles() };
      }
    }
    for (const { path, module, reason } of modules.refused) {
      report.warnings.push({ code: 'wrong-file', message: `${path} was not used for ${module}: ${reason}` });
    }
    for (const refused of modules.notOpened) {
      report.warnings.push({
        code: 'not-opened',
        message: `${refused}; --search-path, --sysroot or --executable opens it, or run the report as another user`,
      });
    }
    for (const path of modules.unverified) {
      report.warnings.push({
        code: 'no-build-id',
        message: `${path} has no build ID: whether it is what crashed cannot be checked`,
      });
    }
    return report;
  } finally {
    modules.close();
  }
}

function elfOfCore(source: ByteSource, path: string): ElfFile {
  const elf = readElf(source);
  if (elf !== undefined && elf.type === ET_CORE) return elf;
  const start = readBytes(source, 0, 20);
  const isElf = start.length >= 20 && start.readUInt32BE(0) === 0x7f454c46;
  const what =
    source.size === 0
      ? 'is empty'
      : !isElf
        ? 'is not an ELF file'
        : elf === undefined
          ? 'is an ELF file of a machine that is not supported (64-bit little-endian x86_64 or aarch64 are)'
          : 'is an ELF program or library, not a core';
  throw new UserError('not-a-core', `${path} ${what}`, {
    help: 'give the core that the kernel or systemd-coredump wrote',
  });
}

/** No interpreter was found: of what the core is, and which of the files and parts that it takes is not there. */
function noRuntime(
  report: UnredactedReport,
  memory: Memory,
  modules: Modules,
  { living }: ReadCoreOptions,
): void {
  const library = modules.all.find((module) => /(^|\/)(lib)?python3[^/]*$/.test(module.path));
  const file = library ?? modules.program;
  if (living === undefined && library === undefined && file !== undefined && report.core.missing.length === 0)
    throw notCPython(report, file, modules, memory);
  report.core.missing.push({
    what: 'the interpreter',
    consequence:
      library === undefined
        ? 'no Python is among the mapped files: nothing of Python can be read'
        : `${modules.state(library)}; no Python state can be read`,
  });
  const here = library !== undefined && modules.open(library) !== undefined;
  report.warnings.push({
    code: 'no-interpreter',
    message:
      file === undefined || here
        ? 'no CPython 3.8 to 3.15 was found in what there is of the core'
        : `no CPython 3.8 to 3.15 was found in the core; give the file that crashed with --executable, or its root folder with --sysroot (${file.path})`,
  });
}

/** The lengths of the runs of frames that end with one which C code called. */
function callsOf(frames: readonly Frame[]): number[] {
  const calls: number[] = [];
  let run = 0;
  for (const { fromC } of frames) {
    run += 1;
    if (!fromC) continue;
    calls.push(run);
    run = 0;
  }
  return run === 0 ? calls : [...calls, run];
}
