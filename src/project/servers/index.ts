import { aiohttpWeb } from './aiohttp-web.ts';
import { celery } from './celery.ts';
import { daphne } from './daphne.ts';
import { dramatiqWorker } from './dramatiq.ts';
import { fastapiRun } from './fastapi-run.ts';
import { flaskRun } from './flask-run.ts';
import { granian } from './granian.ts';
import { gunicorn } from './gunicorn.ts';
import { hypercorn } from './hypercorn.ts';
import { litestarRun } from './litestar-run.ts';
import { pserve } from './pserve.ts';
import { rqWorker } from './rq.ts';
import { runserver } from './runserver.ts';
import type { Server } from './server.ts';
import { uvicorn } from './uvicorn.ts';
import { uwsgi } from './uwsgi.ts';
import { waitress } from './waitress.ts';

/** Does the program of that name run tasks, and serve nothing? */
export function isJobServer(name: string | undefined): boolean {
  return name === 'celery' || name === 'rq' || name === 'dramatiq';
}

/** Every server that can stand on a command line. */
export const SERVERS: readonly Server[] = [
  aiohttpWeb,
  celery,
  daphne,
  dramatiqWorker,
  fastapiRun,
  flaskRun,
  granian,
  gunicorn,
  hypercorn,
  litestarRun,
  pserve,
  rqWorker,
  runserver,
  uvicorn,
  uwsgi,
  waitress,
];

/** The server that a program of this name is; Debian and Fedora have `gunicorn-3` and `flask-3.12`, too. */
export function serverNamed(name: string): Server | undefined {
  const plain = name.replace(/-?3(?:\.\d+)?$/, '');
  return SERVERS.find(({ programs }) => programs.includes(name) || programs.includes(plain));
}
