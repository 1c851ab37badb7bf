import type { PythonValue } from '../core/python/value.ts';
import type { UnredactedReport } from '../core/read-core.ts';
import { crashOf } from './crash.ts';
import { fingerprint } from './fingerprint.ts';
import type {
  ChainedException,
  CrashReport,
  MissingPart,
  ReportedException,
  ReportedFrame,
  ReportedRequest,
  ReportedTask,
  ReportedThread,
  ReportedValue,
} from './model.ts';
import type { RedactionLevel, Through } from './redaction/door.ts';
import { Redaction } from './redaction/redaction.ts';
import type { SourceLines } from './source-lines.ts';

interface BuildOptions {
  /** What to call the core: as the user named it. */
  name: string;
  redact: RedactionLevel;
  sources: SourceLines;
}

/**
 * The report of what was read: values as text, secrets hidden, source lines, title and fingerprint added.
 */
export function buildReport(
  contents: UnredactedReport,
  { name, redact, sources }: BuildOptions,
): CrashReport {
  for (const each of framesOf(contents)) sources.expect(each);
  const redaction = new Redaction(redact);
  const report: CrashReport = redaction.through((door) => shownReport(contents, door, name, sources));
  report.fingerprint = fingerprint(report);
  report.crash = crashOf(report);
  return report;
}

/** Every text goes through the door; the type of the result holds that. */
function shownReport(
  contents: UnredactedReport,
  door: Redaction,
  name: string,
  sources: SourceLines,
): Through<CrashReport> {
  const values = (all: Record<string, PythonValue>): Record<string, Through<ReportedValue>> =>
    record(Object.entries(all), (called, value) => door.value(called, value));
  const frame = ({ locals, code, ...rest }: ReportedFrame<PythonValue>): Through<ReportedFrame> => {
    const source = sources.line({ ...rest, ...(code === undefined ? {} : { code }) });
    const { source: _, ...place } = rest;
    return {
      ...place,
      file: door.own(rest.file),
      function: door.own(rest.function),
      ...(source === undefined ? {} : { source: door.source(source.text) }),
      ...(source?.doubtful === true ? { sourceDoubtful: true } : {}),
      locals: values(locals),
    };
  };
  const chained = ({
    attributes,
    ownStr,
    ...each
  }: ChainedException<PythonValue>): Through<ChainedException> => ({
    ...each,
    type: door.own(each.type),
    module: door.own(each.module),
    message: door.text(each.message),
    ...(ownStr === undefined ? {} : { ownStr: door.own(ownStr) }),
    notes: each.notes.map((note) => door.text(note)),
    ...(attributes === undefined ? {} : { attributes: values(attributes) }),
    frames: each.frames.map(frame),
  });
  const listed = (each: ReportedException<PythonValue>): Through<ReportedException> => ({
    ...each,
    threadId: door.own(each.threadId),
    foundVia: door.sentence(each.foundVia),
    chain: each.chain.map(chained),
  });
  const thread = ({
    name: called,
    native,
    request: own,
    ...each
  }: ReportedThread<PythonValue>): Through<ReportedThread> => ({
    ...each,
    id: door.own(each.id),
    ...(called === undefined ? {} : { name: door.text(called) }),
    ...(own === undefined ? {} : { request: shownRequest(own, door) }),
    frames: each.frames.map(frame),
    ...(native === undefined
      ? {}
      : {
          native: native.map(({ function: symbol, library, address, python }) => ({
            function: door.own(symbol),
            address: door.own(address),
            ...(library === undefined ? {} : { library: door.own(library) }),
            ...(python === undefined ? {} : { python }),
          })),
        }),
  });
  const task = ({
    name: called,
    state,
    awaits,
    ...each
  }: ReportedTask<PythonValue>): Through<ReportedTask> => ({
    ...each,
    ...(called === undefined ? {} : { name: door.text(called) }),
    ...(state === undefined ? {} : { state: door.own(state) }),
    frames: each.frames.map(frame),
    ...(awaits === undefined ? {} : { awaits: awaits.map((other) => door.text(other)) }),
  });
  const { core, process, python, exceptions, threads, tasks, request, warnings, live } = contents;
  return {
    schemaVersion: contents.schemaVersion,
    core: {
      ...core,
      path: door.own(name),
      missing: core.missing.map((each) => missingPart(each, door)),
    },
    process: shownProcess(process, door),
    python: {
      ...python,
      version: door.own(python.version),
      implementation: door.own(python.implementation),
      layoutSource: door.own(python.layoutSource),
    },
    crash: { title: door.own('') },
    exceptions: exceptions.map(listed),
    threads: threads.map(thread),
    ...(tasks === undefined ? {} : { tasks: tasks.map(task) }),
    ...(request === undefined ? {} : { request: shownRequest(request, door) }),
    fingerprint: door.own(''),
    warnings: [...warnings, ...sources.warnings()].map(({ code, message }) => ({
      code: door.own(code),
      message: door.sentence(message),
    })),
    ...(live === undefined ? {} : { live }),
    redaction: door.level,
    ...(door.level === 'none' ? { secretsShown: true } : {}),
  };
}

function missingPart({ what, bytes, consequence }: MissingPart, door: Redaction): Through<MissingPart> {
  return {
    what: door.own(what),
    ...(bytes === undefined ? {} : { bytes }),
    consequence: door.sentence(consequence),
  };
}

function shownProcess(
  process: UnredactedReport['process'],
  door: Redaction,
): Through<CrashReport['process']> {
  const { signal, executable, buildId, cmdline, cwd, environment, ...rest } = process;
  return {
    ...rest,
    signal: shownSignal(signal, door),
    executable: door.own(executable),
    ...(buildId === undefined ? {} : { buildId: door.own(buildId) }),
    cmdline: door.words(cmdline),
    ...(cwd === undefined ? {} : { cwd: door.text(cwd) }),
    ...(environment === undefined
      ? {}
      : {
          environment: record(Object.entries(environment), (key, value) =>
            // POSIX: these are the working directory and no passwords
            /^(?:OLD)?PWD$/.test(key) && value.startsWith('/') ? door.text(value) : door.named(key, value),
          ),
        }),
  };
}

function shownSignal(
  { name, address, instruction, ...rest }: CrashReport['process']['signal'],
  door: Redaction,
): Through<CrashReport['process']['signal']> {
  return {
    ...rest,
    name: door.own(name),
    ...(address === undefined ? {} : { address: door.own(address) }),
    ...(instruction === undefined
      ? {}
      : {
          instruction: {
            address: door.own(instruction.address),
            ...(instruction.library === undefined ? {} : { library: door.own(instruction.library) }),
            ...(instruction.function === undefined ? {} : { function: door.own(instruction.function) }),
          },
        }),
  };
}

function shownRequest(request: ReportedRequest, door: Redaction): Through<ReportedRequest> {
  const { framework, method, path, query, view, user, headers, ...rest } = request;
  return {
    ...rest,
    framework: door.own(framework),
    ...(method === undefined ? {} : { method: door.text(method) }),
    ...(path === undefined ? {} : { path: door.path(path) }),
    ...(query === undefined ? {} : { query: door.text(query) }),
    ...(view === undefined ? {} : { view: door.own(view) }),
    ...(user === undefined ? {} : { user: door.text(user) }),
    headers: record(Object.entries(headers), (header, value) => door.named(header, value)),
  };
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
function record<V, R>(
  entries: readonly [string, V][],
  change: (key: string, value: V) => R,
): Record<string, R> {
  const result = Object.create(null) as Record<string, R>;
  for (const [key, value] of entries) result[key] = change(key, value);
  return result;
}
