import type {
  ChainedException,
  CrashReport,
  ReportedFrame,
  ReportedValue,
} from '../../../src/report/model.ts';
import type { Oracle, OracleException, OracleFrame, OracleValue } from './make-core.ts';

/**
 * Everything in which a report differs from what the process said about itself, one line each; empty where they agree.
 * Every exception, frame and local of the oracle has to be there, and nothing else.
 */
export function disagreements(report: CrashReport, oracle: Oracle): string[] {
  const found: string[] = [];
  const differ = (where: string, reported: unknown, truth: unknown): void => {
    if (reported !== truth)
      found.push(`${where}: ${JSON.stringify(reported)} is not ${JSON.stringify(truth)}`);
  };
  differ('version', report.python.version, oracle.version);
  differ('pid', report.process.pid, oracle.pid);
  const chain = report.exceptions[0]?.chain ?? [];
  if (oracle.exception !== null) compareException(0, oracle.exception, 'exception');
  differ('number of exceptions', chain.length, oracle.exception === null ? 0 : count(oracle.exception));

  function compareException(index: number, truth: OracleException, where: string): void {
    const reported = chain[index];
    if (reported === undefined) {
      found.push(`${where}: missing`);
      return;
    }
    differ(`${where} type`, dotted(reported.module, reported.type), dotted(truth.module, truth.type));
    differ(`${where} message`, reported.message, truth.message);
    differ(`${where} notes`, reported.notes.join('|'), truth.notes.join('|'));
    compareFrames(reported.frames, truth.frames, where);
    const related = (relation: ChainedException['relation']): number[] =>
      chain.flatMap((other, at) =>
        other.relation === relation && (other.of ?? at - 1) === index ? [at] : [],
      );
    for (const relation of ['cause', 'context'] as const) {
      const [at, ...more] = related(relation);
      const next = truth[relation];
      differ(`${where} has ${relation}`, at !== undefined, next !== null);
      differ(`${where} has one ${relation}`, more.length, 0);
      if (at === undefined || next === null) continue;
      if (relation === 'context')
        differ(`${where} hides context`, chain[at]?.suppressed ?? false, truth.suppress);
      compareException(at, next, `${where} ${relation}`);
    }
    const members = related('group');
    differ(`${where} members`, members.length, truth.group.length);
    for (const [at, member] of truth.group.entries()) {
      const memberAt = members[at];
      if (memberAt !== undefined) compareException(memberAt, member, `${where} member ${at}`);
    }
  }

  function compareFrames(
    reported: readonly ReportedFrame[],
    truth: readonly OracleFrame[],
    where: string,
  ): void {
    differ(`${where} frames`, reported.length, truth.length);
    for (const [at, frame] of truth.entries()) {
      const own = reported[at];
      if (own === undefined) continue;
      const place = `${where} frame ${at} (${frame.function})`;
      differ(`${place} file`, own.file, frame.file);
      differ(`${place} line`, own.line, frame.line);
      differ(`${place} function`, own.function, frame.qualname ?? frame.function);
      if (own.source !== undefined) differ(`${place} source`, own.source, frame.source.split('\n')[0]);
      // of a module's own names, the report leaves out what the import system put there
      const isTheirs = (name: string): boolean => !(frame.function === '<module>' && /^__\w+__$/.test(name));
      const names = (locals: object): string => Object.keys(locals).filter(isTheirs).sort().join();
      differ(`${place} names`, names(own.locals), names(frame.locals));
      for (const [name, value] of Object.entries(frame.locals)) {
        const shown = own.locals[name];
        if (shown !== undefined) compareValue(shown, value, `${place} ${name}`);
      }
    }
  }

  function compareValue(reported: ReportedValue, truth: OracleValue, where: string): void {
    differ(`${where} type`, reported.type, dotted(truth.module, truth.type));
    if (!sameRepr(reported.repr, truth)) differ(where, reported.repr, truth.repr);
  }

  for (const thread of oracle.threads) {
    const where = `thread ${thread.name}`;
    const reported = report.threads.find((each) => each.osThreadId === thread.native);
    if (reported === undefined) {
      found.push(`${where}: missing`);
      continue;
    }
    differ(`${where} name`, reported.name, thread.name);
    differ(`${where} current`, reported.current, thread.current);
    if (reported.holdsGil !== undefined) differ(`${where} holds the GIL`, reported.holdsGil, thread.current);
    compareFrames(reported.frames, thread.frames, where);
  }
  differ('threads', report.threads.length, oracle.threads.length);
  for (const task of oracle.tasks) {
    const reported = report.tasks?.find((each) => each.name === task.name);
    if (reported === undefined) found.push(`task ${task.name}: missing`);
    else compareFrames(reported.frames, task.frames, `task ${task.name}`);
  }
  return found;
}

function count(exception: OracleException): number {
  const related = [exception.cause, exception.context, ...exception.group].filter((each) => each !== null);
  return 1 + related.reduce((sum, each) => sum + count(each), 0);
}

function dotted(module: string, name: string): string {
  return module === '' || module === 'builtins' ? name : `${module}.${name}`;
}

/** The modules whose objects have to be shown exactly as their `__repr__` does. */
const EXACT = new Set(
  'builtins collections datetime decimal fractions uuid pathlib pathlib._local enum kinds types array'.split(
    ' ',
  ),
);

/**
 * A report cannot call a `__repr__` that is written in Python or C: other objects are `<module.Class at 0x… attributes>`,
 * with the right address. What is long is cut and says so.
 */
function sameRepr(reported: string, truth: OracleValue): boolean {
  const name = dotted(truth.module, truth.type);
  const shown = `<${name} at 0x${truth.id.toString(16)}`;
  if (!truth.ownRepr) {
    // with its attributes, or where it has none, as object.__repr__ says it
    const bare = `<${name} object at 0x${truth.id.toString(16)}>`;
    return (
      reported === bare || (reported.startsWith(`<${name} `) && !reported.startsWith(`<${name} object at `))
    );
  }
  const opaque =
    reported.startsWith(shown) || reported.startsWith(`<${name} `) || !reported.includes(' at 0x');
  if (!EXACT.has(truth.module) && opaque) return true;
  // a module that is frozen into the interpreter says so; the report says which file it is of
  if (truth.type === 'module')
    return reported.startsWith(truth.repr.replace(/ \((?:frozen|built-in)\)>$/, ''));
  const [left, right] = [same(reported), same(truth.repr)];
  // a subclass is named: its `repr` is that of the class that it is derived from
  if (left === right || left === `<${name} ${right}>`) return true;
  // equal up to the first object inside that is not shown exactly, or to where it was cut
  const ends = [
    left.search(/<[\w.<>]+ (?:at 0x|\w+=)/),
    left.search(/<bound method .* of </),
    left.length >= 300 ? left.indexOf('...') : -1,
  ];
  const end = Math.min(...ends.filter((at) => at >= 0));
  return Number.isFinite(end) && right.startsWith(left.slice(0, end));
}

/** Two spellings of the same: where the address stands, and the mark of what was cut. */
function same(text: string): string {
  return text.replaceAll(' object at 0x', ' at 0x').replaceAll('…', '...');
}
