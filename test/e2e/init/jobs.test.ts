import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { CrashReport } from '../../../src/report/model.ts';
import { pythonEnvironment } from '../../python-environment.ts';
import { needs } from '../../parts.ts';
import { pycrash } from '../pycrash.ts';
import { commitAll, LEAST, makeTree, run, snapshot } from './django-project.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

const folders: string[] = [];
const workers: ChildProcess[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) {
    const gone = worker.exitCode === null && worker.signalCode === null ? once(worker, 'exit') : undefined;
    worker.kill('SIGTERM');
    await gone;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function example(name: string): string {
  const root = mkdtempSync(join(tmpdir(), 'init-jobs-'));
  folders.push(root);
  cpSync(EXAMPLES + name, root, { recursive: true });
  commitAll(root);
  return root;
}

function workFolder(): string {
  const work = mkdtempSync(join(tmpdir(), 'init-jobs-cores-'));
  folders.push(work);
  mkdirSync(join(work, 'budget'), { mode: 0o700 });
  return work;
}

async function until<T>(what: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await what();
    if (found !== undefined) return found;
    await setTimeout(200);
  }
  throw new Error('waited in vain');
}

const cores = (folder: string): string[] => readdirSync(folder).filter((file) => file.startsWith('core'));

/** The report on the only core in the folder, once the kernel has written it. */
async function reportIn(folder: string, root: string): Promise<CrashReport> {
  return until(async () => {
    const [core, ...others] = cores(folder);
    expect(others).toEqual([]);
    if (core === undefined) return undefined;
    const { stdout, exitCode } = await pycrash(['report', join(folder, core), '--json'], { cwd: root });
    const found = exitCode === 0 ? (JSON.parse(stdout) as CrashReport) : undefined;
    return found?.core.truncated === true ? undefined : found;
  });
}

/** The frame of the bug that all examples have. */
function expectBug(report: CrashReport, root: string): void {
  const [raised] = report.exceptions[0]?.chain ?? [];
  const pricing = readFileSync(join(root, 'shop/pricing.py'), 'utf8').split('\n');
  expect(raised).toMatchObject({ type: 'KeyError' });
  expect(raised?.frames.at(-1)).toMatchObject({
    file: join(root, 'shop/pricing.py'),
    function: 'discount',
    line: pricing.findIndex((line) => line.includes('VOUCHERS[voucher]')) + 1,
    locals: { cents: { repr: '2900' }, voucher: { repr: "'SPRING'" } },
  });
}

function start(command: readonly string[], cwd: string, environment: Record<string, string>): ChildProcess {
  const worker = spawn('sh', ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', ...command], {
    cwd,
    stdio: 'ignore',
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: '1',
      PYCRASH_BUDGET_DIRECTORY: join(cwd, 'budget'),
      ...environment,
    },
  });
  workers.push(worker);
  return worker;
}

/** Starts a server of Redis for this test alone; returns the path of its socket. */
function startRedis(work: string): string {
  const socket = join(work, 'redis.sock');
  const words = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', work];
  workers.push(spawn('redis-server', words, { stdio: 'ignore' }));
  return socket;
}

const withCelery = () => pythonEnvironment('3.13', ['celery[redis]==5.*']);

describe('celery-shop', () => {
  test('init, again nothing to do, the project’s own test, remove byte for byte', async () => {
    const root = example('celery-shop');
    const before = snapshot(root);
    expect(await pycrash(['init', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(run(withCelery(), 'python', ['-m', 'unittest', 'shop.test_abort_on_exception'], root)).toBe('');
    expect(await pycrash(['init'], { cwd: root })).toMatchObject({
      exitCode: 0,
      stderr: 'Nothing to do: crash handling is set up.\n',
    });
    expect(await pycrash(['remove', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(snapshot(root)).toEqual(before);
  });

  test('a bug in a task aborts the child of a real worker, which goes on; Retry, Ignore and throws= do not', async (context) => {
    needs(context, 'redis-server');
    const root = example('celery-shop');
    await pycrash(['init', '--yes'], { cwd: root });
    const work = workFolder();
    const socket = startRedis(work);
    appendFileSync(
      join(root, 'shop/celeryconfig.py'),
      `broker_url = result_backend = "redis+socket://${socket}"\n`,
    );
    const options = ['--concurrency', '1', '--without-gossip', '--without-mingle', '--without-heartbeat'];
    const words = ['--app', 'shop', 'worker', ...options];
    const worker = start(withCelery().command('celery', words), work, { PYTHONPATH: root });
    const asking = [
      'from shop import tasks as t',
      'def outcome(task, *args):',
      '    result = task.delay(*args).get(timeout=120, propagate=False, interval=0.05)',
      '    return type(result).__name__ if isinstance(result, Exception) else result',
      't.forget.delay(1)',
      'print(outcome(t.invoice, 1), outcome(t.remind, 1), outcome(t.print_invoice, 1))',
      'print(outcome(t.invoice, 2))',
      'print(outcome(t.invoice, 1))',
    ];
    const [before, crashed, after] = run(withCelery(), 'python', ['-c', asking.join('\n')], root).split('\n');
    expect(before).toBe('2100 ada OutOfPaper');
    expect(crashed).toMatch(/^(KeyError|WorkerLostError)$/);
    expect(after).toBe('2100');
    expect(worker.exitCode).toBeNull();
    const report = await reportIn(work, root);
    expectBug(report, root);
    expect(report.process.pid).not.toBe(worker.pid);
  });
});

const CELERY = 'from celery import Celery\n\napp = Celery("shop")\n';

describe('a web application and tasks in one repository', () => {
  test.each([
    {
      what: 'Django',
      files: { ...LEAST, 'shop/celery.py': CELERY },
      edited: ['manage.py', 'shop/celery.py', 'shop/settings.py', 'shop/wsgi.py'],
    },
    {
      what: 'Flask',
      files: {
        'shop/__init__.py': 'from flask import Flask\n\napp = Flask(__name__)\n',
        'shop/jobs/__init__.py': '',
        'shop/jobs/celery.py': CELERY,
      },
      edited: ['shop/__init__.py', 'shop/jobs/celery.py'],
    },
  ])('$what: one init wires both, check is red without either, remove', async ({ files, edited }) => {
    const root = makeTree(files);
    folders.push(root);
    const before = snapshot(root);
    expect(await pycrash(['init', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
    const after = snapshot(root);
    expect(Object.keys(before).filter((path) => before[path] !== after[path])).toEqual(edited);
    const file = Object.keys(files).find((path) => path.endsWith('celery.py')) ?? '';
    expect(readFileSync(join(root, file), 'utf8')).toBe(
      'from celery import Celery\n\nfrom shop.abort_on_exception import watch_celery\n\napp = Celery("shop")\nwatch_celery(app)\n',
    );
    expect(await wiringFindings(root)).toEqual([]);
    writeFileSync(join(root, file), CELERY);
    expect(await wiringFindings(root)).toEqual([`PYC005 error ${file}:3`]);
    expect(await pycrash(['init', '--yes', '--force'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(snapshot(root)[file]).toBe(after[file]);
    expect(await pycrash(['remove', '--yes', '--force'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(snapshot(root)).toEqual(before);
  });

  test('tasks in another folder are left alone, and that is said', async () => {
    const root = makeTree({ ...LEAST, 'worker/jobs.py': CELERY });
    folders.push(root);
    const { stderr } = await pycrash(['init', '--yes'], { cwd: root });
    expect(stderr).toContain('worker/jobs.py has app of Celery, in another folder than the web application');
    expect(readFileSync(join(root, 'worker/jobs.py'), 'utf8')).toBe(CELERY);
  });
});

/** The findings that are about what is wired, as `rule level file:line`. */
async function wiringFindings(root: string): Promise<string[]> {
  const { stdout } = await pycrash(['check', '--json'], { cwd: root });
  const { findings } = JSON.parse(stdout) as {
    findings: { rule: string; level: string; file: string; line: number }[];
  };
  return findings
    .filter(({ rule }) => rule <= 'PYC005')
    .map(({ rule, level, file, line }) => `${rule} ${level} ${file}:${line}`);
}
