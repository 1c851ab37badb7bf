import { printable } from '../printable.ts';
import type { Collected } from './collect.ts';

/** What `pycrash collect` prints: a line for each core, and what happened to what was to be sent. */
export function collectedText({
  cores,
  shipped,
  withoutCore,
  dropped,
  notShipped,
  spool,
  to,
}: Collected): string {
  const lines = cores.map(({ path, outcome, id, title, reason }) => {
    if (outcome === 'collected')
      return `${id}  ${printable(`${path}: ${title}${reason === undefined ? '' : ` (without the core: ${reason})`}`)}`;
    return outcome === 'known'
      ? `${id}  ${printable(path)}: collected before`
      : printable(`${outcome} ${path}: ${reason}`);
  });
  if (to !== null) {
    const without =
      withoutCore.length === 0 ? '' : `, ${withoutCore.length} without the core: the fleet has enough`;
    lines.push(`${shipped.length} sent to ${printable(to)}${without}`);
  } else lines.push(`in the spool ${printable(spool)}; --to sends them to a store`);
  for (const { id, reason } of dropped) lines.push(`${id}  its core was given up: ${reason}`);
  const told = new Set<string>();
  for (const { reason, help } of notShipped) {
    told.add(reason);
    if (help !== undefined) told.add(help);
  }
  if (notShipped.length > 0)
    lines.push(
      `${notShipped.length} not sent, still in the spool ${printable(spool)}:`,
      ...[...told].map(printable),
    );
  return lines.join('\n');
}
