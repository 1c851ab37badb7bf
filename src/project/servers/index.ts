import { aiohttpWeb } from './aiohttp-web.ts';
import { arqWorker } from './arq.ts';
import { celery } from './celery.ts';
import { cherryd } from './cherryd.ts';
import { daphne } from './daphne.ts';
import { dramatiqWorker } from './dramatiq.ts';
import { fastapiRun } from './fastapi-run.ts';
import { flaskRun } from './flask-run.ts';
import { granian } from './granian.ts';
import { gunicorn } from './gunicorn.ts';
import { hueyConsumer } from './huey.ts';
import { hypercorn } from './hypercorn.ts';
import { litestarRun } from './litestar-run.ts';
import { modWsgiExpress } from './mod-wsgi-express.ts';
import { procrastinateWorker } from './procrastinate.ts';
import { pserve } from './pserve.ts';
import { quartRun } from './quart-run.ts';
import { rqWorker } from './rq.ts';
import { runserver } from './runserver.ts';
import { sanic } from './sanic.ts';
import type { Server } from './server.ts';
import { streamlit } from './streamlit.ts';
import { taskiqWorker } from './taskiq.ts';
import { twistedWeb } from './twisted-web.ts';
import { uvicorn } from './uvicorn.ts';
import { uwsgi } from './uwsgi.ts';
import { waitress } from './waitress.ts';

/** Does the program of that name run tasks, and serve nothing? */
export function isJobServer(name: string | undefined): boolean {
  return name !== undefined && JOB_SERVERS.has(name);
}

const JOB_SERVERS = new Set(['celery', 'rq', 'dramatiq', 'arq', 'huey', 'procrastinate', 'taskiq']);

/** Every server that can stand on a command line. */
export const SERVERS: readonly Server[] = [
  aiohttpWeb,
  arqWorker,
  celery,
  cherryd,
  daphne,
  dramatiqWorker,
  fastapiRun,
  flaskRun,
  granian,
  gunicorn,
  hueyConsumer,
  hypercorn,
  litestarRun,
  modWsgiExpress,
  procrastinateWorker,
  pserve,
  quartRun,
  rqWorker,
  runserver,
  sanic,
  streamlit,
  taskiqWorker,
  twistedWeb,
  uvicorn,
  uwsgi,
  waitress,
];

/** The server that a program of this name is; Debian and Fedora have `gunicorn-3` and `flask-3.12`, too. */
export function serverNamed(name: string): Server | undefined {
  const plain = name.replace(/-?3(?:\.\d+)?$/, '');
  return SERVERS.find(({ programs }) => programs.includes(name) || programs.includes(plain));
}
