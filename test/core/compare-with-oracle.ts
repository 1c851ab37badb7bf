import { repr, type PythonValue } from '../../src/core/python/value.ts';
import type { UnredactedReport } from '../../src/core/read-core.ts';
import type { ChainedException, ReportedFrame } from '../../src/report/model.ts';
import type { Oracle, OracleException, OracleFrame, OracleValue } from '../e2e/cores/make-core.ts';

/**
 * Where a report says something else than the process itself did: one line for each difference. `skip` leaves out a
 * local, named `function.local`.
 */
export function differences(
  report: UnredactedReport,
  oracle: Oracle,
  skip: (path: string) => boolean = () => false,
): string[] {
  const found: string[] = [];
  const same = (what: string, ours: unknown, theirs: unknown): void => {
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
      found.push(`${what}: ${JSON.stringify(ours)}, but it was ${JSON.stringify(theirs)}`);
    }
  };
  same('pid', report.process.pid, oracle.pid);
  same('version', report.python.version, oracle.version);
  if (oracle.exception !== null) {
    const [first] = report.exceptions;
    if (first === undefined) found.push('no exception');
    else {
      same('thread', first.threadId, String(oracle.aborting));
      compareException(first.chain, 0, oracle.exception, oracle.exception.type, { same, skip });
    }
  }
  for (const theirs of oracle.threads) {
    const thread = report.threads.find((each) => each.id === String(theirs.ident));
    if (thread === undefined) {
      found.push(`no thread ${theirs.name}`);
      continue;
    }
    same(`${theirs.name}: number`, thread.osThreadId, theirs.native);
    same(`${theirs.name}: name`, thread.name, theirs.name);
    same(`${theirs.name}: current`, thread.current, theirs.current);
    // The others run on while the oracle is written, unless they wait for ever; this one has gone on by a few lines.
    if (!theirs.current && !theirs.name.startsWith('worker')) continue;
    compareFrames(thread.frames, theirs.frames, theirs.name, { same, skip }, { lines: !theirs.current });
  }
  same('tasks', new Set((report.tasks ?? []).map((task) => task.name)).size >= oracle.tasks.length, true);
  for (const theirs of oracle.tasks) {
    const task = report.tasks?.find((each) => each.name === theirs.name);
    same(`task ${theirs.name}: awaits`, task?.awaits, theirs.awaits);
    compareFrames(task?.frames ?? [], theirs.frames, `task ${theirs.name}`, { same, skip }, { lines: true });
  }
  return found;
}

interface Comparison {
  same(what: string, ours: unknown, theirs: unknown): void;
  skip(path: string): boolean;
}

function compareException(
  chain: readonly ChainedException<PythonValue>[],
  index: number,
  theirs: OracleException,
  path: string,
  comparison: Comparison,
): void {
  const { same } = comparison;
  const ours = chain[index];
  if (ours === undefined) return same(path, 'nothing', theirs.type);
  same(`${path}: type`, `${ours.module}.${ours.type}`, `${theirs.module}.${theirs.type}`);
  same(`${path}: message`, ours.message, theirs.message);
  same(`${path}: notes`, ours.notes, theirs.notes);
  compareFrames(ours.frames, theirs.frames, path, comparison, { lines: true });
  const related = (relation: string): number[] =>
    chain.flatMap((each, at) => (each.relation === relation && each.of === index ? [at] : []));
  const members = related('group');
  same(`${path}: members`, members.length, theirs.group.length);
  theirs.group.forEach((member, at) =>
    compareException(chain, members[at] ?? -1, member, `${path} > member ${at}`, comparison),
  );
  if (theirs.cause !== null) {
    compareException(chain, related('cause')[0] ?? -1, theirs.cause, `${path} > cause`, comparison);
  }
  const { context } = theirs;
  // An exception that is reached twice is listed once: the report goes to the members of a group first.
  const listed = chain.some((each) => each.of !== index && each.message === context?.message);
  if (context !== null && !listed) {
    const at = related('context')[0] ?? -1;
    compareException(chain, at, context, `${path} > context`, comparison);
    same(`${path}: suppressed`, chain[at]?.suppressed ?? false, theirs.suppress);
  }
}

/** With its classes and functions, where `code.replace(co_name=…)` has not made the name another one. */
function nameOf({ function: name, qualname }: OracleFrame): string {
  return qualname?.endsWith(name) === true ? qualname : name;
}

function compareFrames(
  ours: readonly ReportedFrame<PythonValue>[],
  theirs: readonly OracleFrame[],
  path: string,
  comparison: Comparison,
  { lines }: { lines: boolean },
): void {
  const { same, skip } = comparison;
  const place = (frame: { file: string; line: number; function: string }): string =>
    `${frame.file}:${lines ? frame.line : ''} ${frame.function}`;
  same(
    `${path}: frames`,
    ours.map((frame) => place(frame)),
    theirs.map((frame) => place({ ...frame, function: nameOf(frame) })),
  );
  theirs.forEach((frame, index) => {
    const locals = ours[index]?.locals ?? {};
    // A module's own names are left out.
    const names = Object.keys(frame.locals).filter((name) => !/^__\w+__$/.test(name));
    same(`${path} ${frame.function}: locals`, Object.keys(locals).sort(), names.sort());
    for (const name of names) {
      const value = locals[name];
      const their = frame.locals[name];
      if (value === undefined || their === undefined || skip(`${frame.function}.${name}`)) continue;
      compareValue(`${path} ${frame.function}.${name}`, value, their, comparison);
    }
  });
}

function compareValue(path: string, ours: PythonValue, theirs: OracleValue, { same }: Comparison): void {
  const dotted = theirs.module === 'builtins' ? theirs.type : `${theirs.module}.${theirs.type}`;
  same(`${path}: type`, ours.type, dotted);
  same(`${path}: address`, ours.address, theirs.id);
  // Objects without a repr of their own are shown with their attributes, wherever they are.
  if (!theirs.ownRepr || / object at 0x/.test(theirs.repr) || isOpaque(ours)) return;
  same(`${path}: repr`, repr(ours), theirs.repr);
}

/** It is marked with its class: its `__repr__`, or that of a part, is code that is not run, or its base's. */
function isOpaque(value: PythonValue): boolean {
  const front = value.text ?? value.open ?? '';
  return (
    value.truncated === true ||
    (value.type.includes('.') && front.startsWith(`<${value.type} `)) ||
    /^<.* at 0x[\da-f]+, whose __repr__ was not run>$/.test(front) ||
    (value.children ?? []).some(
      (child) => isOpaque(child.value) || (child.key !== undefined && isOpaque(child.key)),
    )
  );
}
