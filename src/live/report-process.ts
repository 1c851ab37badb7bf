import type { ExitCode } from '../commands/command.ts';
import { usageError } from '../errors.ts';
import type { CrashReport } from '../report/model.ts';
import { finishedReport, printReport, readingOptions } from '../report/report-core.ts';
import type { Terminal } from '../terminal.ts';
import { readProcess, type StopMode } from './read-process.ts';

type Options = Readonly<Record<string, unknown>>;

/** `pycrash report PID`: reads the process, which runs on, and prints or writes the report. */
export async function reportProcess(pid: number, options: Options, terminal: Terminal): Promise<0> {
  if (options['native'] === true) {
    throw usageError(
      '--native reads cores: the registers of a running process can only be had with ptrace(2), which pycrash never uses',
      `With gdb, which does use it: gdb -p ${pid} -batch -ex 'thread apply all bt'`,
    );
  }
  await printReport(await processReport(pid, options, terminal), options, terminal);
  return 0;
}

/** `pycrash debug PID`: gdb attaches to the process, which stands still until it leaves. */
export async function debugProcess(pid: number, options: Options, terminal: Terminal): Promise<ExitCode> {
  const { debugTarget } = await import('../report/debug-core.ts');
  return debugTarget({ pid }, () => processReport(pid, options, terminal), options, terminal);
}

async function processReport(pid: number, options: Options, terminal: Terminal): Promise<CrashReport> {
  terminal.progress(`reading process ${pid} …`);
  const reading = readingOptions(options, terminal.options.cwd);
  const contents = await readProcess(pid, reading, stopMode(options));
  terminal.progress('');
  const from = { name: `/proc/${pid}/mem`, root: `/proc/${pid}/root` };
  return finishedReport(contents, from, options, terminal);
}

function stopMode({ stop }: Options): StopMode {
  return stop === 'none' || stop === 'whole' ? stop : 'short';
}
