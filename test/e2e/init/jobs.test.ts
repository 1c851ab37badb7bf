import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CrashReport } from '../../../src/report/model.ts';
import { pythonEnvironment } from '../../python-environment.ts';
import { needs } from '../../parts.ts';
import { pycrash } from '../pycrash.ts';
import { LEAST, makeTree, run, snapshot } from './django-project.ts';
import { children, example, folders, newFolder, until } from './example-repository.ts';

function workFolder(): string {
  const work = newFolder();
  mkdirSync(join(work, 'budget'), { mode: 0o700 });
  return work;
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

function start(
  command: readonly string[],
  cwd: string,
  environment: Record<string, string>,
): { process: ChildProcess; log: () => string } {
  const path = join(cwd, 'log');
  const log = openSync(path, 'a');
  const worker = spawn('sh', ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', ...command], {
    cwd,
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: '1',
      PYCRASH_BUDGET_DIRECTORY: join(cwd, 'budget'),
      ...environment,
    },
  });
  closeSync(log);
  children.push(worker);
  return { process: worker, log: () => readFileSync(path, 'utf8') };
}

/** Starts a server of Redis for this test alone; returns the path of its socket. */
async function startRedis(work: string): Promise<string> {
  const socket = join(work, 'redis.sock');
  const words = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', work];
  children.push(spawn('redis-server', words, { stdio: 'ignore' }));
  await until(() => (existsSync(socket) ? true : undefined));
  return socket;
}

/** What the module decided about each crash, in order. */
function decisions(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => {
      const { exception, decision } = JSON.parse(line) as Record<string, string>;
      return `${exception}: ${decision}`;
    });
}

const withCelery = () => pythonEnvironment('3.13', ['celery[redis]==5.*']);
const withRq = () => pythonEnvironment('3.13', ['rq==3.*']);
const withDjangoRq = () => pythonEnvironment('3.13', ['django==5.*', 'django-rq==3.*', 'rq==2.*']);
const withDramatiq = () => pythonEnvironment('3.13', ['dramatiq[redis]==2.*']);

test.each([
  { name: 'celery-shop', python: withCelery },
  { name: 'rq-shop', python: withRq },
  { name: 'dramatiq-shop', python: withDramatiq },
])(
  '$name: init, again nothing to do, the project’s own test, remove byte for byte',
  async ({ name, python }) => {
    const root = example(name);
    const before = snapshot(root);
    expect(await pycrash(['init', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(run(python(), 'python', ['-m', 'unittest', 'shop.test_abort_on_exception'], root)).toBe('');
    expect(await pycrash(['init'], { cwd: root })).toMatchObject({
      exitCode: 0,
      stderr: 'Nothing to do: crash handling is set up.\n',
    });
    expect(await pycrash(['remove', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(snapshot(root)).toEqual(before);
  },
);

describe('Celery', () => {
  const QUIET = ['--without-gossip', '--without-mingle', '--without-heartbeat'];
  const OUTCOME = [
    'from shop import tasks as t',
    'def outcome(task, *args):',
    '    result = task.delay(*args).get(timeout=120, propagate=False, interval=0.05)',
    '    return type(result).__name__ if isinstance(result, Exception) else result',
  ];

  async function shopWithWorker(options: string[], more = '') {
    const root = example('celery-shop');
    await pycrash(['init', '--yes'], { cwd: root });
    const work = workFolder();
    const socket = await startRedis(work);
    appendFileSync(
      join(root, 'shop/celeryconfig.py'),
      `broker_url = result_backend = "redis+socket://${socket}"\n`,
    );
    appendFileSync(join(root, 'shop/tasks.py'), more);
    const words = ['--app', 'shop', 'worker', '--loglevel', 'INFO', ...options, ...QUIET];
    const worker = start(withCelery().command('celery', words), work, { PYTHONPATH: root });
    const ask = (...lines: string[]) =>
      run(withCelery(), 'python', ['-c', [...OUTCOME, ...lines].join('\n')], root)
        .trimEnd()
        .split('\n');
    return { root, work, worker, ask };
  }

  test('a bug in a task aborts the child of a real worker, which goes on; Retry, Ignore and throws= do not', async (context) => {
    needs(context, 'redis-server');
    const { root, work, worker, ask } = await shopWithWorker(['--concurrency', '1']);
    const [before, crashed, after] = ask(
      't.forget.delay(1)',
      'print(outcome(t.invoice, 1), outcome(t.remind, 1), outcome(t.print_invoice, 1))',
      'print(outcome(t.invoice, 2))',
      'print(outcome(t.invoice, 1))',
    );
    expect(before).toBe('2100 ada OutOfPaper');
    expect(crashed).toMatch(/^(KeyError|WorkerLostError)$/);
    expect(after).toBe('2100');
    expect(worker.process.exitCode).toBeNull();
    expect(worker.process.signalCode).toBeNull();
    const report = await reportIn(work, root);
    expectBug(report, root);
    expect(report.process.pid).not.toBe(worker.process.pid);
    expect(decisions(worker.log())).toEqual(['builtins.KeyError: aborting']);
  });

  test('a poison task, given back to the queue by each abort, is bounded by the budget; a time limit and eager tasks do not abort', async (context) => {
    needs(context, 'redis-server');
    const { worker, ask } = await shopWithWorker(
      ['--concurrency', '1'],
      [
        '',
        '@app.task(acks_late=True, reject_on_worker_lost=True)',
        'def poison():',
        '    raise RuntimeError("again")',
        '@app.task(time_limit=1)',
        'def slow():',
        '    import time; time.sleep(60)',
        '',
      ].join('\n'),
    );
    const asked = ask(
      'import time',
      't.poison.delay()',
      'while t.app.control.inspect().active() is None: pass',
      'print(outcome(t.invoice, 1), outcome(t.slow), outcome(t.invoice, 1))',
      't.app.conf.task_always_eager = True',
      'print(t.invoice.delay(2).state)',
    );
    expect(asked).toEqual(['2100 TimeLimitExceeded 2100', 'FAILURE']);
    const poison = 'builtins.RuntimeError: ';
    await until(() => (decisions(worker.log()).length >= 3 ? true : undefined));
    expect(decisions(worker.log())).toEqual([
      `${poison}aborting`,
      `${poison}aborting`,
      `${poison}budget spent: not aborting`,
    ]);
    expect(worker.process.signalCode).toBeNull();
  });

  test('with the pool solo the worker itself aborts', async (context) => {
    needs(context, 'redis-server');
    const { root, work, worker, ask } = await shopWithWorker(['--pool', 'solo']);
    const gone = once(worker.process, 'exit');
    expect(ask('print(outcome(t.invoice, 1), outcome(t.invoice, 2))')).toEqual(['2100 KeyError']);
    expect(await gone).toEqual([null, 'SIGABRT']);
    expectBug(await reportIn(work, root), root);
  });
});

test('RQ: a bug in a job aborts its work horse, the worker goes on; a retry does not', async (context) => {
  needs(context, 'redis-server');
  const root = example('rq-shop');
  await pycrash(['init', '--yes'], { cwd: root });
  const work = workFolder();
  const environment = { PYTHONPATH: root, REDIS_URL: `unix://${await startRedis(work)}` };
  // one worker of the program, then one of the command line
  const asking = [
    'import time',
    'from rq import Retry',
    'from shop.jobs import invoice',
    'from shop.worker import queue',
    'def outcome(job):',
    '    while job.get_status() not in ("finished", "failed"): time.sleep(0.05)',
    '    result = job.latest_result()',
    '    return result.return_value or result.exc_string.split(";")[0]',
    'jobs = [(1, None), (2, Retry(max=1)), (1, None)]',
    'print([outcome(queue.enqueue(invoice, number, retry=retry)) for number, retry in jobs])',
  ];
  const lost = 'Work-horse terminated unexpectedly';
  for (const command of [
    ['python', '-m', 'shop.worker'],
    ['rq', 'worker', 'invoices', '--exception-handler', 'shop.abort_on_exception.abort_on_rq_failure'],
  ]) {
    const [program = '', ...words] = command;
    const url = command[0] === 'rq' ? ['--url', environment.REDIS_URL] : [];
    const worker = start(withRq().command(program, [...words, ...url]), work, environment);
    const said = execFileSync(withRq().command('python', [])[0], ['-c', asking.join('\n')], {
      encoding: 'utf8',
      cwd: root,
      env: { ...process.env, ...environment },
    });
    expect(said).toContain(`[2100, '${lost}`);
    expect(said).toMatch(/, 2100\]\n$/);
    expect(worker.process.signalCode).toBeNull();
    const report = await reportIn(work, root);
    expectBug(report, root);
    expect(report.process.pid).not.toBe(worker.process.pid);
    rmSync(join(work, 'core'));
    const gone = once(worker.process, 'exit');
    worker.process.kill('SIGTERM');
    await gone;
  }
  expect(decisions(readFileSync(join(work, 'log'), 'utf8'))).toEqual([
    'builtins.KeyError: aborting',
    'builtins.KeyError: aborting',
  ]);
});

const DJANGO_RQ = {
  ...LEAST,
  Procfile: 'web: gunicorn shop.wsgi\nworker: python manage.py rqworker default\n',
  'shop/settings.py':
    "import os\n\nSECRET_KEY = 'x'\nMIDDLEWARE = []\nINSTALLED_APPS = ['django_rq']\n" +
    "DATABASES = {}\nRQ_QUEUES = {'default': {'URL': os.environ.get('REDIS_URL')}}\n",
  'shop/jobs.py': 'def invoice(number):\n    return 2900 - {1: 800}[number]\n',
};

test('django-rq: init and check say the setting, with it a bug in a job aborts its work horse', async (context) => {
  needs(context, 'redis-server');
  const root = makeTree(DJANGO_RQ);
  folders.push(root);
  const setting = "RQ_EXCEPTION_HANDLERS = ['shop.abort_on_exception.abort_on_rq_failure']";
  const { stderr, exitCode } = await pycrash(['init', '--yes'], { cwd: root });
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`note: Procfile starts manage.py rqworker: write \`${setting}\` in its settings.`);
  expect(await wiringFindings(root)).toEqual(['PYC005 error Procfile:2']);
  const settings = join(root, 'shop/settings.py');
  writeFileSync(settings, `${readFileSync(settings, 'utf8')}${setting}\n`);
  expect(await wiringFindings(root)).toEqual([]);

  const work = workFolder();
  const environment = {
    PYTHONPATH: root,
    REDIS_URL: `unix://${await startRedis(work)}`,
    DJANGO_SETTINGS_MODULE: 'shop.settings',
  };
  const worker = start(
    withDjangoRq().command('python', [join(root, 'manage.py'), 'rqworker', 'default']),
    work,
    environment,
  );
  const asking = [
    'import time, django, django_rq',
    'django.setup()',
    'from shop.jobs import invoice',
    'jobs = [django_rq.enqueue(invoice, number) for number in (1, 2, 1)]',
    'for job in jobs:',
    '    while job.get_status() not in ("finished", "failed"): time.sleep(0.05)',
    'print([str(job.get_status(refresh=False)).split(".")[-1].lower() for job in jobs])',
  ];
  const said = execFileSync(withDjangoRq().command('python', [])[0], ['-c', asking.join('\n')], {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, ...environment },
  });
  expect(said).toBe("['finished', 'failed', 'finished']\n");
  expect(worker.process.signalCode).toBeNull();
  expect(decisions(readFileSync(join(work, 'log'), 'utf8'))).toEqual(['builtins.KeyError: aborting']);
  const report = await reportIn(work, root);
  expect(report.exceptions[0]?.chain[0]?.frames.at(-1)).toMatchObject({
    file: join(root, 'shop/jobs.py'),
    function: 'invoice',
  });
});

test('Dramatiq: a bug in an actor ends the master, a supervisor starts it again, and the message does not come back', async (context) => {
  needs(context, 'redis-server');
  needs(context, 'supervisord');
  const root = example('dramatiq-shop');
  await pycrash(['init', '--yes'], { cwd: root });
  const work = workFolder();
  const url = `unix://${await startRedis(work)}`;
  const [program] = withDramatiq().command('dramatiq', []);
  const configuration = [
    '[supervisord]',
    'nodaemon=true',
    'user=root',
    `logfile=${work}/supervisord.log`,
    `pidfile=${work}/supervisord.pid`,
    '[program:worker]',
    `command=${program} shop.tasks --processes 1 --threads 1`,
    `directory=${work}`,
    // 1 is what the master ends with
    'autorestart=unexpected',
    'exitcodes=0',
    'startsecs=0',
    'redirect_stderr=true',
    `stdout_logfile=${work}/log`,
  ];
  writeFileSync(join(work, 'supervisord.conf'), configuration.join('\n'));
  const supervisor = start(['/usr/bin/supervisord', '-c', join(work, 'supervisord.conf')], work, {
    PYTHONPATH: root,
    REDIS_URL: url,
  });
  const send = (line: string) =>
    execFileSync(withDramatiq().command('python', [])[0], ['-c', `from shop.tasks import *; ${line}`], {
      cwd: root,
      env: { ...process.env, REDIS_URL: url },
    });
  const said = (line: string, times: number) =>
    until(() => (supervisor.log().split(line).length > times ? true : undefined));
  send('print_invoice.send(1), invoice.send(1)');
  await said('invoice 1: 2100 cents', 1);
  send('invoice.send(2)');
  // what the dead process had fetched already would come again a minute later
  await until(() =>
    readFileSync(join(work, 'supervisord.log'), 'utf8').includes('exited: worker') ? true : undefined,
  );
  send('invoice.send(1)');
  await said('invoice 1: 2100 cents', 2);
  expect(decisions(supervisor.log())).toEqual(['builtins.KeyError: aborting']);
  expect(readFileSync(join(work, 'supervisord.log'), 'utf8')).toContain(
    'exited: worker (exit status 1; not expected)',
  );
  expectBug(await reportIn(work, root), root);
  // the retry that Dramatiq itself makes waits; of the crash nothing is left to be done again
  const left = execFileSync(
    'redis-cli',
    ['-s', url.slice('unix://'.length), 'hlen', 'dramatiq:default.msgs'],
    {
      encoding: 'utf8',
    },
  );
  expect(left).toBe('0\n');
});

const CELERY = 'from celery import Celery\n\napp = Celery("shop")\n';

describe('a web application and tasks in one repository', () => {
  test.each([
    {
      what: 'Django',
      files: { ...LEAST, 'shop/celery.py': CELERY },
      edited: ['shop/celery.py', 'shop/settings.py', 'shop/wsgi.py'],
    },
    {
      what: 'Flask',
      files: {
        'shop/__init__.py': 'from flask import Flask\n\napp = Flask(__name__)\n',
        'shop/jobs/__init__.py': '',
        'shop/jobs/celery.py': CELERY,
        // only sends tasks
        'shop/send.py':
          'from celery import Celery\n\n\ndef send():\n    app = Celery("shop")\n    app.send_task("x")\n',
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

test('rq worker on a command line: init and check say the option, with it both are content', async () => {
  const root = makeTree({
    Procfile: 'worker: rq worker high default\n',
    'jobs.py': 'def job():\n    pass\n',
  });
  folders.push(root);
  const before = snapshot(root);
  const option = '--exception-handler abort_on_exception.abort_on_rq_failure';
  const { stderr, exitCode } = await pycrash(['init', '--yes'], { cwd: root });
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`note: Procfile starts rq worker: add \`${option}\` to that command.`);
  expect(await wiringFindings(root)).toEqual(['PYC005 error Procfile:1']);
  writeFileSync(join(root, 'Procfile'), `worker: rq worker ${option} high default\n`);
  expect(await wiringFindings(root)).toEqual([]);
  const again = await pycrash(['init', '--force'], { cwd: root });
  expect(again.stderr).not.toContain('exception-handler');
  writeFileSync(join(root, 'Procfile'), `worker: rq worker ${option} high\nslow: rq worker low\n`);
  expect(await wiringFindings(root)).toEqual(['PYC005 error Procfile:2']);
  expect(await pycrash(['remove', '--yes', '--force'], { cwd: root })).toMatchObject({ exitCode: 0 });
  // beside a web application, one command that has the option and one that has not
  writeFileSync(join(root, 'app.py'), 'from flask import Flask\n\napp = Flask(__name__)\n');
  const planned = await pycrash(['init', '--dry-run', '--force'], { cwd: root });
  expect(planned.exitCode).toBe(0);
  expect(planned.stdout + planned.stderr).toContain('edit app.py');
  rmSync(join(root, 'app.py'));
  writeFileSync(join(root, 'Procfile'), 'worker: rq worker high default\n');
  expect(snapshot(root)).toEqual(before);
});

test.each([
  {
    what: 'Heroku’s worker of RQ',
    file: 'worker.py',
    text: "from rq import Worker, Queue, Connection\n\nif __name__ == '__main__':\n    with Connection(conn):\n        worker = Worker(map(Queue, listen))\n        worker.work()\n",
    wired:
      "from rq import Worker, Queue, Connection\n\nfrom abort_on_exception import watch_rq\n\nif __name__ == '__main__':\n    with Connection(conn):\n        worker = Worker(map(Queue, listen))\n        watch_rq(worker)\n        worker.work()\n",
  },
  {
    what: 'a worker of RQ without a name, in a function',
    file: 'run.py',
    text: 'from rq.worker import SimpleWorker\n\n\ndef main():\n    SimpleWorker(["default"], connection=redis()).work()\n',
    wired:
      'from rq.worker import SimpleWorker\n\nfrom abort_on_exception import watch_rq\n\n\ndef main():\n    watch_rq(SimpleWorker(["default"], connection=redis())).work()\n',
  },
  {
    what: 'a broker of Dramatiq that a function sets',
    file: 'broker.py',
    text: 'import dramatiq\nfrom dramatiq.brokers.rabbitmq import RabbitmqBroker\n\n\ndef setup():\n    rabbit = RabbitmqBroker(url="amqp://")\n    dramatiq.set_broker(rabbit)\n',
    wired:
      'import dramatiq\nfrom dramatiq.brokers.rabbitmq import RabbitmqBroker\n\nfrom abort_on_exception import watch_dramatiq\n\n\ndef setup():\n    rabbit = RabbitmqBroker(url="amqp://")\n    watch_dramatiq(rabbit)\n    dramatiq.set_broker(rabbit)\n',
  },
  {
    what: 'a factory of Celery',
    file: 'tasks.py',
    text: 'import celery\n\n\ndef make_celery(app):\n    made = celery.Celery(app.import_name)\n    made.conf.update(app.config)\n    return made\n',
    wired:
      'import celery\n\nfrom abort_on_exception import watch_celery\n\n\ndef make_celery(app):\n    made = celery.Celery(app.import_name)\n    made.conf.update(app.config)\n    watch_celery(made)\n    return made\n',
  },
])('$what', async ({ file, text, wired }) => {
  const root = makeTree({ [file]: text });
  folders.push(root);
  const before = snapshot(root);
  expect(await pycrash(['init', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(root, file), 'utf8')).toBe(wired);
  expect(await wiringFindings(root)).toEqual([]);
  expect(await pycrash(['remove', '--yes', '--force'], { cwd: root })).toMatchObject({ exitCode: 0 });
  expect(snapshot(root)).toEqual(before);
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
