import { render } from '../templates.ts';
import { VERSION } from '../version.ts';
import type { Kind, Situation, Wiring, Wish } from './wiring.ts';

const ROWS: readonly { kind: Kind; what: string }[] = [
  { kind: 'library', what: 'the module that logs and aborts' },
  { kind: 'settings', what: 'switched on in `MIDDLEWARE`' },
  { kind: 'entry-points', what: 'and around the application' },
  { kind: 'manage', what: 'and in management commands that are services' },
  { kind: 'units', what: 'restart and core limit' },
  { kind: 'tests', what: 'its test' },
  { kind: 'ci', what: 'checked on every push' },
];

/** Of a file that is not ours, only what an earlier run put in goes. */
function isNothing(wish: Wish): boolean {
  return 'insertions' in wish && wish.insertions.length === 0;
}

/** The on-call runbook, in the root where it is found without a search. */
export function wireTeamDocument({ application }: Situation, wishes: readonly Wish[]): Wiring {
  const rows = ROWS.flatMap(({ kind, what }) =>
    [...new Set(wishes.filter((wish) => wish.kind === kind && !isNothing(wish)).map(({ path }) => path))].map(
      (where) => ({
        what:
          kind === 'entry-points' && application.framework !== 'django'
            ? 'switched on for the application'
            : what,
        where,
      }),
    ),
  );
  const unit = wishes
    .filter(({ kind }) => kind === 'units')
    .map(({ path }) => /([^/]+\.service)(?:\.d\/|$)/.exec(path)?.[1])
    .find((name) => name !== undefined);
  const text = render('docs/crashes.md', {
    version: VERSION,
    rows,
    statusCommand:
      unit === undefined ? 'Ask the supervisor, and request a page.' : `\`systemctl status ${unit}\``,
    coreFolder:
      unit === undefined ? 'in the working directory of the process' : "in the unit's `WorkingDirectory=`",
  });
  return { wishes: [{ kind: 'docs', path: 'CRASHES.md', text, others: 'leave' }], notes: [], impossible: [] };
}
