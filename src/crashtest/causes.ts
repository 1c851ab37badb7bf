import type { HostCheck } from '../host/host-check.ts';

/** Without these an uncaught exception is only logged. */
const KEEP_FROM_ABORTING: ReadonlySet<string> = new Set(['module-loaded', 'module-off', 'budget-folder']);
/** Each core is moved away before the next one comes: the step `core-names` tells. */
const NOT_SEEN_HERE: ReadonlySet<string> = new Set(['core-name-unique', 'coredump-conf-key']);

/**
 * Why there was no abort or no whole core, as `pycrash doctor` says it of that process: ` (core-limit: …; dumpable: …)`.
 * `checks` are those from before the crash. Empty where none of them is bad.
 */
export function because(checks: readonly HostCheck[], what: 'no abort' | 'no core'): string {
  const causes = checks.filter(
    ({ id, verdict }) =>
      verdict === 'bad' && !NOT_SEEN_HERE.has(id) && KEEP_FROM_ABORTING.has(id) === (what === 'no abort'),
  );
  return causes.length === 0 ? '' : ` (${causes.map(({ id, detail }) => `${id}: ${detail}`).join('; ')})`;
}
