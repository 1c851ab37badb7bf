// Aborts a request under every server that PyPI has, compares what happens with what src/project/servers says of it,
// and writes docs/servers.md. `node .build/servers.mjs`; as root for the rows that change the user. Ends with 1 where
// a claim is wrong. About two minutes, so it is no part of `npm test`.
import { buildSync } from 'esbuild';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'pycrash-servers-'));
chmodSync(work, 0o755);
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const APPLICATION = `import os


def application(environ, start_response):
    if environ["PATH_INFO"] == "/abort":
        os.abort()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["path"] == "/abort":
        os.abort()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})


# flask and Django look for these
app = application
`;

const GEVENT = `from gevent.pywsgi import WSGIServer
import app, sys
WSGIServer(("127.0.0.1", int(sys.argv[1])), app.application).serve_forever()
`;

const DJANGO = `import os, sys
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
settings.configure(DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x")
urlpatterns = [path("", lambda request: HttpResponse(str(os.getpid()))), path("abort", lambda request: os.abort())]
if __name__ == "__main__":
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
`;

const FLASK = `import os
from flask import Flask
app = Flask(__name__)
app.add_url_rule("/", "pid", lambda: str(os.getpid()))
app.add_url_rule("/abort", "abort", os.abort)
`;

/** What is started, by the words after the folder of the environment; PORT is put in. */
const ROWS = [
  { server: 'gunicorn', line: 'gunicorn -b 127.0.0.1:PORT app:application' },
  { server: 'gunicorn', line: 'gunicorn -b 127.0.0.1:PORT --threads 4 app:application' },
  { server: 'gunicorn', line: 'gunicorn -b 127.0.0.1:PORT -k gevent app:application' },
  { server: 'gunicorn', line: 'gunicorn -b 127.0.0.1:PORT --user www-data app:application', root: true },
  { server: 'uvicorn', line: 'uvicorn --port PORT app:asgi' },
  { server: 'uvicorn', line: 'uvicorn --port PORT --workers 2 app:asgi', workers: 2 },
  { server: 'hypercorn', line: 'hypercorn -b 127.0.0.1:PORT app:asgi' },
  { server: 'hypercorn', line: 'hypercorn -b 127.0.0.1:PORT -w 2 app:asgi', workers: 2 },
  { server: 'daphne', line: 'daphne -p PORT app:asgi' },
  { server: 'granian', line: 'granian --interface asgi --port PORT app:asgi' },
  { server: 'granian', line: 'granian --interface asgi --port PORT --workers 2 app:asgi', workers: 2 },
  { server: 'granian', line: 'granian --interface asgi --port PORT --respawn-failed-workers app:asgi' },
  { server: 'waitress', line: 'waitress-serve --listen=127.0.0.1:PORT app:application' },
  { server: 'gevent.pywsgi', line: 'python serve.py PORT' },
  { server: 'uwsgi', line: 'pyuwsgi --http-socket 127.0.0.1:PORT -w app:application' },
  { server: 'uwsgi', line: 'pyuwsgi --master --http-socket 127.0.0.1:PORT -w app:application' },
  {
    server: 'uwsgi',
    line: 'pyuwsgi --master --uid www-data --http-socket 127.0.0.1:PORT -w app:application',
    root: true,
  },
  { server: 'runserver', line: 'python manage.py runserver 127.0.0.1:PORT' },
  { server: 'runserver', line: 'python manage.py runserver --noreload 127.0.0.1:PORT' },
  { server: 'flask run', line: 'flask --app shop run --port PORT' },
];

const PACKAGES = 'gunicorn uvicorn hypercorn daphne granian waitress gevent pyuwsgi django flask'.split(' ');

const claims = await claimsOf();
const bin = environment();
const results = [];
for (const row of ROWS) {
  if (row.root === true && process.getuid?.() !== 0) continue;
  const seen = await observe(row);
  const claimed = claims(row);
  const wrong = mismatches(claimed, seen);
  results.push({ row, seen, wrong });
  process.stderr.write(
    `${row.line}: ${JSON.stringify(seen)}${wrong.length > 0 ? ` CLAIMED ${wrong.join(', ')}` : ''}\n`,
  );
}
writeFileSync(join(root, 'docs/servers.md'), page(results));
execFileSync('npx', ['prettier', '--write', 'docs/servers.md'], { cwd: root, stdio: 'ignore' });
if (results.some(({ wrong }) => wrong.length > 0)) process.exitCode = 1;

/** What src/project says of a command line. */
async function claimsOf() {
  const outfile = join(work, 'claims.mjs');
  buildSync({
    stdin: {
      contents: `export { startedByText } from './src/project/start-command.ts';
        export { Sources } from './src/project/sources.ts';`,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    banner: { js: "import{createRequire as c}from'node:module';const require=c(import.meta.url);" },
  });
  const { Sources, startedByText } = await import(outfile);
  return ({ line }) => {
    const text = line.replace(/^python manage/, 'python ./manage').replace(/ -m pyuwsgi/, '');
    const files = new Map([
      ['Procfile', Buffer.from(text)],
      ['serve.py', Buffer.from(GEVENT)],
    ]);
    const sources = new Sources('/nowhere', [], files);
    const at = sources.read('Procfile').span(0, text.length);
    const [started] = startedByText(
      { value: text, at },
      { reader: { sources, evaluate: () => undefined }, environment: new Map(), folder: '' },
    );
    return started?.command.value.abort;
  };
}

function environment() {
  const cache = process.env.PYCRASH_TEST_CACHE ?? join(process.env.HOME ?? '/tmp', '.cache', 'pycrash-test');
  const folder = join(cache, 'venv-servers');
  mkdirSync(cache, { recursive: true });
  if (!existsSync(join(folder, 'complete'))) {
    rmSync(folder, { recursive: true, force: true });
    execFileSync('python3', ['-m', 'venv', folder]);
    execFileSync(join(folder, 'bin/pip'), ['install', '-q', ...PACKAGES], { stdio: ['ignore', 2, 2] });
    writeFileSync(join(folder, 'complete'), '');
  }
  return join(folder, 'bin');
}

async function observe({ line, workers = 1 }) {
  const folder = mkdtempSync(join(work, 'run-'));
  chmodSync(folder, 0o777);
  writeFileSync(join(folder, 'app.py'), APPLICATION);
  writeFileSync(join(folder, 'serve.py'), GEVENT);
  writeFileSync(join(folder, 'manage.py'), DJANGO);
  writeFileSync(join(folder, 'shop.py'), FLASK);
  const port = await freePort();
  const [program, ...args] = line.replace('PORT', String(port)).split(' ');
  const child = spawn('prlimit', ['--core=unlimited', join(bin, program), ...args], {
    cwd: folder,
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, PYTHONPATH: folder },
  });
  const end = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  try {
    await answer(port, 20_000);
    const before = Date.now();
    // every worker: one that is left would hide that nobody replaces the others
    for (let count = 0; count < workers; count++) await get(port, '/abort');
    const sees = await Promise.race([end, sleep(3_000, 'nothing')]);
    const back =
      sees === 'nothing' &&
      (await answer(port, 5_000).then(
        () => true,
        () => false,
      ));
    return {
      core: existsSync(join(folder, 'core')),
      sees,
      back,
      seconds: back ? Math.round((Date.now() - before) / 100) / 10 : undefined,
    };
  } finally {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // all of it is gone
    }
  }
}

async function get(port, path) {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(2_000) });
    return await response.text();
  } catch {
    return undefined;
  }
}

async function answer(port, milliseconds) {
  const until = Date.now() + milliseconds;
  while (Date.now() < until) {
    const text = await get(port, '/');
    if (/^\d+$/.test(text ?? '')) return text;
    await sleep(50);
  }
  throw new Error(`nobody answers on port ${port}`);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function mismatches(claimed, seen) {
  if (claimed === undefined) return ['nothing'];
  const wrong = [];
  if (claimed.core !== 'unknown' && (claimed.core === 'written') !== seen.core)
    wrong.push(`core ${claimed.core}`);
  if (claimed.supervisorSees !== 'unknown' && claimed.supervisorSees !== seen.sees) {
    wrong.push(`the supervisor sees ${claimed.supervisorSees}`);
  }
  const by = seen.back ? 'server' : seen.sees === 'nothing' ? 'nobody' : 'supervisor';
  if (claimed.respawnedBy !== 'unknown' && claimed.respawnedBy !== by)
    wrong.push(`respawned by ${claimed.respawnedBy}`);
  return wrong;
}

function page(all) {
  const versions = JSON.parse(
    execFileSync(join(bin, 'pip'), ['list', '--format=json', '--disable-pip-version-check'], {
      encoding: 'utf8',
    }),
  );
  const wanted = versions.filter(({ name }) => PACKAGES.includes(name.toLowerCase()));
  const rows = all.map(({ row, seen }) => {
    const command = row.line.replace('127.0.0.1:PORT', '…').replace('PORT', '…');
    const after = seen.back
      ? 'the server replaces the worker'
      : seen.sees === 'nothing'
        ? '**nobody answers, the port stays open**'
        : `ends with ${typeof seen.sees === 'number' ? `exit code ${seen.sees}` : seen.sees}: the supervisor has to start it again`;
    return `| \`${command}\` | ${seen.core ? 'yes' : '**no**'} | ${after} |`;
  });
  const python = execFileSync(join(bin, 'python'), ['--version'], { encoding: 'utf8' }).trim();
  return `# What an abort does under each server

Each line is what happened when \`os.abort()\` ran in a request, in every worker, with an unlimited core limit and a
writable working directory. \`node .build/servers.mjs\` runs it again, writes this page, and fails where the tool's own
reading of the command line says something else.

| start command | core | afterwards |
| --- | --- | --- |
${rows.join('\n')}

${python}; ${wanted.map(({ name, version }) => `${name} ${version}`).join(', ')}.
`;
}
