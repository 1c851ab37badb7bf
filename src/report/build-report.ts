import type { PythonValue } from '../core/python/value.ts';
import type { UnredactedReport } from '../core/read-core.ts';
import { fingerprint } from './fingerprint.ts';
import type { ChainedException, CrashReport, ReportedFrame, ReportedValue } from './model.ts';
import { Redaction } from './redaction.ts';
import type { SourceLines } from './source-lines.ts';

interface BuildOptions {
  /** What to call the core: as the user named it. */
  name: string;
  showSecrets: boolean;
  sources: SourceLines;
}

/**
 * The report of what was read: values as text, secrets hidden, source lines and fingerprint added. The fingerprint is
 * that of the exception in flight, which is the first one.
 */
export function buildReport(
  contents: UnredactedReport,
  { name, showSecrets, sources }: BuildOptions,
): CrashReport {
  const redaction = new Redaction(showSecrets);
  const values = (all: Record<string, PythonValue>): Record<string, ReportedValue> =>
    record(Object.entries(all).map(([called, value]) => [called, redaction.value(called, value)]));
  for (const each of framesOf(contents)) sources.expect(each);
  const frame = ({ locals, code, ...rest }: ReportedFrame<PythonValue>): ReportedFrame => {
    const source = sources.line({ ...rest, ...(code === undefined ? {} : { code }) });
    return {
      ...rest,
      ...(source === undefined ? {} : { source: redaction.source(source.text) }),
      ...(source?.doubtful === true ? { sourceDoubtful: true } : {}),
      locals: values(locals),
    };
  };
  const framed = <F extends { frames: ReportedFrame<PythonValue>[] }>(each: F) => ({
    ...each,
    frames: each.frames.map(frame),
  });
  const chained = ({ attributes, ...each }: ChainedException<PythonValue>): ChainedException => ({
    ...each,
    ...(attributes === undefined ? {} : { attributes: values(attributes) }),
    message: redaction.message(each.message),
    notes: each.notes.map((note) => redaction.message(note)),
    frames: each.frames.map(frame),
  });
  const { environment, cmdline, ...process } = contents.process;
  const { exceptions, threads, tasks, request, ground: _, ...rest } = contents;
  const report: CrashReport = {
    ...rest,
    core: { ...contents.core, path: name },
    process: {
      ...process,
      cmdline: redaction.words(cmdline),
      ...(environment === undefined
        ? {}
        : {
            // POSIX: PWD is the working directory, and masking it would hide every path below it
            environment: record(
              Object.entries(environment).map(([key, value]) => [
                key,
                redaction.text(key === 'PWD' && value.startsWith('/') ? 'directory' : key, value),
              ]),
            ),
          }),
    },
    exceptions: exceptions.map(({ threadId, foundVia, chain }) => ({
      threadId,
      foundVia,
      chain: chain.map(chained),
    })),
    threads: threads.map(framed),
    ...(tasks === undefined ? {} : { tasks: tasks.map(framed) }),
    ...(request === undefined
      ? {}
      : {
          request: {
            ...request,
            ...(request.path === undefined ? {} : { path: redaction.message(request.path) }),
            ...(request.query === undefined ? {} : { query: redaction.query(request.query) }),
            headers: record(
              Object.entries(request.headers).map(([header, value]) => [
                header,
                redaction.text(header, value),
              ]),
            ),
          },
        }),
    fingerprint: '',
    ...(showSecrets ? { secretsShown: true } : {}),
  };
  report.warnings = [...report.warnings, ...sources.warnings()];
  report.fingerprint = fingerprint(report.exceptions[0]);
  if (!showSecrets) maskAll(report, redaction);
  return report;
}

function* framesOf({
  exceptions,
  threads,
  tasks = [],
}: UnredactedReport): Generator<ReportedFrame<PythonValue>> {
  for (const { chain } of exceptions) for (const { frames } of chain) yield* frames;
  for (const { frames } of [...threads, ...tasks]) yield* frames;
}

/** An object without a prototype: names come from the core, and `__proto__` is a name like any other. */
function record<V>(pairs: readonly (readonly [string, V])[]): Record<string, V> {
  const result = Object.create(null) as Record<string, V>;
  for (const [key, value] of pairs) result[key] = value;
  return result;
}

/** A second pass, because the name that gives a secret away may come after a text that contains it. */
function maskAll(report: CrashReport, redaction: Redaction): void {
  const values = (locals: Record<string, ReportedValue>): void => {
    for (const value of Object.values(locals)) {
      const masked = redaction.mask(value.repr);
      if (masked === value.repr) continue;
      value.repr = masked;
      value.redacted = true;
    }
  };
  const frames = (all: readonly ReportedFrame[]): void => {
    for (const each of all) {
      values(each.locals);
      if (each.source !== undefined) each.source = redaction.mask(each.source);
    }
  };
  const texts = (all: Record<string, string> = {}): void => {
    for (const [key, text] of Object.entries(all)) all[key] = redaction.mask(text);
  };
  for (const { chain } of report.exceptions) {
    for (const each of chain) {
      each.message = redaction.mask(each.message);
      each.notes = each.notes.map((note) => redaction.mask(note));
      values(each.attributes ?? {});
      frames(each.frames);
    }
  }
  for (const thread of report.threads) frames(thread.frames);
  for (const task of report.tasks ?? []) frames(task.frames);
  report.process.cmdline = report.process.cmdline.map((word) => redaction.mask(word));
  texts(report.process.environment);
  if (report.request === undefined) return;
  texts(report.request.headers);
  if (report.request.path !== undefined) report.request.path = redaction.mask(report.request.path);
  if (report.request.query !== undefined) report.request.query = redaction.mask(report.request.query);
}
