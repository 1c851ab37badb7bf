// An abort under every server that Debian and PyPI have, and what src/project says of that start command beforehand.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { beforeAll, expect, test } from 'vitest';
import type { AbortOutcome } from '../../src/project/project.ts';
import { Sources } from '../../src/project/sources.ts';
import { startedByText } from '../../src/project/start-command.ts';
import type { Found } from '../../src/project/supervisors/supervisor.ts';
import { modWsgi } from '../../src/project/supervisors/mod-wsgi.ts';
import { needs, hasPart } from '../parts.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { IN_FLIGHT, observe, type Observation, type Row } from './observe.ts';
import { APACHE, PROGRAMS } from './programs.ts';

const PAGE = fileURLToPath(new URL('../../docs/servers.md', import.meta.url));

/** With their versions, so that the page is the same on every day. */
const PACKAGES = [
  'daphne==4.2.3',
  'Django==5.2.19',
  'Flask==3.1.3',
  'gevent==26.9.0',
  'granian==2.8.7',
  'gunicorn==27.0.1',
  'Hypercorn==0.18.0',
  'pyuwsgi==2.0.30.post1',
  'uvicorn==0.54.0',
  'uvicorn-worker==0.4.0',
  'waitress==3.0.2',
];

/** gunicorn 27 has no such worker any more. */
const EVENTLET = ['eventlet==0.41.3', 'gunicorn==23.0.0'];

const ROWS: readonly Row[] = [
  { line: 'gunicorn -b 127.0.0.1:PORT app:application' },
  { line: 'gunicorn -b 127.0.0.1:PORT --threads 4 app:application' },
  { line: 'gunicorn -b 127.0.0.1:PORT -k gevent app:application' },
  { line: 'gunicorn -b 127.0.0.1:PORT -k eventlet app:application', packages: EVENTLET },
  { line: 'gunicorn -b 127.0.0.1:PORT -k uvicorn_worker.UvicornWorker app:asgi' },
  { line: 'gunicorn -b 127.0.0.1:PORT --user www-data app:application' },
  { line: 'uvicorn --port PORT app:asgi' },
  { line: 'uvicorn --port PORT --workers 2 app:asgi', workers: 2 },
  { line: 'hypercorn -b 127.0.0.1:PORT app:asgi' },
  { line: 'hypercorn -b 127.0.0.1:PORT -w 2 app:asgi', workers: 2, exitCodes: [0, 241] },
  { line: 'daphne -p PORT app:asgi' },
  { line: 'granian --interface asgi --port PORT app:asgi' },
  { line: 'granian --interface asgi --port PORT --workers 2 app:asgi', workers: 2 },
  { line: 'granian --interface asgi --port PORT --respawn-failed-workers app:asgi' },
  { line: 'GRANIAN_RESPAWN_FAILED_WORKERS=true granian --interface asgi --port PORT app:asgi' },
  { line: 'waitress-serve --listen=127.0.0.1:PORT app:application' },
  { line: 'python serve.py PORT' },
  { line: 'pyuwsgi --http-socket 127.0.0.1:PORT -w app:application' },
  { line: 'pyuwsgi --master --http-socket 127.0.0.1:PORT -w app:application' },
  { line: 'pyuwsgi --master --uid www-data --http-socket 127.0.0.1:PORT -w app:application' },
  { line: 'python manage.py runserver 127.0.0.1:PORT' },
  { line: 'python manage.py runserver --noreload 127.0.0.1:PORT' },
  { line: 'flask --app shop run --port PORT' },
  { line: 'WSGIPythonPath FOLDER', apache: true },
  { line: 'WSGIPythonPath FOLDER\nCoreDumpDirectory FOLDER', apache: true },
  { line: 'WSGIDaemonProcess shop threads=4 python-path=FOLDER\nWSGIProcessGroup shop', apache: true },
  {
    line: 'WSGIDaemonProcess shop threads=4 python-path=FOLDER\nWSGIProcessGroup shop\nCoreDumpDirectory FOLDER',
    apache: true,
  },
];

const observations = new Map<Row, Observation | Error>();
let bin = '';

beforeAll(async () => {
  if (!hasPart('root') || !hasPart('plain core pattern')) return;
  bin = join(pythonEnvironment('3.11', PACKAGES).folder, 'bin');
  const waiting = ROWS.filter(({ apache }) => apache !== true || hasPart('mod_wsgi'));
  const work = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      const current = row;
      const folder =
        current.packages === undefined
          ? bin
          : join(pythonEnvironment('3.11', current.packages).folder, 'bin');
      const seen = await observe(current, folder).catch((error: unknown) => error as Error);
      // what a busy machine cuts off by chance is not cut off twice
      const again = !(seen instanceof Error) && seen.lost !== (claim(current)?.lost !== 'request');
      observations.set(
        current,
        again ? await observe(current, folder).catch((error: unknown) => error as Error) : seen,
      );
    }
  };
  // most of the time is spent waiting to see that nothing happens
  await Promise.all([work(), work(), work(), work()]);
});

test.for(ROWS)('$line', (row, context) => {
  needs(context, 'root', 'plain core pattern');
  if (row.apache === true) needs(context, 'mod_wsgi');
  const seen = observations.get(row);
  const said = claim(row);
  if (seen === undefined || seen instanceof Error) throw seen ?? new Error('it was not started');
  if (said === undefined) throw new Error('src/project does not know it');
  expect({ ...seen, by: respawnedBy(seen) }, JSON.stringify(said)).toMatchObject({
    core: said.core === 'written',
    ...(said.supervisorSees === 'unknown' ? {} : { sees: said.supervisorSees }),
    ...(row.exitCodes?.some((code) => code === seen.sees) === true ? { sees: seen.sees } : {}),
    ...(said.respawnedBy === 'unknown' ? {} : { by: said.respawnedBy }),
    // with several workers it is chance who has the others
    ...((row.workers ?? 1) > 1 ? {} : { lost: said.lost !== 'request' }),
  });
});

test('docs/servers.md is what happened', async (context) => {
  needs(context, 'root', 'plain core pattern', 'mod_wsgi');
  const text = await format(page(), { ...(await resolveConfig(PAGE)), parser: 'markdown' });
  await expect(text).toMatchFileSnapshot(PAGE);
});

function respawnedBy({ back, sees }: Observation): AbortOutcome['respawnedBy'] {
  if (back) return 'server';
  return sees === 'nothing' ? 'nobody' : 'supervisor';
}

/** What src/project says of the start command, or of Apache's configuration. */
function claim({ line, apache }: Row): AbortOutcome | undefined {
  const file = apache === true ? 'site.conf' : 'Procfile';
  const text =
    apache === true ? APACHE.replace('LINES', line) : line.replace(/^python manage/, 'python ./manage');
  const files = new Map([[file, Buffer.from(text)], ...programFiles()]);
  const sources = new Sources('/nowhere', [...files.keys()], files);
  const reader = { sources, evaluate: () => undefined };
  if (apache === true) {
    const found: Found = { services: [], notes: [] };
    modWsgi.find(reader, found);
    return found.services[0]?.command?.value.abort;
  }
  const at = sources.read(file)?.span(0, text.length);
  if (at === undefined) return undefined;
  const [started] = startedByText({ value: text, at }, { reader, environment: new Map(), folder: '' });
  return started?.command.value.abort;
}

function programFiles(): [string, Buffer][] {
  return Object.entries(PROGRAMS).map(([name, text]) => [name, Buffer.from(text)]);
}

function page(): string {
  const rows = ROWS.map((row) => {
    const seen = observations.get(row);
    if (seen === undefined || seen instanceof Error) return `| \`${row.line}\` | | | |`;
    const command = row.line
      .replace('127.0.0.1:PORT', '…')
      .replace('PORT', '…')
      .replaceAll('FOLDER', '/srv/shop')
      .split('\n')
      .map((part) => `\`${part}\``)
      .join(', ');
    const codes = row.exitCodes?.join(' or ') ?? String(seen.sees);
    const ends = typeof seen.sees === 'number' ? `exit code ${codes}` : seen.sees;
    const after = seen.back
      ? 'the server replaces the worker'
      : seen.sees === 'nothing'
        ? '**nobody answers, the port stays open**'
        : `ends with ${ends}: the supervisor has to start it again`;
    const name = row.apache === true ? `Apache: ${command}` : command;
    return `| ${name} | ${seen.core ? 'yes' : '**no**'} | ${(row.workers ?? 1) > 1 ? 'those of its worker are cut off' : seen.lost ? 'cut off' : 'answered'} | ${after} |`;
  });
  const python = execFileSync(join(bin, 'python'), ['--version'], { encoding: 'utf8' }).trim();
  const apache =
    /Apache\/(\S+)/.exec(execFileSync('/usr/sbin/apache2', ['-v'], { encoding: 'utf8' }))?.[1] ?? '';
  return `# What an abort does under each server

Each line is what happened when \`os.abort()\` ran in a request, in every worker, with an unlimited core limit, a writable
working directory, and ${IN_FLIGHT} other requests in flight. The test that does it (\`test/servers\`) fails where the tool's own
reading of the command line says something else; \`npm test -- test/servers -u\` writes this page.

| start command | core | requests in flight | afterwards |
| --- | --- | --- | --- |
${rows.join('\n')}

${python}; Apache ${apache} of Debian with its mod_wsgi; ${versionsIn(PACKAGES)}; with eventlet:
${versionsIn(EVENTLET)}.

NGINX Unit is not in this table: neither Debian 12 nor PyPI has it. What the tool says of it is read in its documentation.
`;
}

function versionsIn(requirements: readonly string[]): string {
  return requirements.map((requirement) => requirement.replace('==', ' ')).join(', ');
}
