import { usageError } from '../errors.ts';
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
  terminal.progress(`reading process ${pid} …`);
  const reading = readingOptions(options, terminal.options.cwd);
  const contents = await readProcess(pid, reading, stopMode(options));
  terminal.progress('');
  const from = { name: `/proc/${pid}/mem`, root: `/proc/${pid}/root` };
  const report = finishedReport(contents, from, options, terminal);
  await printReport(report, options, terminal);
  return 0;
}

function stopMode({ stop }: Options): StopMode {
  return stop === 'none' || stop === 'whole' ? stop : 'short';
}
