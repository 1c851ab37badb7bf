import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { interpreter, type PythonVersion } from '../python-environment.ts';
import { removeFolder, renderedModule } from './rendered-module.ts';
import { ServerProcess } from './server-process.ts';

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

/** Begins an upload and resets the connection (RST, not FIN) in the middle of it. */
async function resetUpload(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /upload/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\nbegun');
  await sleep(300);
  socket.resetAndDestroy();
  await once(socket, 'close');
}

test.for<[PythonVersion, string, string]>([
  ['3.9', 'django==3.2.*', 'gunicorn==20.1.0'],
  ['3.12', 'django==5.2.*', 'gunicorn'],
])('Python %s, %s, %s: an upload that is reset, a 404, a crash', async ([version, ...packages], context) => {
  if (interpreter(version) === undefined) context.skip(`needs Python ${version}`);
  // gunicorn 20.1 imports pkg_resources
  await server.start(folder, version, [...packages, 'setuptools<80'], (free) => [
    'gunicorn',
    '--bind',
    `127.0.0.1:${free}`,
    'served:application',
  ]);
  for (let upload = 0; upload < 3; upload += 1) await resetUpload(server.port);
  // one worker: this answer comes after what it made of the uploads
  expect(await server.answer('/missing/')).toBe(404);
  await server.logged(/UnreadablePostError/);
  expect(server.events()).toEqual([]);

  expect(await server.answer('/crash/', 1)).toBe(0);
  await server.logged(/"decision": "aborting"/);
  await server.logged(/^pycrash: uncaught builtins\.RuntimeError in \/crash\/: aborting$/m);
  expect(await server.answer('/ok/')).toBe(200);
  expect(server.events()).toMatchObject([
    { exception: 'builtins.RuntimeError', path: '/crash/', method: 'GET' },
  ]);
});

test.each(['/crash/', '/task/'])('uvicorn with uvloop: lifespan does not abort it, %s does', async (path) => {
  await server.start(folder, '3.12', ['django==5.2.*', 'uvicorn', 'uvloop'], (free) => [
    'uvicorn',
    '--port',
    String(free),
    '--loop',
    'uvloop',
    'served:asgi_application',
  ]);
  expect(await server.answer('/missing/')).toBe(404);
  expect(server.events()).toEqual([]);
  const ended = server.process === undefined ? undefined : once(server.process, 'exit');
  expect(await server.answer(path, 1)).toBe(0);
  expect(await ended).toEqual([null, 'SIGABRT']);
  expect(server.events()).toMatchObject([
    { exception: 'builtins.RuntimeError', decision: 'aborting', ...(path === '/crash/' ? { path } : {}) },
  ]);
});
