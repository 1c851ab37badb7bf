import type { Rule } from './rule.ts';
import { lastingUnits } from './unit-services.ts';

const SIGNALS_ONLY = new Set(['on-abnormal', 'on-abort']);

export const rule: Rule = {
  id: 'PYC011',
  slug: 'abort-hidden-by-shell',
  level: 'error',
  summary: 'a shell or init turns SIGABRT into exit status 134, which this Restart= does not count',
  check: (project) =>
    lastingUnits(project).flatMap(({ service, keys }) => {
      const entry = keys.entry('Restart');
      if (entry === undefined || !SIGNALS_ONLY.has(entry.value)) return [];
      if (service.command?.value.behindShell !== true) return [];
      return [
        {
          confidence: 'high',
          message: `a shell stays in front of the server, so systemd sees exit status 134 and no signal: Restart=${entry.value} leaves ${service.name} down`,
          help: 'write Restart=on-failure, or start the server with `exec`',
          at: entry.at,
        },
      ];
    }),
};
