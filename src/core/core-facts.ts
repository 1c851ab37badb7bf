import type { CrashReport } from '../report/model.ts';
import type { ByteSource } from './byte-source.ts';
import { readCommandLine } from './command-line.ts';
import { PT_LOAD, type ElfFile } from './elf/file.ts';
import type { Memory } from './elf/memory.ts';
import type { Modules } from './elf/modules.ts';
import type { CoreNotes } from './elf/notes.ts';
import type { PythonValue } from './python/value.ts';
import { isRaisedAgain, readSignal } from './signals.ts';

const PF_W = 2;

/** What the kernel wrote: the report without anything of Python, and what of the core is missing. */
export function coreFacts(
  source: ByteSource,
  elf: ElfFile,
  memory: Memory,
  notes: CoreNotes,
  modules: Modules,
  path: string,
): CrashReport<PythonValue> {
  const { words, environment, environmentLeftOut, program } = readCommandLine(memory, notes);
  const report: CrashReport<PythonValue> = {
    schemaVersion: 1,
    core: { path, bytes: source.size, truncated: false, missing: [] },
    process: {
      pid: notes.pid,
      signal: readSignal(memory, notes, modules),
      executable: modules.program?.path ?? program ?? notes.name,
      ...(modules.program?.buildId === undefined ? {} : { buildId: modules.program.buildId }),
      cmdline: words.length > 0 ? words : notes.arguments.split(' ').filter(Boolean),
      ...(environment.size > 0 ? { environment: Object.fromEntries(environment) } : {}),
      ...(environmentLeftOut > 0 ? { environmentLeftOut } : {}),
    },
    python: { version: '', implementation: '', freeThreaded: false, layoutSource: '' },
    exceptions: [],
    threads: [],
    crash: { title: '' },
    fingerprint: '',
    warnings: [],
  };
  const { signal } = report.process;
  if (isRaisedAgain(signal, notes.pid)) {
    report.warnings.push({
      code: 'raised-again',
      message: `the process itself raised ${signal.name} again, as faulthandler does after its own report: the core does not say where the fault was`,
    });
  }
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
  const filtered = anonymousMemory(elf, notes);
  if (filtered.written === 0 && filtered.missing > 0) {
    report.core.missing.push({
      what: 'the private memory of the process',
      bytes: filtered.missing,
      consequence:
        'heap and stacks were never written: bit 0 of /proc/PID/coredump_filter was not set (core(5), CoredumpFilter= of systemd)',
    });
  }
  return report;
}

/** Bytes of writable memory that is no file's: what the kernel wrote of it, and what it left out. */
function anonymousMemory(elf: ElfFile, notes: CoreNotes): { written: number; missing: number } {
  const files = new Set(notes.mappings.map(({ start }) => start));
  const found = { written: 0, missing: 0 };
  for (const { type, flags, address, fileSize, memorySize } of elf.programHeaders) {
    if (type !== PT_LOAD || (flags & PF_W) === 0 || files.has(address)) continue;
    found.written += fileSize;
    found.missing += Math.max(0, memorySize - fileSize);
  }
  return found;
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
    return `its ${kibibytes} KiB are a round number: probably a limit cut it (ulimit -c, LimitCORE=, or ProcessSizeMax= in coredump.conf(5))`;
  }
  return "a soft limit (ulimit -c, LimitCORE=) cut it, the disk was full, the writing was killed (gunicorn's --timeout, uWSGI's harakiri), or the copy was not complete";
}
