import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { needs } from '../../parts.ts';
import { verifyUnits } from '../../systemd-verify.ts';
import { pycrash } from '../pycrash.ts';
import { LEAST, makeTree } from './django-project.ts';

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true, force: true });
});

function projectWith(files: Record<string, string>): string {
  const root = makeTree({
    ...LEAST,
    ...files,
  });
  trees.push(root);
  return root;
}

const START = 'ExecStart=/srv/shop/venv/bin/gunicorn shop.wsgi:application';

/** `[Section]Key=value` of every line of a unit that is no comment. */
function keys(text: string): string[] {
  let section = '';
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('[')) section = line;
    return /^\w+=/.test(line) ? [`${section}${line}`] : [];
  });
}

/** The text with a program and a user that exist on this machine. */
function here(text: string): string {
  return text.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true').replace(/^(User|Group)=.*$/gm, '$1=root');
}

/** The lines of the drop-in that a unit with these [Service] keys gets; undefined where it gets none. */
async function dropIn(
  service: readonly string[],
  args: string[] = [],
  start = START,
): Promise<string[] | undefined> {
  const unit = `[Unit]\nDescription=shop\n\n[Service]\n${[start, ...service].join('\n')}\n`;
  const root = projectWith({ 'deploy/shop.service': unit });
  const { exitCode } = await pycrash(['init', '--yes', ...args], { cwd: root });
  expect(exitCode).toBe(0);
  const path = join(root, 'deploy/shop.service.d/10-pycrash.conf');
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  // the machine's own systemd takes it, on top of the unit; it is older than 254
  const clean = { status: 0, output: '' };
  const verified = args.includes('254')
    ? clean
    : verifyUnits({ 'shop.service': here(unit), 'shop.service.d/10-pycrash.conf': here(text) });
  expect(verified).toEqual(clean);
  // each line says which trap it avoids; some come in twos
  const bare = text
    .split('\n')
    .filter((line, index, lines) => /^\w+=/.test(line) && lines[index - 1]?.startsWith('#') !== true)
    .map((line) => line.split('=')[0] ?? '');
  expect(new Set(['RestartMaxDelaySec', 'RestartPreventExitStatus', 'WorkingDirectory', ...bare]).size).toBe(
    3,
  );
  const again = await pycrash(['init', '--yes', ...args], { cwd: root });
  expect(again).toMatchObject({ exitCode: 0, stdout: '' });
  return keys(text);
}

const LIMIT = '[Unit]StartLimitIntervalSec=0';
const RESTART = '[Service]Restart=on-failure';
const PAUSE = '[Service]RestartSec=1s';
const CORE = '[Service]LimitCORE=infinity';
const GOOD = ['Restart=always', 'RestartSec=5s', 'LimitCORE=infinity', 'WorkingDirectory=/srv/shop'];

describe('the drop-in has the lines that the unit lacks', () => {
  test.each<[string, string[], string[] | undefined]>([
    ['nothing is set', ['WorkingDirectory=/srv/shop'], [LIMIT, RESTART, PAUSE, CORE]],
    ['everything is set', GOOD, undefined],
    ['Restart=on-success', [...GOOD, 'Restart=on-success'], [RESTART]],
    ['Restart=on-abort', [...GOOD, 'Restart=on-abort'], undefined],
    ['a fast restart', [...GOOD, 'RestartSec=200ms'], [LIMIT]],
    [
      'SIGABRT prevented',
      [...GOOD, 'RestartPreventExitStatus=255 SIGABRT'],
      ['[Service]RestartPreventExitStatus=', '[Service]RestartPreventExitStatus=255'],
    ],
    ['a small core limit', [...GOOD, 'LimitCORE=20M'], [CORE]],
    ['no core at all', [...GOOD, 'LimitCORE=0'], [CORE]],
    ['a short stop', [...GOOD, 'TimeoutStopSec=5'], ['[Service]TimeoutStopSec=90s']],
    ['a stop of 2min', [...GOOD, 'TimeoutStopSec=2min'], undefined],
    [
      'the root folder',
      [...GOOD.slice(0, 3), 'User=shop'],
      ['[Service]StateDirectory=shop', '[Service]WorkingDirectory=/var/lib/shop'],
    ],
    [
      'a private /tmp',
      [...GOOD, 'PrivateTmp=yes', 'WorkingDirectory=/tmp'],
      [
        '[Service]StateDirectory=shop',
        '[Service]WorkingDirectory=/var/lib/shop',
        '[Service]Environment=PYTHONPATH=/tmp',
      ],
    ],
    [
      'a runtime folder',
      [...GOOD, 'RuntimeDirectory=shop', 'WorkingDirectory=/run/shop'],
      ['[Service]RuntimeDirectoryPreserve=restart'],
    ],
    [
      'somebody else’s folder and a private /var/tmp',
      [...GOOD, 'User=shop', 'PrivateTmp=yes'],
      ['[Service]StateDirectory=shop', '[Service]Environment=PYCRASH_CORE_DIRECTORY=/var/lib/shop'],
    ],
    ['somebody else’s folder', [...GOOD, 'User=shop'], undefined],
    [
      'the user’s home',
      [...GOOD, 'User=shop', 'PrivateTmp=yes', 'WorkingDirectory=/home/shop/web'],
      undefined,
    ],
    [
      'somebody else’s folder, and a state directory',
      [...GOOD, 'User=shop', 'PrivateTmp=yes', 'StateDirectory=data'],
      undefined,
    ],
    ['a read-only system', [...GOOD, 'ProtectSystem=strict'], ['[Service]ReadWritePaths=-/srv/shop']],
    [
      'a read-only system with that folder open',
      [...GOOD, 'ProtectSystem=strict', 'ReadWritePaths=/srv'],
      undefined,
    ],
    [
      'a dynamic user',
      [...GOOD, 'DynamicUser=yes'],
      [
        '[Service]StateDirectory=shop',
        '[Service]WorkingDirectory=/var/lib/shop',
        '[Service]Environment=PYTHONPATH=/srv/shop',
      ],
    ],
    [
      'a folder of its own',
      [...GOOD, 'User=shop', 'StateDirectory=shop', 'WorkingDirectory=/var/lib/shop'],
      undefined,
    ],
  ])('%s', async (_name, service, expected) => {
    expect(await dropIn(service)).toEqual(expected);
  });

  test('for systemd 254', async () => {
    const lines = ['WorkingDirectory=/srv/shop'];
    expect(await dropIn(lines, ['--systemd-version', '254'])).toEqual([
      LIMIT,
      RESTART,
      PAUSE,
      '[Service]RestartSteps=5',
      '[Service]RestartMaxDelaySec=30s',
      CORE,
    ]);
  });

  test('hypercorn exits with 0 after a crash: always', async () => {
    const start = 'ExecStart=/srv/shop/venv/bin/hypercorn shop.asgi:application';
    expect(await dropIn([...GOOD, 'Restart=on-failure'], [], start)).toEqual(['[Service]Restart=always']);
  });

  test('granian with several workers replaces one by itself, unless somebody decided against it', async () => {
    const start = 'ExecStart=/srv/shop/venv/bin/granian --interface wsgi --workers 2 shop.wsgi:application';
    expect(await dropIn([...GOOD, 'Restart=on-failure'], [], start)).toEqual([
      '[Service]Environment=GRANIAN_RESPAWN_FAILED_WORKERS=true',
    ]);
    const decided = start.replace('--workers', '--no-respawn-failed-workers --workers');
    expect(await dropIn([...GOOD, 'Restart=on-failure'], [], decided)).toBeUndefined();
    expect(
      await dropIn([...GOOD, 'Restart=on-failure'], [], start.replace('--workers 2', '')),
    ).toBeUndefined();
  });
});

test('a line taken away is missed by check', async () => {
  const root = projectWith({
    'deploy/shop.service':
      `[Service]\nUser=shop\nRestart=no\nRestartPreventExitStatus=SIGABRT\nLimitCORE=0\n` +
      `PrivateTmp=yes\nWorkingDirectory=/tmp\n${START}\n`,
  });
  await pycrash(['init', '--yes'], { cwd: root });
  const path = join(root, 'deploy/shop.service.d/10-pycrash.conf');
  const whole = readFileSync(path, 'utf8');
  const rules = async (text: string): Promise<string[]> => {
    writeFileSync(path, text);
    const { stdout } = await pycrash(['check', '--json'], { cwd: root });
    const { findings } = JSON.parse(stdout) as { findings: { rule: string; level: string }[] };
    return findings.filter(({ level }) => level !== 'info').map(({ rule }) => rule);
  };
  expect(await rules(whole)).toEqual([]);
  for (const [line, rule] of [
    ['StartLimitIntervalSec=0', 'PYC013'],
    ['Restart=on-failure', 'PYC010'],
    ['RestartPreventExitStatus=', 'PYC012'],
    ['LimitCORE=infinity', 'PYC015'],
    ['WorkingDirectory=/var/lib/shop', 'PYC017'],
  ] as const) {
    expect(await rules(whole.replace(`\n${line}\n`, '\n')), line).toEqual([rule]);
  }
});

describe('units', () => {
  test('a template unit and a unit of something else', async (context) => {
    needs(context, 'systemd');
    const root = projectWith({
      'deploy/shop@.service': `[Service]\n${START}\nWorkingDirectory=/srv/shop\n`,
      'deploy/backup.service':
        '[Service]\nType=oneshot\nExecStart=/srv/shop/venv/bin/python manage.py backup\n',
      'deploy/clean.service': '[Service]\nExecStart=/srv/shop/venv/bin/python manage.py clean\n',
      'deploy/clean.timer': '[Timer]\nOnCalendar=daily\n',
    });
    await pycrash(['init', '--yes'], { cwd: root });
    const checked = await pycrash(['check', '--json'], { cwd: root });
    expect(checked.stdout).not.toMatch(/"deploy\/(?:clean|backup)\.service"/);
    expect(existsSync(join(root, 'deploy/clean.service.d'))).toBe(false);
    expect(existsSync(join(root, 'deploy/shop@.service.d/10-pycrash.conf'))).toBe(true);
    expect(existsSync(join(root, 'deploy/backup.service.d'))).toBe(false);
    expect(existsSync(join(root, 'deploy/shop.service'))).toBe(false);
  });

  test('a dropped privilege and a short time-out are said', async () => {
    const start = `${START} --user www-data --timeout 4`;
    const root = projectWith({ 'shop.service': `[Service]\n${start}\nWorkingDirectory=/srv/shop\n` });
    const { stdout } = await pycrash(['init', '--dry-run', '--json'], { cwd: root });
    const { notes } = JSON.parse(stdout) as { notes: { code: string; file?: string; line?: number }[] };
    expect(notes.map(({ code, file, line }) => ({ code, file, line }))).toEqual([
      { code: 'privilege-drop', file: 'shop.service', line: 2 },
      { code: 'worker-timeout', file: 'shop.service', line: 2 },
    ]);
  });
});

describe('without a unit', () => {
  test('a unit of its own, with the name of the project', async () => {
    const root = makeTree({
      'pyproject.toml': '[project]\nname = "my_shop"\n',
      'backend/manage.py':
        "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n" +
        'from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n',
      'backend/config/__init__.py': '',
      'backend/config/settings.py': "MIDDLEWARE = ['a.A']\n",
      'backend/config/wsgi.py':
        'from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n',
    });
    trees.push(root);
    await pycrash(['init', '--yes'], { cwd: root });
    const unit = readFileSync(join(root, 'deploy/my-shop.service'), 'utf8');
    expect(keys(unit)).toContain('[Service]Environment=DJANGO_SETTINGS_MODULE=config.settings');
    expect(keys(unit)).toContain('[Service]Environment=PYTHONPATH=/srv/my-shop/backend');
  });

  test('none where a Dockerfile starts the service, unless --supervisor systemd', async () => {
    const root = projectWith({ Dockerfile: 'FROM python:3.12\n' });
    const first = await pycrash(['init', '--yes'], { cwd: root });
    expect(first.stderr).toContain('Dockerfile may start the service without systemd');
    expect(existsSync(join(root, 'deploy'))).toBe(false);
    await pycrash(['init', '--yes', '--force', '--supervisor', 'systemd'], { cwd: root });
    expect(existsSync(join(root, 'deploy/shop.service'))).toBe(true);
  });
});

/** The assignments of a conf.d file. */
function variables(text: string): string[] | null {
  return text.match(/^\w+=.*$/gm);
}

describe('OpenRC', () => {
  const SCRIPT = '#!/sbin/openrc-run\ncommand=/srv/shop/gunicorn\ncommand_args="shop.wsgi"\n';
  const BACKGROUND = 'command_background=yes\npidfile=/run/shop.pid\n';

  test.each([
    [
      'a script that start-stop-daemon starts',
      SCRIPT + BACKGROUND,
      [
        'supervisor="supervise-daemon"',
        'rc_ulimit="-c unlimited"',
        'respawn_delay=1',
        'respawn_max=0',
        'retry="TERM/90/KILL/5"',
      ],
    ],
    [
      'one that says some of it itself',
      `${SCRIPT}supervisor=supervise-daemon\n: \${respawn_max:=3}\nretry=60\n`,
      ['rc_ulimit="-c unlimited"', 'respawn_delay=1'],
    ],
    ['one that may go to the background', SCRIPT, ['rc_ulimit="-c unlimited"']],
    [
      'one with a start of its own',
      `${SCRIPT}${BACKGROUND}start() {\n\tfoo\n}\n`,
      ['rc_ulimit="-c unlimited"'],
    ],
  ])('%s gets what it lacks in conf.d', async (_, script, expected) => {
    const root = projectWith({ 'deploy/init.d/shop': script });
    const { stderr } = await pycrash(['init', '--yes', '--only', 'units'], { cwd: root });
    expect(variables(readFileSync(join(root, 'deploy/conf.d/shop'), 'utf8'))).toEqual(expected);
    expect(readFileSync(join(root, 'deploy/init.d/shop'), 'utf8')).toBe(script);
    const byHand = !script.includes('supervisor=') && expected.length === 1;
    expect(stderr.includes('by start-stop-daemon, which never looks again')).toBe(byHand);
    const again = await pycrash(['init', '--yes', '--force', '--only', 'units'], { cwd: root });
    expect(again.stdout + again.stderr).toContain('Nothing to do');
    await pycrash(['remove', '--yes', '--force'], { cwd: root });
    expect(existsSync(join(root, 'deploy/conf.d'))).toBe(false);
  });

  test('a conf.d that is there is added to, once', async () => {
    const settings = '# ours\nrespawn_max=0\nrespawn_delay=2';
    const script = `${SCRIPT}supervisor=supervise-daemon\n`;
    const root = projectWith({ 'shop.initd': script, 'shop.confd': settings });
    await pycrash(['init', '--yes', '--only', 'units'], { cwd: root });
    const text = readFileSync(join(root, 'shop.confd'), 'utf8');
    expect(text.startsWith(`${settings}\n\n# The soft limit`)).toBe(true);
    expect(variables(text)?.slice(2)).toEqual(['rc_ulimit="-c unlimited"', 'retry="TERM/90/KILL/5"']);
    const again = await pycrash(['init', '--yes', '--force', '--only', 'units'], { cwd: root });
    expect(again.stdout + again.stderr).toContain('Nothing to do');
    await pycrash(['remove', '--yes', '--force'], { cwd: root });
    expect(readFileSync(join(root, 'shop.confd'), 'utf8')).toBe(settings);
  });
});

describe('continuous integration', () => {
  test.each([
    [
      'test:\n  script: [make]\n',
      'pycrash:\n  image: node:22-slim\n  script:\n    - npx --yes pycrash-init@',
    ],
    [
      'stages: [build, check]\nx:\n  stage: build\n  script: [make]',
      'pycrash:\n  stage: build\n  image: node:22-slim\n',
    ],
  ])('adds a job to .gitlab-ci.yml', async (gitlab, expected) => {
    const root = projectWith({ '.gitlab-ci.yml': gitlab });
    await pycrash(['init', '--yes'], { cwd: root });
    const text = readFileSync(join(root, '.gitlab-ci.yml'), 'utf8');
    expect(text.startsWith(`${gitlab.trimEnd()}\n\n# Is crash`)).toBe(true);
    expect(text).toContain(expected);
    expect(existsSync(join(root, '.github'))).toBe(false);
    await pycrash(['remove', '--yes'], { cwd: root });
    expect(readFileSync(join(root, '.gitlab-ci.yml'), 'utf8')).toBe(gitlab);
  });

  test('leaves a .gitlab-ci.yml that cannot be read alone, and says so', async () => {
    const root = projectWith({ '.gitlab-ci.yml': 'test: [\n' });
    const { stderr, exitCode } = await pycrash(['init', '--yes'], { cwd: root });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('.gitlab-ci.yml cannot be read as YAML');
    expect(readFileSync(join(root, '.gitlab-ci.yml'), 'utf8')).toBe('test: [\n');
  });
});

test('a complete unit runs the module that serves, not the command line of the package, and a second init has nothing to do', async () => {
  const root = makeTree({
    'requirements.txt': 'tornado\n',
    'shop/__init__.py': '',
    'shop/__main__.py': 'from shop.tasks import run\n\nif __name__ == "__main__":\n    run()\n',
    'shop/tasks.py': 'def run():\n    pass\n',
    'shop/server.py':
      'import tornado.web\n\n\ndef app():\n    made = tornado.web.Application([])\n    return made\n\n\n' +
      'def run():\n    app().listen(80)\n\n\nif __name__ == "__main__":\n    run()\n',
  });
  trees.push(root);
  await pycrash(['init', '--yes'], { cwd: root });
  const text = readFileSync(join(root, 'deploy/shop.service'), 'utf8');
  expect(keys(text)).toContain('[Service]ExecStart=/srv/shop/.venv/bin/python -m shop.server');
  const again = await pycrash(['init', '--yes'], { cwd: root });
  expect(again).toMatchObject({ exitCode: 0, stdout: '' });
});

test('none where templates of units start the service: their first is named', async () => {
  const template = '[Service]\nExecStart={{ venv }}/bin/gunicorn app:app\n';
  const root = makeTree({
    'app.py': 'from flask import Flask\n\napp = Flask(__name__)\n',
    'roles/web/web.service.j2': template,
    'roles/web/worker.service.j2': template,
  });
  trees.push(root);
  const { stderr } = await pycrash(['init', '--yes'], { cwd: root });
  expect(stderr).toContain(
    'roles/web/web.service.j2 and 1 more are templates of units; what they start was not read, so no unit was written',
  );
  expect(existsSync(join(root, 'deploy'))).toBe(false);
});

const docker = (command: string): string => `FROM python\nCMD ${command}\n`;

/** The file of which init says that it starts the service. */
async function said(files: Record<string, string>): Promise<string | undefined> {
  const root = makeTree(files);
  trees.push(root);
  const { stdout } = await pycrash(['init', '--dry-run', '--json'], { cwd: root });
  const { notes } = JSON.parse(stdout) as { notes: { code: string; message: string }[] };
  return notes.find(({ code }) => code === 'no-systemd-unit')?.message.split(' ')[0];
}

test('without a unit the file that is said to start the service is none for developers, and one of its own folder', async () => {
  const app = 'from flask import Flask\n\napp = Flask(__name__)\n';
  expect(
    await said({ 'app.py': app, '.devcontainer/Dockerfile': docker('x'), 'testenv/Dockerfile': docker('x') }),
  ).toBeUndefined();
  expect(
    await said({ 'app.py': app, '.github/ci/Dockerfile': docker('x'), 'docker/Dockerfile': docker('x') }),
  ).toBe('docker/Dockerfile');
  expect(
    await said({
      'mail/Dockerfile': docker('["python", "server.py"]'),
      'mail/server.py': 'import grpc\n',
      'shop/requirements.txt': 'flask\n',
      'shop/Dockerfile': docker('["python", "app.py"]'),
      'shop/app.py': `${app}\n\nif __name__ == "__main__":\n    app.run()\n`,
    }),
  ).toBe('shop/Dockerfile');
});
