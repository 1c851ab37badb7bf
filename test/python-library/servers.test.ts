import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { interpreter, pythonEnvironment, type PythonVersion } from '../python-environment.ts';
import { removeFolder, renderedModule } from './rendered-module.ts';

let folder: string;
let server: ChildProcess | undefined;
let log = '';
beforeEach(() => {
  folder = renderedModule();
  log = '';
});
afterEach(async () => {
  if (server?.exitCode === null && server.signalCode === null) {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
  }
  removeFolder(folder);
});

/** Starts a server program of the environment and returns its port once it answers. */
async function serve(
  version: PythonVersion,
  requirements: readonly string[],
  words: (port: number) => [string, ...string[]],
): Promise<number> {
  const port = await freePort();
  const [program, ...args] = words(port);
  const environment = pythonEnvironment(version, requirements);
  const command = environment.command(program, args, { cwd: folder, share: [folder] });
  // the end of the process is what counts here: no core
  server = spawn('sh', ['-c', 'ulimit -c 0; exec "$@"', 'sh', ...command], {
    cwd: folder,
    env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: join(folder, 'budget') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  server.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
  expect(await answer(port, '/ok/'), log).toBe(200);
  return port;
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}

/** The status of a page, asked for until there is an answer; 0 where there is none. */
async function answer(port: number, page: string, attempts = 150): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      return (await fetch(`http://127.0.0.1:${port}${page}`)).status;
    } catch {
      if (attempt < attempts - 1) await sleep(100);
    }
  }
  return 0;
}

/** Begins an upload and resets the connection (RST, not FIN) in the middle of it. */
async function resetUpload(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /upload/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\nbegun');
  await sleep(300);
  socket.resetAndDestroy();
  await once(socket, 'close');
}

async function logged(pattern: RegExp): Promise<void> {
  for (let attempt = 0; attempt < 100 && !pattern.test(log); attempt += 1) await sleep(100);
  expect(log).toMatch(pattern);
}

const events = (): unknown[] =>
  log
    .split('\n')
    .filter((line) => line.startsWith('{"time"'))
    .map((line) => JSON.parse(line) as unknown);

test.for<[PythonVersion, string, string]>([
  ['3.9', 'django==3.2.*', 'gunicorn==20.1.0'],
  ['3.12', 'django==5.2.*', 'gunicorn'],
])('Python %s, %s, %s: an upload that is reset, a 404, a crash', async ([version, ...packages], context) => {
  if (interpreter(version) === undefined) context.skip(`needs Python ${version}`);
  // gunicorn 20.1 imports pkg_resources
  const port = await serve(version, [...packages, 'setuptools<80'], (free) => [
    'gunicorn',
    '--bind',
    `127.0.0.1:${free}`,
    'served:application',
  ]);
  for (let upload = 0; upload < 3; upload += 1) await resetUpload(port);
  // one worker: this answer comes after what it made of the uploads
  expect(await answer(port, '/missing/')).toBe(404);
  await logged(/UnreadablePostError/);
  expect(events()).toEqual([]);

  expect(await answer(port, '/crash/', 1)).toBe(0);
  await logged(/"decision": "aborting"/);
  await logged(/^pycrash: uncaught builtins\.RuntimeError in \/crash\/: aborting$/m);
  expect(await answer(port, '/ok/')).toBe(200);
  expect(events()).toMatchObject([{ exception: 'builtins.RuntimeError', path: '/crash/', method: 'GET' }]);
});

test('uvicorn with uvloop: lifespan does not abort it, a crash does', async () => {
  const port = await serve('3.12', ['django==5.2.*', 'uvicorn', 'uvloop'], (free) => [
    'uvicorn',
    '--port',
    String(free),
    '--loop',
    'uvloop',
    'served:asgi_application',
  ]);
  expect(await answer(port, '/missing/')).toBe(404);
  expect(events()).toEqual([]);
  const ended = server === undefined ? undefined : once(server, 'exit');
  expect(await answer(port, '/crash/', 1)).toBe(0);
  expect(await ended).toEqual([null, 'SIGABRT']);
  expect(events()).toMatchObject([{ path: '/crash/', decision: 'aborting' }]);
});
