import type { CrashReport } from '../report/model.ts';
import { readReport } from '../report/report-core.ts';
import { Terminal } from '../terminal.ts';
import { because } from './causes.ts';
import { verdict, type Verdict } from './judge.ts';
import type { Crash } from './session.ts';

/** The function of the planted code that raises; templates/verify/pycrash_planted.py. */
const RAISING = 'price';

/** What `pycrash report` says of the core, with its secrets or without. Throws a `UserError` where it cannot read it. */
export function reportOf(
  core: { file: string; path: string },
  { showSecrets }: { showSecrets: boolean },
): Promise<CrashReport> {
  const terminal = new Terminal({ json: false, quiet: true, color: false, cwd: process.cwd() });
  return readReport({ path: core.file, name: core.path }, { showSecrets }, terminal);
}

/** Does the report have the exception that was asked for, with the planted local of that request? */
export function judgeRequestedReport(report: CrashReport | string, requestId: string): Verdict {
  if (typeof report === 'string') return verdict('report', false, `the core cannot be read: ${report}`);
  const requested = report.exceptions
    .flatMap(({ chain }) => chain)
    .find(({ type }) => type.endsWith('RequestedCrashError'));
  const frame = requested?.frames.at(-1);
  const local = frame?.locals['planted_local']?.repr ?? '';
  return local.includes(requestId)
    ? verdict(
        'report',
        true,
        `${requested?.type ?? ''} in ${frame?.function ?? ''}(), with the local of this request`,
      )
    : verdict(
        'report',
        false,
        'the exception that was asked for is not in it, or without the local of this request',
      );
}

/** Does the report have the planted exception with its cause, the frame that raised it, and the planted local? */
export function judgeReport(crash: Crash, report: CrashReport | string): Verdict {
  const judged = judgePlanted(crash, report);
  return judged.ok === false
    ? { ...judged, detail: judged.detail + because(crash.checks, 'no core') }
    : judged;
}

function judgePlanted(crash: Crash, report: CrashReport | string): Verdict {
  if (typeof report === 'string') return verdict('report', false, `the core cannot be read: ${report}`);
  const chains = report.exceptions.map(({ chain }) => chain);
  const chain = chains.find(([first]) => first?.type.endsWith('PlantedError'));
  if (chain === undefined) {
    const found = chains.map(([first]) => first?.type ?? '?').join(', ');
    return verdict(
      'report',
      false,
      `the planted exception is not in it; found: ${found === '' ? 'none' : found}`,
    );
  }
  const [planted, cause] = chain;
  const frame = planted?.frames.at(-1);
  if (frame?.function !== RAISING) {
    return verdict('report', false, `the frame that raised is not in it, but ${frame?.function ?? 'none'}`);
  }
  const local = frame.locals['planted_local']?.repr ?? '';
  if (!local.includes(crash.requestId)) {
    return verdict(
      'report',
      false,
      `the planted local is not in ${frame.function}(), but ${local === '' ? 'nothing' : local}`,
    );
  }
  if (cause?.relation !== 'cause')
    return verdict('report', false, 'the cause of the planted exception is not in it');
  return verdict(
    'report',
    true,
    `${planted?.type ?? ''} from ${cause.type}, raised in ${frame.function}() line ${frame.line}, with the planted local`,
  );
}
