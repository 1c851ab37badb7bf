import type { Surface } from '../../src/crashtest/hostile-client/connection.ts';
import type { Hosted } from './hosted.ts';

/** What of an example a server runs. */
type Runs = 'wsgi' | 'asgi' | 'own';

export interface HostedServer {
  readonly runs: Runs;
  /** Words after the folder of the environment; PORT and APP are filled in. */
  readonly line: string;
  /** The only examples that it serves. */
  readonly only?: readonly string[];
}

/** With their versions, so that a run is the same on every day. */
export const PACKAGES: readonly string[] = [
  'Django==5.2.19',
  'Flask==3.1.3',
  'Hypercorn==0.18.0',
  'aiohttp~=3.9',
  'bottle~=0.13',
  'channels==4.3.2',
  'cheroot==11.1.2',
  'daphne==4.2.3',
  'djangorestframework~=3.16.0',
  'falcon~=4.0',
  'fastapi==0.165.0',
  'gevent==26.9.0',
  'granian==2.8.9',
  'gunicorn==27.0.1',
  'h2==4.4.1',
  'httptools==0.9.0',
  'litestar==2.25.0',
  'pyramid==2.1',
  'python-multipart==0.0.34',
  'pyuwsgi==2.0.30.post1',
  'tornado==6.6.1',
  'uvicorn-worker==0.4.0',
  'uvicorn==0.54.0',
  'uvloop==0.23.0',
  'waitress==3.0.2',
  'websockets==17.4',
  'wsproto==1.3.2',
];

/** By the name that `--server` takes. */
export const SERVERS: Readonly<Record<string, HostedServer>> = {
  'gunicorn-sync': { runs: 'wsgi', line: 'gunicorn -w 2 -b 127.0.0.1:PORT APP' },
  'gunicorn-gthread': { runs: 'wsgi', line: 'gunicorn -w 2 --threads 4 -b 127.0.0.1:PORT APP' },
  'gunicorn-gevent': { runs: 'wsgi', line: 'gunicorn -w 2 -k gevent -b 127.0.0.1:PORT APP' },
  // the proxy in front is not one that it trusts by itself
  waitress: {
    runs: 'wsgi',
    line: 'waitress-serve --trusted-proxy=127.0.0.1 --trusted-proxy-headers=x-forwarded-proto --listen=127.0.0.1:PORT APP',
  },
  cheroot: { runs: 'wsgi', line: 'cheroot --bind 127.0.0.1:PORT APP' },
  uwsgi: {
    runs: 'wsgi',
    line: 'pyuwsgi --master --processes 2 --enable-threads --http-socket 127.0.0.1:PORT -w APP',
  },
  'uwsgi-http': {
    runs: 'wsgi',
    line: 'pyuwsgi --master --processes 2 --enable-threads --http 127.0.0.1:PORT -w APP',
  },
  'granian-wsgi': { runs: 'wsgi', line: 'granian --interface wsgi --respawn-failed-workers --port PORT APP' },
  'gunicorn-uvicorn': {
    runs: 'asgi',
    line: 'gunicorn -w 2 -k uvicorn_worker.UvicornWorker -b 127.0.0.1:PORT APP',
  },
  uvicorn: { runs: 'asgi', line: 'uvicorn --port PORT APP' },
  'uvicorn-workers': { runs: 'asgi', line: 'uvicorn --workers 2 --port PORT APP' },
  'uvicorn-h11-wsproto': {
    runs: 'asgi',
    line: 'uvicorn --loop asyncio --http h11 --ws wsproto --port PORT APP',
  },
  'uvicorn-sansio': { runs: 'asgi', line: 'uvicorn --http httptools --ws websockets-sansio --port PORT APP' },
  daphne: { runs: 'asgi', line: 'daphne -b 127.0.0.1 -p PORT APP' },
  hypercorn: { runs: 'asgi', line: 'hypercorn -b 127.0.0.1:PORT APP' },
  'granian-asgi': { runs: 'asgi', line: 'granian --interface asgi --respawn-failed-workers --port PORT APP' },
  'own-server': { runs: 'own', line: 'python' },
  'gunicorn-aiohttp': {
    runs: 'own',
    line: 'gunicorn -w 2 -k aiohttp.GunicornWebWorker -b 127.0.0.1:PORT shop.web:create_app()',
    only: ['aiohttp-shop'],
  },
};

/** The words that start it there. */
export function startWords(server: HostedServer, hosted: Hosted, port: number): [string, ...string[]] {
  const application = `hosted_${server.runs}:application`;
  const words = server.line.replace('PORT', String(port)).replace('APP', application).split(' ');
  const [program = '', ...others] = words;
  return server.line === 'python' ? [program, ...(hosted.own ?? [])] : [program, ...others];
}

/** Can this server run that example? */
export function serves({ runs, only }: HostedServer, name: string, hosted: Hosted): boolean {
  return hosted[runs] !== undefined && (only?.includes(name) ?? true);
}

/** What of the example is asked for under that server. */
export function surfaceOf({ runs }: HostedServer, { surface, asgiPages = [] }: Hosted): Surface {
  return runs === 'asgi' ? { ...surface, pages: [...surface.pages, ...asgiPages] } : surface;
}
