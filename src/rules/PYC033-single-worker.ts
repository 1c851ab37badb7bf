import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC033',
  slug: 'single-worker',
  level: 'info',
  summary: 'one worker serves everything: a crash interrupts every request',
  check: (project) =>
    project.services.flatMap(({ name, command, environment }) => {
      if (command?.value.server !== 'gunicorn') return [];
      const workers = command.value.options.get('workers');
      // gunicorn's default is WEB_CONCURRENCY, else 1
      const count = workers?.value ?? environment.get('WEB_CONCURRENCY')?.value ?? '1';
      if (count !== '1') return [];
      return [
        {
          confidence: workers === undefined ? ('medium' as const) : ('high' as const),
          message: `gunicorn of ${name} has one worker: every request that is in it dies with a crash, and nobody serves until the next one is up`,
          help: 'write --workers 2 or more',
          at: workers?.at ?? command.at,
        },
      ];
    }),
};
