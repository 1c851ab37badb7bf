// From a crash to the next 200: our abort with its log line, its flush and its core, against the same server with its
// worker killed by SIGKILL, which writes nothing. One worker, so that nobody else answers meanwhile.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from '../../src/crashtest/journal.ts';
import { launch } from '../../src/crashtest/launch.ts';
import { makePlace, reported } from '../../src/crashtest/place.ts';
import { Session, type ApplicationFacts } from '../../src/crashtest/session.ts';
import { findTarget } from '../../src/crashtest/target.ts';
import { waitFor } from '../../src/crashtest/wait.ts';
import { isRunning } from '../../src/host/processes.ts';
import { readProject } from '../../src/project/read-project.ts';
import { pythonEnvironment } from '../python-environment.ts';

const ROUNDS = 9;
const SECONDS = 30;
// esbuild puts this file into .cache.
const ROOT = join(import.meta.dirname, '..');

const folder = mkdtempSync(join(tmpdir(), 'pycrash-bench-'));
const shop = join(folder, 'django-shop');
const journal = await Journal.open();
journal.folder(folder);
try {
  cpSync(join(ROOT, 'examples/django-shop'), shop, { recursive: true });
  execFileSync(process.execPath, [join(ROOT, 'dist/pycrash-init.js'), '--yes', '--quiet', shop]);
  const python = join(
    pythonEnvironment('3.11', ['Django~=5.2.0', 'djangorestframework~=3.16.0', 'gunicorn~=23.0']).folder,
    'bin/python',
  );
  const options = {
    root: shop,
    supervisor: 'none',
    command: 'gunicorn --workers 1 shop.wsgi:application',
    settings: 'shop.settings.production',
    environment: { DJANGO_SECRET_KEY: 'benchmark' },
    keep: false,
    timeout: SECONDS,
    python,
  } as const;
  const place = makePlace(shop, journal);
  const target = findTarget(await readProject(shop), options);
  const service = await launch({ target, place, options, journal, python });
  const facts = await waitFor(SECONDS, () => reported(place, 'applications.jsonl')[0]);
  if (facts === undefined) throw new Error(await service.log());
  const session = new Session(place, service, facts as unknown as ApplicationFacts, SECONDS);
  await session.waitForAnswer();
  const seconds: { killed: number[]; aborted: number[] } = { killed: [], aborted: [] };
  // in turn, so that a machine whose speed drifts is fair to both; the first round does not count
  for (let round = -1; round < ROUNDS; round += 1) {
    const killed = await recovery(session, (worker) => process.kill(worker, 'SIGKILL'));
    const aborted = await recovery(session, (worker) => {
      void session.client.get(`${place.prefix}/crash/${worker}/`, { 'x-request-id': 'benchmark' });
    });
    if (round < 0) continue;
    seconds.killed.push(killed);
    seconds.aborted.push(aborted);
  }
  await service.stop();
  const base = median(seconds.killed);
  for (const [name, values] of [
    ['SIGKILL to the next 200', seconds.killed],
    ['exception to the next 200', seconds.aborted],
  ] as const) {
    const ratio = `${(median(values) / base).toFixed(2)}×`;
    process.stdout.write(
      `${name.padEnd(44)}${`${(median(values) * 1000).toFixed(0)} ms`.padStart(12)}${ratio.padStart(8)}\n`,
    );
  }
} finally {
  await journal.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Seconds from the end of the one worker, brought about by `end`, to the next 200. */
async function recovery(session: Session, end: (worker: number) => void): Promise<number> {
  const [worker = 0] = await session.workers();
  const start = performance.now();
  end(worker);
  await waitFor(SECONDS, () => (isRunning(worker) ? undefined : true), 0.002);
  const answered = await session.waitForAnswer();
  if (answered === undefined) throw new Error(await session.service.log());
  const seconds = (performance.now() - start) / 1000;
  await waitFor(SECONDS, async () => ((await session.workers())[0] === worker ? undefined : true));
  return seconds;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
