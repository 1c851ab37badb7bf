import type { Rule, RuleFinding } from './rule.ts';
import { addedIn } from './systemd-keys.ts';
import { unitServices } from './unit-services.ts';
import { typedCommand } from '../typed-command.ts';

/** Keys that decide over cores and restarts: without them the service behaves in another way. */
const MATTER = new Set([
  'RestartSteps',
  'RestartMaxDelaySec',
  'RestartMode',
  'CoredumpReceive',
  'CoredumpFilter',
  'TimeoutAbortSec',
]);

export const rule: Rule = {
  id: 'PYC021',
  slug: 'key-newer-than-systemd',
  level: 'warning',
  summary: 'a key needs a newer systemd than the one of the target',
  check: (project, { systemd }) =>
    unitServices(project).flatMap(({ service }) =>
      (service.unit?.entries ?? []).flatMap(({ key, keyAt }): RuleFinding[] => {
        const since = addedIn(key);
        if (since === undefined || (systemd !== undefined && since <= systemd)) return [];
        if (systemd === undefined) {
          if (!MATTER.has(key) || since <= OLDEST) return [];
          return [
            {
              level: 'unknown' as const,
              confidence: 'medium' as const,
              message: `${key}= needs systemd ${since}; an older one ignores the line, and which one the host has cannot be known`,
              help: `ask the host: systemctl --version; then: ${typedCommand('check --systemd-version VERSION')}`,
              at: keyAt,
            },
          ];
        }
        return [
          {
            confidence: 'high' as const,
            message: `${key}= needs systemd ${since}: systemd ${systemd} ignores the line, with no more than a warning in its log`,
            help: `take it out, or do without it: write what the service needs with keys of systemd ${systemd}`,
            at: keyAt,
          },
        ];
      }),
    ),
};

/** The systemd of Debian 11: what it has needs no question. */
const OLDEST = 247;
