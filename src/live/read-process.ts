import { MissingMemory } from '../core/elf/memory.ts';
import { ProcessMemory } from '../core/process-memory.ts';
import { readCoreNow, type ReadCoreOptions, type UnredactedReport } from '../core/read-core.ts';
import { processEntry } from '../host/processes.ts';
import type { LiveReading } from '../report/model.ts';
import { describeProcess, type ProcessDescription } from './describe-process.ts';
import { noAccess, notPython, notReadable } from './refusals.ts';
import { isStopped, whileStopped, whyNotToStop } from './stop.ts';
import { Watchdog } from './watchdog.ts';

export type StopMode = LiveReading['stop'];

/** Copies that may turn out to lack a page; after that it is decoded while it is stopped. */
const MOST_COPIES = 5;
const LONGEST_STOP_MILLISECONDS = { short: 30_000, whole: 600_000 };

/**
 * Reads a running process as if it were its own core. Throws a `UserError` where there is none, it may not be read, is no
 * Python, or ends meanwhile. Whatever happens, the process runs on afterwards, unless it was stopped before.
 */
export async function readProcess(
  pid: number,
  options: Omit<ReadCoreOptions, 'path' | 'living'>,
  wanted: StopMode,
): Promise<UnredactedReport> {
  const described = describeProcess(pid);
  const path = `/proc/${pid}/mem`;
  const memory = open(path, described);
  try {
    const reading = new Reading(memory, described, { sysroot: `/proc/${pid}/root`, ...options, path });
    const contents = await reading.read(wanted);
    if (contents.python.version === '') throw notPython(pid, contents);
    return contents;
  } finally {
    memory.close();
  }
}

function open(path: string, described: ProcessDescription): ProcessMemory {
  try {
    return new ProcessMemory(path, described, described.segments);
  } catch (error) {
    throw noAccess(described.pid, error);
  }
}

/** One process that is read, from the first look at it to the report. */
class Reading {
  private readonly memory: ProcessMemory;
  private readonly described: ProcessDescription;
  private readonly options: ReadCoreOptions;
  private stops = 0;
  private wasStopped = false;
  private milliseconds = 0;

  constructor(memory: ProcessMemory, described: ProcessDescription, options: ReadCoreOptions) {
    this.memory = memory;
    this.described = described;
    this.options = options;
  }

  async read(wanted: StopMode): Promise<UnredactedReport> {
    const { pid } = this.described;
    if (isStopped(pid)) {
      this.wasStopped = true;
      return this.finished(this.decode({ moving: false }), wanted);
    }
    const reason = wanted === 'none' ? undefined : whyNotToStop(pid);
    if (wanted === 'none' || reason !== undefined) return this.unstopped(reason);
    const watchdog = new Watchdog([this.described], LONGEST_STOP_MILLISECONDS[wanted]);
    try {
      const contents = await (wanted === 'short' ? this.shortly(watchdog) : this.wholly(watchdog));
      if (contents !== undefined) return this.finished(contents, wanted);
      this.checkAlive();
      return this.unstopped('it did not stop within a second of SIGSTOP');
    } finally {
      watchdog.close();
    }
  }

  private unstopped(reason: string | undefined): UnredactedReport {
    const contents = this.decodeUnstopped();
    if (reason !== undefined) {
      contents.warnings.push({
        code: 'not-stopped',
        message: `the process was read while it ran: ${reason}`,
      });
    }
    for (const thread of contents.threads) {
      if (thread.torn !== true) continue;
      contents.warnings.push({
        code: 'stack-torn',
        message: `thread ${thread.osThreadId} ran while it was read: its frames may be of different moments`,
      });
    }
    return this.finished(contents, 'none');
  }

  /** Learns what has to be read, and copies that in a short stop; again where the decoding asks for more. */
  private async shortly(watchdog: Watchdog): Promise<UnredactedReport | undefined> {
    const { memory } = this;
    this.tryDecode(false);
    for (let copies = 0; copies < MOST_COPIES; copies += 1) {
      this.checkAlive();
      const copied = await this.stopped(watchdog, () => {
        memory.copy();
        return true;
      });
      if (copied === undefined) return undefined;
      const contents = this.tryDecode(false);
      if (contents !== undefined && memory.missed === 0) return contents;
    }
    return this.wholly(watchdog);
  }

  private async wholly(watchdog: Watchdog): Promise<UnredactedReport | undefined> {
    this.memory.forgetCopy();
    return this.stopped(watchdog, () => this.decode({ moving: false }));
  }

  private async stopped<T>(watchdog: Watchdog, work: () => T): Promise<T | undefined> {
    await watchdog.arm();
    const { milliseconds, result } = whileStopped([this.described], work);
    await watchdog.disarm();
    this.stops += 1;
    this.milliseconds = Math.max(this.milliseconds, milliseconds);
    return result;
  }

  /** Throws `MissingMemory` where what was there at the first look was gone at the second (munmap(2)). */
  private decode(living: { moving: boolean }): UnredactedReport {
    try {
      return readCoreNow(this.memory, { ...this.options, living });
    } catch (error) {
      if (error instanceof MissingMemory) this.checkAlive();
      throw error;
    }
  }

  private tryDecode(moving: boolean): UnredactedReport | undefined {
    try {
      return this.decode({ moving });
    } catch (error) {
      if (error instanceof MissingMemory) return undefined;
      throw error;
    }
  }

  private decodeUnstopped(): UnredactedReport {
    for (let tries = 1; tries < MOST_COPIES; tries += 1) {
      const contents = this.tryDecode(true);
      if (contents !== undefined) return contents;
    }
    return this.decode({ moving: true });
  }

  private finished(contents: UnredactedReport, stop: StopMode): UnredactedReport {
    const { memory, described, stops, milliseconds } = this;
    if (stops === 0) this.checkAlive();
    contents.core.bytes = memory.bytesRead;
    contents.process.cwd = described.workingDirectory;
    const rank = (id: number): number => (id === described.pid ? 0 : 1);
    contents.threads.sort((a, b) => rank(a.osThreadId) - rank(b.osThreadId));
    contents.live = {
      stop,
      stops,
      ...(stops === 0 ? {} : { stoppedMilliseconds: Math.round(milliseconds * 100) / 100 }),
      ...(this.wasStopped ? { wasStopped: true as const } : {}),
    };
    return contents;
  }

  private checkAlive(): void {
    const { pid, startTime } = this.described;
    if (processEntry(pid)?.startTime !== startTime || !this.memory.isThere) throw notReadable(pid, 'ended');
  }
}
