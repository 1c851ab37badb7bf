import type { Project } from '../project/project.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const rule: Rule = {
  id: 'PYC032',
  slug: 'development-server',
  level: 'error',
  summary: 'a development server runs in production, and nothing brings it back by itself',
  check: (project) =>
    project.services.flatMap(({ name, command, supervisor }): RuleFinding[] => {
      if (command === undefined) return [];
      const { argv, server } = command.value;
      const words = argv.join(' ');
      const what =
        server === 'runserver' ||
        /\bmanage\.py\s+(runserver|runserver_plus)\b|\bdjango-admin\s+runserver\b/.test(words)
          ? 'runserver'
          : /(^|[/ ])flask( --?\S+)* run\b/.test(words)
            ? 'flask run'
            : server === 'quart run'
              ? 'quart run'
              : undefined;
      if (what === undefined) return [];
      const other = FOR_DEVELOPERS.has(supervisor) ? realServer(project) : undefined;
      if (other !== undefined) {
        return [
          {
            level: 'info',
            confidence: 'medium',
            message: `${name} starts ${what}, under which nothing is caught; ${other.name} has a server for production (${other.at})`,
            help: 'nothing, where only developers start this',
            at: command.at,
          },
        ];
      }
      return [
        {
          confidence: 'high',
          message: `${name} starts ${what}: one crash ends the whole server, and the generated module is off under it`,
          help: 'start the application with a server that respawns its workers, e.g. gunicorn --workers 2 PROJECT.wsgi',
          at: command.at,
        },
      ];
    }),
};

/** Supervisors that developers use as well. */
const FOR_DEVELOPERS = new Set(['compose', 'dockerfile']);

/** A service beside it that is started by a server which respawns its workers, or that others respawn. */
function realServer({ services }: Project): { name: string; at: string } | undefined {
  const found = services.find(({ command }) => SERVERS.has(command?.value.server ?? ''));
  const at = found?.command?.at;
  return found === undefined || at === undefined
    ? undefined
    : { name: found.name, at: `${at.file}:${at.line}` };
}

const SERVERS = new Set([
  'gunicorn',
  'uwsgi',
  'uvicorn',
  'hypercorn',
  'daphne',
  'granian',
  'waitress',
  'mod_wsgi',
]);
