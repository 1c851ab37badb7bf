import type { Located } from '../project.ts';
import { celery } from './celery.ts';
import { granian } from './granian.ts';
import { gunicorn } from './gunicorn.ts';
import { hueyConsumer } from './huey.ts';
import { modWsgiExpress } from './mod-wsgi-express.ts';
import { procrastinateWorker } from './procrastinate.ts';
import { rqWorker } from './rq.ts';
import { DEVELOPMENT_COMMANDS, runserver } from './runserver.ts';
import type { Server } from './server.ts';

/** Management commands that start a server or a worker of another package, with what stands before their own words. */
const COMMANDS: Readonly<Record<string, { server: Server; subcommand?: string }>> = {
  rqworker: { server: rqWorker },
  'rqworker-pool': { server: rqWorker },
  run_gunicorn: { server: gunicorn },
  rungunicorn: { server: gunicorn },
  rungranian: { server: granian },
  runmodwsgi: { server: modWsgiExpress, subcommand: 'start-server' },
  run_huey: { server: hueyConsumer },
  procrastinate: { server: procrastinateWorker },
  celery: { server: celery },
};

/** The server that a management command starts, and the words that it reads. */
export function managedServer(
  command: Located<string>,
  rest: readonly Located<string>[],
): { server: Server; words: readonly Located<string>[] } | undefined {
  if (DEVELOPMENT_COMMANDS.has(command.value)) return { server: runserver, words: rest };
  const known = Object.hasOwn(COMMANDS, command.value) ? COMMANDS[command.value] : undefined;
  if (known === undefined) return undefined;
  const { server, subcommand } = known;
  return {
    server,
    words: subcommand === undefined ? rest : [{ value: subcommand, at: command.at }, ...rest],
  };
}
