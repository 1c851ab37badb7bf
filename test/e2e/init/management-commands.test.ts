import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { spawn } from '@lydell/node-pty';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CrashReport } from '../../../src/report/model.ts';
import { pycrash } from '../pycrash.ts';
import { commitAll, environmentOf, LEAST, makeTree, startProject } from './django-project.ts';

const PAIR = { django: 'django==5.2.*', python: '3.11' } as const;

const COMMANDS = {
  consume: 'order = {"cents": 2900}; order["discount"]',
  fail: 'raise LookupError("nobody handles this")',
  refuse: 'raise CommandError("wrong usage")',
};

let root: string;
let state: string;
beforeAll(async () => {
  root = startProject(PAIR);
  state = mkdtempSync(join(tmpdir(), 'pycrash-manage-'));
  writeFileSync(
    join(root, 'Procfile'),
    'web: gunicorn shop.wsgi\nconsumer: python manage.py consume\nrelease: python manage.py migrate\n' +
      'failing: python manage.py fail\nrefusing: python manage.py refuse\n',
  );
  await pycrash(['init', '--yes', '--force'], { cwd: root });
  const folder = join(root, 'shop/management/commands');
  mkdirSync(folder, { recursive: true });
  for (const [name, statement] of Object.entries(COMMANDS)) {
    const lines = [
      'from django.core.management.base import BaseCommand, CommandError',
      'class Command(BaseCommand):',
      '    def handle(self, *args, **options):',
      `        ${statement}`,
    ];
    writeFileSync(join(folder, `${name}.py`), `${lines.join('\n')}\n`);
  }
  appendFileSync(join(root, 'shop/settings.py'), '\nDEBUG = False\nINSTALLED_APPS += ["shop"]\n');
});
afterAll(() => {
  for (const folder of [root, state]) rmSync(folder, { recursive: true, force: true });
});

// a service that runs a command without an end
test('the core of a command shows its frame with its locals', async () => {
  const work = join(state, 'service');
  mkdirSync(work);
  const [command, ...words] = environmentOf(PAIR).command('python', [join(root, 'manage.py'), 'consume']);
  const { signal, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', command, ...words],
    {
      cwd: work,
      encoding: 'utf8',
      env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: join(state, 'budget') },
    },
  );
  expect(signal, stderr).toBe('SIGABRT');
  const core = readdirSync(work).find((file) => file.startsWith('core')) ?? '';
  const { stdout } = await pycrash(['report', join(work, core), '--json'], { cwd: root });
  const [raised] = (JSON.parse(stdout) as CrashReport).exceptions[0]?.chain ?? [];
  expect(raised).toMatchObject({ type: 'KeyError' });
  expect(raised?.frames.at(-1)).toMatchObject({
    file: join(root, 'shop/management/commands/consume.py'),
    line: 4,
    function: 'Command.handle',
    locals: { order: { repr: "{'cents': 2900}" } },
  });
});

test('a command that somebody runs on a terminal does not abort', async () => {
  const [command, ...words] = environmentOf(PAIR).command('python', ['manage.py', 'fail']);
  const ended = await new Promise((resolve) => {
    const terminal = spawn('sh', ['-c', 'ulimit -c 0; "$@"; exit $?', 'sh', command, ...words], {
      cwd: root,
      env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: join(state, 'budget') },
    });
    terminal.onExit(resolve);
  });
  expect(ended).toMatchObject({ exitCode: 1 });
});

function manage(...args: string[]): SpawnSyncReturns<string> {
  const [command, ...words] = environmentOf(PAIR).command('python', ['manage.py', ...args]);
  // no core is needed to see the signal
  return spawnSync('sh', ['-c', 'ulimit -c 0; exec "$@"', 'sh', command, ...words], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PYCRASH_BUDGET_DIRECTORY: join(state, 'budget') },
  });
}

test('a management command that fails aborts, and one that refuses does not', () => {
  const failed = manage('fail');
  expect(failed.signal, failed.stderr).toBe('SIGABRT');
  expect(failed.stderr).toContain('"exception": "builtins.LookupError"');
  const refused = manage('refuse');
  expect(refused).toMatchObject({ signal: null, status: 1 });
  expect(refused.stderr).toContain('CommandError: wrong usage');
  // Django lets it through as far as the interpreter's hook
  expect(manage('refuse', '--traceback')).toMatchObject({ signal: null, status: 1 });
});

test('every other command keeps its exit code: migrate without a database ends with 1', () => {
  appendFileSync(join(root, 'shop/settings.py'), "DATABASES['default']['NAME'] = '/nowhere/db.sqlite3'\n");
  const { status, signal, stderr } = manage('migrate');
  expect(stderr).toContain('django.db.utils.OperationalError: unable to open database file');
  expect([status, signal]).toEqual([1, null]);
  // a boot script waits while that is so
  const [command, ...words] = environmentOf(PAIR).command('python', ['manage.py', 'migrate']);
  const loop = 'ulimit -c 0; "$@" 2> /dev/null; [ $? -eq 1 ] && echo waiting';
  expect(spawnSync('sh', ['-c', loop, 'sh', command, ...words], { cwd: root, encoding: 'utf8' }).stdout).toBe(
    'waiting\n',
  );
});

const unit = (command: string, more = ''): string =>
  `[Service]\n${more}WorkingDirectory=/srv/shop\nExecStart=/srv/shop/venv/bin/python manage.py ${command}\n`;
const timer = '[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n';
const cronJob =
  `apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: mails\nspec:\n  schedule: "0 * * * *"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n` +
  '          containers:\n            - name: mails\n              image: shop\n              command: [python, manage.py, send_mails]\n';

describe('manage.py gets the hooks only for commands that are services or scheduled jobs', () => {
  const MANAGE = LEAST['manage.py'] ?? '';
  const trees: string[] = [];
  afterEach(() => {
    for (const tree of trees.splice(0)) rmSync(tree, { recursive: true, force: true });
  });
  /** The commands that manage.py has them for after `init`; undefined where it was left alone. */
  async function commandsIn(files: Record<string, string>): Promise<string[] | undefined> {
    const tree = makeTree({ ...LEAST, ...files });
    trees.push(tree);
    const { exitCode, stderr } = await pycrash(['init', '--yes'], { cwd: tree });
    expect(exitCode, stderr).toBe(0);
    const text = readFileSync(join(tree, 'manage.py'), 'utf8');
    if (text === MANAGE) return undefined;
    return [...(/\{(.*?)\}\.intersection/s.exec(text)?.[1] ?? '').matchAll(/[\w-]+/g)].map(([name]) => name);
  }

  test.each([
    {
      what: 'a boot script that migrates before it serves',
      files: {
        Dockerfile: 'FROM python:3.12\nCMD ["sh", "boot.sh"]\n',
        'boot.sh':
          'until python manage.py migrate; do sleep 2; done\npython manage.py load_shops\nexec gunicorn shop.wsgi\n',
      },
    },
    {
      what: 'nothing but a web server',
      files: { Procfile: 'web: gunicorn shop.wsgi\nrelease: python manage.py seed\n' },
    },
    { what: 'a development server', files: { Procfile: 'web: python manage.py runserver\n' } },
    {
      what: 'a one-shot unit without a timer',
      files: { 'deploy/seed.service': unit('seed', 'Type=oneshot\n') },
    },
    { what: 'a unit', files: { 'deploy/q.service': unit('qcluster') }, commands: ['qcluster'] },
    {
      what: 'a timer',
      files: { 'deploy/m.service': unit('send_mails'), 'deploy/m.timer': timer },
      commands: ['send_mails'],
    },
    {
      what: 'a CronJob of Kubernetes',
      files: { 'k8s/mails.yaml': cronJob },
      commands: ['send_mails'],
    },
    {
      what: 'a crontab, with folders, variables and output',
      files: {
        'deploy/crontab':
          'MAILTO=ops@shop.example\n# often\n*/5 * * * * cd /srv/shop && venv/bin/python manage.py send_mails >> /var/log/mails 2>&1\n@daily flock -n /run/lock/x python3 manage.py tidy-up\n',
      },
      commands: ['send_mails', 'tidy-up'],
    },
    {
      what: 'cron.d, where a user comes first',
      files: {
        'etc/cron.d/shop': '0 3 * * mon-fri shop /srv/shop/venv/bin/python /srv/shop/manage.py tidy\n',
      },
      commands: ['tidy'],
    },
    {
      what: 'compose, Procfile and supervisord',
      files: {
        'compose.yaml':
          'services:\n  jobs:\n    image: shop\n    command: python manage.py run_huey --workers 2\n  migrate:\n    image: shop\n    command: python manage.py prepare\n',
        Procfile: 'web: gunicorn shop.wsgi\nworker: ./manage.py db_worker\n',
        'supervisord.conf': '[program:tasks]\ncommand=python /srv/shop/manage.py process_tasks\n',
      },
      commands: ['db_worker', 'process_tasks', 'run_huey'],
    },
  ])('$what', async ({ files, commands }) => {
    expect(await commandsIn(files)).toEqual(commands);
  });

  test('a command that becomes a service is added, one that is none any more goes, and a hand-written call stays', async () => {
    const tree = makeTree({ ...LEAST, Procfile: 'web: gunicorn shop.wsgi\n' });
    trees.push(tree);
    const text = (): string => readFileSync(join(tree, 'manage.py'), 'utf8');
    const findings = async (): Promise<string> => (await pycrash(['check'], { cwd: tree })).stdout;
    await pycrash(['init', '--yes'], { cwd: tree });
    expect(text()).toBe(MANAGE);
    commitAll(tree);
    writeFileSync(join(tree, 'Procfile'), 'web: gunicorn shop.wsgi\njobs: python manage.py qcluster\n');
    expect(await findings()).toMatch(
      /Procfile:2:\d+: warning:? qcluster is a service, and manage\.py does not install .*\[PYC005\]/,
    );
    await pycrash(['upgrade', '--yes', '--force'], { cwd: tree });
    expect(text()).toContain(
      'if {"qcluster"}.intersection(sys.argv[1:2]):\n    from shop.abort_on_exception import install\n\n    install()\n',
    );
    expect(await findings()).not.toContain('PYC005');
    writeFileSync(join(tree, 'Procfile'), 'web: gunicorn shop.wsgi\n');
    await pycrash(['upgrade', '--yes', '--force'], { cwd: tree });
    expect(text()).toBe(MANAGE);
    expect(readFileSync(join(tree, '.pycrash.json'), 'utf8')).not.toContain('manage.py');
    const byHand = MANAGE.replace(
      'execute_from_command_line(sys',
      'from shop.abort_on_exception import install\ninstall()\nexecute_from_command_line(sys',
    );
    writeFileSync(join(tree, 'manage.py'), byHand);
    await pycrash(['upgrade', '--yes', '--force'], { cwd: tree });
    expect(text()).toBe(byHand);
    expect(await findings()).toMatch(
      /manage\.py:\d+:\d+: warning:? manage\.py installs the hooks for every command.*\[PYC005\]/,
    );
  });
});
