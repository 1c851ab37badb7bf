import type { Rule } from './rule.ts';

/** Seconds. 1.5 GB took 6.7 s to write and were cut off at 830 MB with `harakiri = 3`; the same bound as for gunicorn (PYC031). */
const SHORT = 10;

export const rule: Rule = {
  id: 'PYC036',
  slug: 'harakiri-cuts-core',
  level: 'warning',
  summary: "uWSGI's harakiri kills the worker while its core is being written",
  check: (project) =>
    project.services.flatMap(({ command }) => {
      const harakiri = command?.value.server === 'uwsgi' ? command.value.options.get('harakiri') : undefined;
      const seconds = Number(harakiri?.value);
      // 0 turns it off
      if (harakiri === undefined || !(seconds > 0 && seconds < SHORT)) return [];
      return [
        {
          confidence: 'medium' as const,
          message: `uWSGI kills a worker whose request takes ${harakiri.value} s, and the core is written within the request: what takes longer is cut off`,
          help: 'write harakiri = 30 or more',
          at: harakiri.at,
        },
      ];
    }),
};
