import type { CheckResult } from '../rules/check-project.ts';
import type { Terminal } from '../terminal.ts';

/** A format of `pycrash check`: the whole of stdout, line end included. */
export type Output = (result: CheckResult, terminal: Terminal) => string;

/** Findings by level, as every format counts them. */
export function summaryOf(result: CheckResult): Record<'error' | 'warning' | 'info' | 'unknown', number> {
  const summary = { error: 0, warning: 0, info: 0, unknown: 0 };
  for (const { level } of result.findings) summary[level]++;
  return summary;
}
