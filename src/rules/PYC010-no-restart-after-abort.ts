import type { Rule, RuleFinding } from './rule.ts';
import { lastingUnits } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC010',
  slug: 'no-restart-after-abort',
  level: 'error',
  summary: 'systemd does not start the service again after SIGABRT',
  check: (project) =>
    lastingUnits(project).flatMap(({ service, keys, start }): RuleFinding[] => {
      const entry = keys.entry('Restart');
      const { afterAbort } = service.restart;
      // any other reason for not coming back is a rule of its own (PYC011, PYC012)
      const policy = entry?.value ?? 'no';
      const own = ['no', 'on-success', 'on-watchdog'].includes(policy) || afterAbort === 'unknown';
      // PYC019
      if (afterAbort === true || !own || keys.ignored('Restart') !== undefined) return [];
      // 5 starts in the default interval of 10 s: with the default pause of 100 ms a crash loop uses them up (PYC013)
      const pause = keys.entry('RestartSec') === undefined ? ' and RestartSec=2s' : '';
      const help = `set Restart=on-failure${pause} in [Service]`;
      if (afterAbort === 'unknown') {
        return [
          {
            level: 'unknown',
            confidence: 'low',
            message: `whether ${service.name} comes back after SIGABRT cannot be known: ${service.restart.detail}`,
            help: `ask the host: systemctl show -p Restart ${service.name}; if in doubt ${help}`,
            at: service.restart.at ?? start,
          },
        ];
      }
      const value = entry === undefined ? 'without Restart=' : `with Restart=${policy}`;
      return [
        {
          confidence: 'high',
          message: `${value} ${service.name} stays down after SIGABRT`,
          help,
          at: entry?.at ?? start,
        },
      ];
    }),
};
