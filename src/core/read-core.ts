import { UserError } from '../errors.ts';
import type { CrashReport, ReportedThread } from '../report/model.ts';
import type { ByteSource } from './byte-source.ts';
import { readCommandLine } from './command-line.ts';
import { ET_CORE, readBytes, readElf, type ElfFile } from './elf/file.ts';
import { Memory } from './elf/memory.ts';
import { Modules } from './elf/modules.ts';
import { readNotes, type CoreNotes } from './elf/notes.ts';
import { Exceptions } from './python/exceptions.ts';
import { Frames, type Frame } from './python/frames.ts';
import { readGreenlets } from './python/greenlets.ts';
import { Interpreters, nameTypes, type ThreadState } from './python/interpreters.ts';
import { LAYOUTS, type Layout } from './python/layouts.ts';
import { Objects, VALUE_LIMITS, type ValueLimits } from './python/objects.ts';
import { readRequest } from './python/requests.ts';
import { exceptionRoots } from './python/roots.ts';
import { findRuntime, type Runtime } from './python/runtime.ts';
import { scanForExceptions } from './python/scan.ts';
import { readTasks } from './python/tasks.ts';
import type { PythonValue } from './python/value.ts';
import { signalName } from './signals.ts';

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
  limits?: Partial<ValueLimits>;
  /** Find out what native frames have to be put together with: `UnredactedReport.ground`. */
  native?: boolean;
  /** Instead of the tables that are built in. */
  layouts?: readonly Layout[];
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

const MOST_THREADS_WITH_LOCALS = 64;
const MOST_FRAMES_WITH_LOCALS = 200;
const MOST_ROOTS = 200;

/**
 * Reads the crash of a CPython out of a core. Whatever is missing is told in `core.missing` and `warnings`. Throws a
 * `UserError` where the source is not an ELF core of a 64-bit little-endian machine, or a named file is the wrong one.
 */
export async function readCore(source: ByteSource, options: ReadCoreOptions): Promise<UnredactedReport> {
  const elf = elfOfCore(source, options.path);
  const notes = readNotes(source, elf);
  const memory = new Memory(source, elf);
  const modules = new Modules(memory, notes, options);
  try {
    if (options.executable !== undefined) modules.useExecutable(options.executable);
    const report = emptyReport(source, elf, memory, notes, modules, options.path);
    const runtime = findRuntime(memory, modules, options.layouts ?? LAYOUTS);
    if (runtime === undefined) noRuntime(report, modules);
    else if ('freeThreaded' in runtime) {
      report.python = {
        version: `3.${runtime.minor}`,
        implementation: 'cpython',
        freeThreaded: true,
        layoutSource: '',
      };
      report.warnings.push({
        code: 'free-threaded',
        message: `this is a free-threaded CPython 3.${runtime.minor}, whose objects have another shape: they cannot be read yet`,
      });
    } else {
      const threads = fill(report, runtime, memory, notes, options);
      if (options.native === true) {
        report.ground = { calls: threads.map(({ frames }) => callsOf(frames)), files: modules.mappedFiles() };
      }
    }
    if (memory.readsLeft < 0) {
      report.warnings.push({
        code: 'stopped',
        message:
          'reading was stopped after too many steps: the core is corrupted, or larger than the limits; the rest is missing',
      });
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

function emptyReport(
  source: ByteSource,
  elf: ElfFile,
  memory: Memory,
  notes: CoreNotes,
  modules: Modules,
  path: string,
): UnredactedReport {
  const { words, environment, program } = readCommandLine(memory, notes);
  const report: UnredactedReport = {
    schemaVersion: 1,
    core: { path, bytes: source.size, truncated: false, missing: [] },
    process: {
      pid: notes.pid,
      signal: {
        number: notes.signal,
        name: signalName(notes.signal),
        ...(notes.signalCode === undefined ? {} : { code: notes.signalCode }),
      },
      executable: modules.program?.path ?? program ?? notes.name,
      ...(modules.program?.buildId === undefined ? {} : { buildId: modules.program.buildId }),
      cmdline: words.length > 0 ? words : notes.arguments.split(' ').filter(Boolean),
      ...(environment.size > 0 ? { environment: Object.fromEntries(environment) } : {}),
    },
    python: { version: '', implementation: '', freeThreaded: false, layoutSource: '' },
    exceptions: [],
    threads: [],
    fingerprint: '',
    warnings: [],
  };
  const end = Math.max(0, ...elf.programHeaders.map((header) => header.offset + header.fileSize));
  if (end > source.size || elf.headersMissing) {
    report.core.truncated = true;
    const bytes = Math.max(0, end - source.size);
    const stackGone =
      notes.threads.length > 0 && !notes.threads.some((thread) => memory.has(thread.stackPointer));
    report.core.missing.push({
      what: 'the end of the core',
      ...(bytes > 0 ? { bytes } : {}),
      consequence: `${cutBy(source.size)}; ${stackGone ? 'the stacks, which come last, are not in it' : 'what lay at the highest addresses is not in it'}`,
    });
  }
  if (notes.threads.length === 0) {
    report.core.missing.push({
      what: 'the notes of the kernel',
      consequence: 'threads, signal and mapped files are not known',
    });
  }
  return report;
}

/** Which limit leaves files of such a size. */
function cutBy(bytes: number): string {
  const GiB = 1024 ** 3;
  const near = (limit: number): boolean => bytes > limit * 0.999 && bytes <= limit;
  if (near(32 * GiB) || near(2 * GiB) || near(GiB) || near(767 * 1024 ** 2)) {
    return "it has the size of one of systemd-coredump's limits: see ProcessSizeMax= and ExternalSizeMax= in coredump.conf(5)";
  }
  // the kernel writes whole pages, so one that is killed leaves a multiple of 4 KiB as well
  const kibibytes = bytes / 1024;
  if (kibibytes % 1000 === 0 || kibibytes % 1024 === 0) {
    return `its ${kibibytes} KiB are a round number: probably a soft limit (ulimit -c, LimitCORE=) cut it`;
  }
  return "probably the disk was full, the writing was killed (gunicorn's --timeout, uWSGI's harakiri), or the copy was not complete";
}

function noRuntime(report: UnredactedReport, modules: Modules): void {
  const library = modules.all.find((module) => /(^|\/)(lib)?python3[^/]*$/.test(module.path));
  const file = library ?? modules.program;
  report.core.missing.push({
    what: 'the interpreter',
    consequence:
      library === undefined
        ? 'no Python is among the mapped files: nothing of Python can be read'
        : `${library.path} (build ID ${library.buildId ?? 'unknown'}) is not on this machine and its data does not suffice: no Python state can be read`,
  });
  report.warnings.push({
    code: 'no-interpreter',
    message:
      file === undefined
        ? 'no CPython 3.8 to 3.15 was found in the core'
        : `no CPython 3.8 to 3.15 was found in the core; give the file that crashed with --executable, or its root folder with --sysroot (${file.path})`,
  });
}

function fill(
  report: UnredactedReport,
  runtime: Runtime,
  memory: Memory,
  notes: CoreNotes,
  options: ReadCoreOptions,
): ThreadState[] {
  const { process } = runtime;
  const objects = new Objects(process, { ...VALUE_LIMITS, ...options.limits });
  const frames = new Frames(objects);
  const interpreters = new Interpreters(runtime, frames);
  nameTypes(interpreters);
  const exceptions = new Exceptions(frames);
  report.python = {
    version: runtime.version,
    implementation: 'cpython',
    freeThreaded: false,
    layoutSource: `${process.layout.source}; found by ${runtime.foundBy}`,
  };
  const threads = interpreters.threads(notes);
  const seen = new Set<number>();
  let roots = 0;
  let raised: Frame[] = [];
  for (const root of exceptionRoots(interpreters, threads, frames, exceptions)) {
    if (seen.has(root.address)) continue;
    if ((roots += 1) > MOST_ROOTS) break;
    const chain = exceptions.chain(root.address, seen);
    if (chain.length === 0) continue;
    if (report.exceptions.length === 0) raised = exceptions.tracebackFrames(root.address);
    report.exceptions.push({ threadId: String(root.thread?.ident ?? 0), foundVia: root.foundVia, chain });
  }
  if (options.scan === true) {
    for (const address of scanForExceptions(memory, exceptions)) {
      if (seen.has(address)) continue;
      if ((roots += 1) > MOST_ROOTS) break;
      const chain = exceptions.chain(address, seen);
      if (chain.length > 0) report.exceptions.push({ threadId: '0', foundVia: 'scan of the heap', chain });
    }
  }
  if (report.exceptions.length === 0) {
    report.warnings.push({
      code: 'no-exception',
      message:
        'no exception is reachable: none was being handled or was held by a frame; one that was handled and dropped is gone' +
        (options.scan === true ? '' : ' (--scan looks through the whole heap)'),
    });
  }
  // A hook sees the request on its own stack; an abort in excepthook has it only in the frames of the exception.
  const request = readRequest([...(threads[0]?.frames ?? []), ...raised], frames);
  if (request !== undefined) report.request = request;
  report.threads = threads.map((thread, index) =>
    reportedThread(thread, frames, index < MOST_THREADS_WITH_LOCALS),
  );
  const greenlets = readGreenlets(interpreters, frames);
  const tasks = [...readTasks(interpreters, threads, frames), ...greenlets.tasks];
  if (tasks.length > 0) report.tasks = tasks;
  if (!greenlets.complete) {
    report.warnings.push({
      code: 'greenlets-incomplete',
      message: `${greenlets.tasks.length} greenlets are listed; the process can have more: the search ended at a limit`,
    });
  }
  for (const thread of threads) {
    if (!thread.cut) continue;
    report.warnings.push({
      code: 'stack-incomplete',
      message: `the frames of thread ${thread.name ?? thread.ident} could not be read to the end`,
    });
  }
  if (interpreters.all.length > 1) {
    report.warnings.push({
      code: 'subinterpreters',
      message: `the process has ${interpreters.all.length} interpreters; the threads of all of them are listed`,
    });
  }
  if (threads.length === 0) {
    report.core.missing.push({ what: 'the thread states', consequence: 'no Python frames can be shown' });
  }
  return threads;
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

function reportedThread(
  thread: ThreadState,
  frames: Frames,
  withLocals: boolean,
): ReportedThread<PythonValue> {
  return {
    id: String(thread.ident),
    osThreadId: thread.nativeId,
    ...(thread.name === undefined ? {} : { name: thread.name }),
    current: thread.current,
    ...(thread.holdsGil === undefined ? {} : { holdsGil: thread.holdsGil }),
    frames: thread.frames.map((frame, index) =>
      frames.reported(
        frame,
        frames.line(frame.code, frame.lasti),
        withLocals && index < MOST_FRAMES_WITH_LOCALS,
      ),
    ),
  };
}
