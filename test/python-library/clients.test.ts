import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renderGeneratedModule } from '../../src/project/generated-module.ts';
import { interpreter, pythonEnvironment, type PythonVersion } from '../python-environment.ts';
import { python, removeFolder, renderedModule } from './rendered-module.ts';
import { ServerProcess } from './server-process.ts';

// What a client sends, or leaves undone, is no crash: under real servers, of 2022 to today.

/** Where and what, of a JSON line. */
function brief(event: Record<string, unknown>): string {
  return [event['path'], event['message'], event['traceback']].join('\n');
}

let folder: string;
let server: ServerProcess;
beforeEach(() => {
  folder = renderedModule();
  server = new ServerProcess();
});
afterEach(async () => {
  await server.stop();
  removeFolder(folder);
});

type Words = (application: string, port: string) => [string, ...string[]];
const SERVERS: Record<string, Words> = {
  uvicorn: (application, port) => ['uvicorn', '--port', port, application],
  'uvicorn with wsproto': (application, port) => [
    'uvicorn',
    '--port',
    port,
    '--ws',
    'wsproto',
    '--http',
    'h11',
    application,
  ],
  daphne: (application, port) => ['daphne', '-p', port, application],
  hypercorn: (application, port) => ['hypercorn', '-b', `127.0.0.1:${port}`, application],
  granian: (application, port) => [
    'granian',
    '--interface',
    'asgi',
    '--port',
    port,
    '--respawn-failed-workers',
    application,
  ],
  'gunicorn with UvicornWorker': (application, port) => [
    'gunicorn',
    '-k',
    'uvicorn.workers.UvicornWorker',
    '-b',
    `127.0.0.1:${port}`,
    application,
  ],
  gunicorn: (application, port) => ['gunicorn', '-b', `127.0.0.1:${port}`, application],
};

const ASGI_SERVERS = ['uvicorn[standard]', 'wsproto', 'daphne', 'hypercorn', 'granian', 'gunicorn'];
const TODAY = ['starlette', ...ASGI_SERVERS, 'python-multipart'];
const DJANGO_TODAY = ['django==5.2.*', ...ASGI_SERVERS];
const OLD = (starlette: string, uvicorn: string, websockets: string): string[] => [
  `starlette==${starlette}.*`,
  `uvicorn==${uvicorn}.*`,
  `websockets==${websockets}.*`,
  'wsproto',
  'python-multipart<0.0.13',
];

describe.each<[kind: string, application: string, PythonVersion, string[], string[]]>([
  [
    'starlette',
    'clients_starlette:app',
    '3.8',
    OLD('0.20', '0.18', '10'),
    ['uvicorn', 'uvicorn with wsproto'],
  ],
  [
    'starlette',
    'clients_starlette:app',
    '3.11',
    OLD('0.36', '0.27', '12'),
    ['uvicorn', 'uvicorn with wsproto'],
  ],
  ['starlette', 'clients_starlette:app', '3.12', OLD('0.50', '0.38', '15'), ['uvicorn']],
  ['starlette', 'clients_starlette:app', '3.13', TODAY, Object.keys(SERVERS).slice(0, -1)],
  [
    'django',
    'served:asgi_application',
    '3.8',
    ['django==3.2.*', 'uvicorn==0.18.*', 'websockets==10.*'],
    ['uvicorn'],
  ],
  ['django', 'served:asgi_application', '3.13', DJANGO_TODAY, Object.keys(SERVERS).slice(0, -1)],
  ['django', 'served:application', '3.13', DJANGO_TODAY, ['gunicorn']],
])('%s: %s on Python %s, %j', (kind, application, version, requirements, servers) => {
  test.for(servers)('%s: no client aborts it, a bug does', async (name, context) => {
    if (interpreter(version) === undefined) context.skip(`needs Python ${version}`);
    if (kind === 'starlette') {
      writeFileSync(
        join(folder, 'abort_on_exception.py'),
        renderGeneratedModule({ framework: 'starlette', wsgi: false, calls: ['watch_starlette'] }),
      );
    }
    const words = SERVERS[name] ?? SERVERS['uvicorn'];
    await server.start(folder, version, requirements, (port) => (words as Words)(application, String(port)));
    const clients = await python(pythonEnvironment(version, requirements), folder, [
      'clients.py',
      String(server.port),
      kind,
    ]);
    expect(clients.stderr).toBe('');
    expect(server.events().map(brief)).toEqual([]);
    // Starlette answers before it raises
    expect([0, 500]).toContain(await server.answer('/crash', 1));
    await server.logged(/"decision": "aborting"/);
  });
});
