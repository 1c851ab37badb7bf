import type { Rule } from './rule.ts';

/** 1.07 GB took 4.8 s to write, and 2 GB were cut off at `-t 4`: this is time for some 2 GB on the same disk. */
const SHORT = 10;

export const rule: Rule = {
  id: 'PYC031',
  slug: 'timeout-cuts-core',
  level: 'warning',
  summary: "gunicorn's --timeout kills the worker while its core is being written",
  check: (project) =>
    project.services.flatMap(({ command }) => {
      const timeout = command?.value.server === 'gunicorn' ? command.value.options.get('timeout') : undefined;
      const seconds = Number(timeout?.value);
      // 0 turns it off
      if (timeout === undefined || !(seconds > 0 && seconds < SHORT)) return [];
      return [
        {
          confidence: 'medium' as const,
          message: `gunicorn kills a worker that is silent for ${timeout.value} s, and one that writes its core is silent: what takes longer is cut off`,
          help: "write --timeout 30 (gunicorn's default) or more",
          at: timeout.at,
        },
      ];
    }),
};
