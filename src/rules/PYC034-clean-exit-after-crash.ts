import type { Rule } from './rule.ts';
import { lastingUnits } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC034',
  slug: 'clean-exit-after-crash',
  level: 'error',
  summary: 'the server exits with 0 when its workers have crashed, and only Restart=always counts that',
  check: (project) =>
    lastingUnits(project).flatMap(({ service, keys }) => {
      const entry = keys.entry('Restart');
      const command = service.command?.value;
      // docs/servers.md: with one worker, too
      if (command?.server !== 'hypercorn' || entry === undefined) return [];
      if (['always', 'no', 'on-success'].includes(entry.value)) return [];
      return [
        {
          confidence: 'high' as const,
          message: `hypercorn does not replace workers that crash, and exits with 0 after the last: Restart=${entry.value} takes that for a success`,
          help: 'write Restart=always',
          at: entry.at,
        },
      ];
    }),
};
