import type { Action, Surface } from '../../src/crashtest/hostile-client/connection.ts';
import { hostileConnection } from '../../src/crashtest/hostile-client/hostile-connection.ts';
import type { Failure } from './attack.ts';

/** Bytes of a connection that are shown. */
const SHOWN = 300;

/** What went wrong, by exception and place: one connection of each, byte for byte, and the line that sends only that one. */
export function told(
  failures: readonly Failure[],
  surface: Surface,
  { seed, example, server }: { seed: number; example: string; server: string },
): string {
  const lines = [`  by kind: ${byKind(failures)}`];
  for (const [what, alike] of grouped(failures)) {
    const [{ numbers: [first, last] = [0, 0] } = {}] = alike;
    const only = first === last ? String(first) : `${first}-${last}`;
    lines.push(
      `  ${alike.length} × ${what}`,
      `    npm run fuzz -- client --seed ${seed} --example ${example} --server ${server} --only ${only}`,
    );
    if (first !== last) continue;
    lines.push(...described(hostileConnection(seed, first, surface).actions).map((line) => `      ${line}`));
  }
  return lines.join('\n');
}

/** How many connections of each kind did it. */
function byKind(failures: readonly Failure[]): string {
  const kinds = new Map<string, Set<number>>();
  for (const {
    kind = 'unknown',
    numbers: [first],
  } of failures)
    kinds.set(kind, (kinds.get(kind) ?? new Set()).add(first));
  const counts = [...kinds].map(([kind, found]) => [kind, found.size] as const).sort((x, y) => y[1] - x[1]);
  return counts.map(([kind, count]) => `${kind} ${count}`).join(', ');
}

/** Those with the same exception at the same place, the most frequent first. */
function grouped(failures: readonly Failure[]): [string, Failure[]][] {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const what = `${failure.what}${failure.crash === undefined ? '' : `: ${failure.crash}`}`;
    const key = what.replace(/: .{0,120} \(/s, '');
    groups.set(key, [...(groups.get(key) ?? []), { ...failure, what }]);
  }
  return [...groups.values()]
    .sort((x, y) => y.length - x.length)
    .map((alike) => [alike[0]?.what ?? '', alike]);
}

/** The actions as a person reads them; long bytes are cut. */
function described(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    if (action.do === 'send') {
      const text = JSON.stringify(action.bytes.subarray(0, SHOWN).toString('latin1'));
      return `send ${action.bytes.length} bytes ${text}${action.bytes.length > SHOWN ? '…' : ''}`;
    }
    return 'milliseconds' in action ? `${action.do} ${action.milliseconds} ms` : action.do;
  });
}
