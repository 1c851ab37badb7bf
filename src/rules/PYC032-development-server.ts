import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC032',
  slug: 'development-server',
  level: 'error',
  summary: 'a development server runs in production, and nothing brings it back by itself',
  check: (project) =>
    project.services.flatMap(({ name, command }) => {
      if (command === undefined) return [];
      const { argv, server } = command.value;
      const words = argv.join(' ');
      const what =
        server === 'runserver' ||
        /\bmanage\.py\s+(runserver|runserver_plus)\b|\bdjango-admin\s+runserver\b/.test(words)
          ? 'runserver'
          : /(^|[/ ])flask( --?\S+)* run\b/.test(words)
            ? 'flask run'
            : undefined;
      if (what === undefined) return [];
      return [
        {
          confidence: 'high' as const,
          message: `${name} starts ${what}: one crash ends the whole server, and the generated module is off under it`,
          help: 'start the application with a server that respawns its workers, e.g. gunicorn --workers 2 PROJECT.wsgi',
          at: command.at,
        },
      ];
    }),
};
