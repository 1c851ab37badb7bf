import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readProject } from '../../src/project/read-project.ts';
import { RULES } from '../../src/rules/index.generated.ts';

const scratch = mkdtempSync(join(tmpdir(), 'pycrash-verdicts-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The rules that speak about a unit, with their level, e.g. `PYC010 error`. */
async function verdicts(files: Record<string, string>, systemd?: number): Promise<string[]> {
  const root = mkdtempSync(join(scratch, 'unit-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const project = await readProject(root);
  const target = systemd === undefined ? {} : { systemd };
  return RULES.flatMap((rule) =>
    rule.check(project, target).map((finding) => `${rule.id} ${finding.level ?? rule.level}`),
  ).sort();
}

const COMMANDS = {
  direct: '/srv/shop/venv/bin/gunicorn --workers 2 shop.wsgi:application',
  shell: "/bin/sh -c 'cd /srv; /srv/shop/venv/bin/gunicorn --workers 2 shop.wsgi:application; exit $?'",
  exec: "/bin/sh -c 'cd /srv && exec /srv/shop/venv/bin/gunicorn --workers 2 shop.wsgi:application'",
} as const;

function unit(service: string, head = '', command: string = COMMANDS.direct): Record<string, string> {
  return {
    'deploy/shop.service': `${head === '' ? '' : `[Unit]\n${head}\n`}[Service]\nExecStart=${command}\n${service}`,
  };
}

const KEPT = 'RestartSec=2s\nLimitCORE=infinity\n';

/** What systemd 252 did after SIGABRT: back, or dead; a shell without exec makes 134 of it. */
const RESTARTS = [
  ['', 'dead', 'dead', 'dead'],
  ['no', 'dead', 'dead', 'dead'],
  ['on-success', 'dead', 'dead', 'dead'],
  ['on-watchdog', 'dead', 'dead', 'dead'],
  ['on-failure', 'back', 'back', 'back'],
  ['on-abnormal', 'back', 'dead', 'back'],
  ['on-abort', 'back', 'dead', 'back'],
  ['always', 'back', 'back', 'back'],
] as const;

describe('check says what systemd did after SIGABRT', () => {
  for (const [policy, direct, shell, exec] of RESTARTS) {
    for (const [wrapper, outcome] of Object.entries({ direct, shell, exec })) {
      test(`Restart=${policy}, ${wrapper}: ${outcome}`, async () => {
        const key = policy === '' ? '' : `Restart=${policy}\n`;
        const command = COMMANDS[wrapper as keyof typeof COMMANDS];
        const found = await verdicts(unit(key + KEPT, '', command));
        const dead = found.filter((one) => /^PYC01[012] error$/.test(one));
        expect(dead).toHaveLength(outcome === 'dead' ? 1 : 0);
      });
    }
  }
});

const GOOD = `Restart=on-failure\n${KEPT}`;
const STATE = 'StateDirectory=shop\nWorkingDirectory=/var/lib/shop\n';

test.each<[string, Record<string, string>, string[]]>([
  ['nothing wrong', unit(GOOD), []],
  [
    'always, and SIGABRT prevented',
    unit(`Restart=always\n${KEPT}RestartPreventExitStatus=SIGABRT\n`),
    ['PYC012 error'],
  ],
  ['a number is no signal', unit(`Restart=always\n${KEPT}RestartPreventExitStatus=6\n`), []],
  [
    '134 behind a shell',
    unit(`Restart=always\n${KEPT}RestartPreventExitStatus=134\n`, '', COMMANDS.shell),
    ['PYC012 error'],
  ],
  ['134 of the server itself', unit(`Restart=always\n${KEPT}RestartPreventExitStatus=134\n`), []],
  ['prevented, then reset', unit(`${GOOD}RestartPreventExitStatus=SIGABRT\nRestartPreventExitStatus=\n`), []],
  ['SIGABRT a success, with a core', unit(`${GOOD}SuccessExitStatus=SIGABRT\n`), ['PYC012 info']],
  [
    'SIGABRT a success, and no core',
    unit('Restart=on-failure\nRestartSec=2s\nSuccessExitStatus=SIGABRT\n'),
    ['PYC012 error', 'PYC015 error'],
  ],
  [
    '134 a success behind a shell',
    unit(`${GOOD}SuccessExitStatus=134\n`, '', COMMANDS.shell),
    ['PYC012 error'],
  ],
  ['SIGABRT a success, always', unit(`Restart=always\n${KEPT}SuccessExitStatus=SIGABRT\n`), []],
  ['a crash loop at the defaults', unit('Restart=on-failure\nLimitCORE=infinity\n'), ['PYC013 warning']],
  ['just slow enough', unit('Restart=on-failure\nRestartSec=2\nLimitCORE=infinity\n'), []],
  ['just too fast', unit('Restart=on-failure\nRestartSec=1999ms\nLimitCORE=infinity\n'), ['PYC013 warning']],
  ['no start limit', unit('Restart=on-failure\nLimitCORE=infinity\n', 'StartLimitIntervalSec=0'), []],
  ['the old name in [Service]', unit('Restart=on-failure\nLimitCORE=infinity\nStartLimitInterval=0\n'), []],
  [
    'the new name in [Service]',
    unit('Restart=on-failure\nLimitCORE=infinity\nStartLimitIntervalSec=0\n'),
    ['PYC013 warning', 'PYC014 error'],
  ],
  [
    'a loop reboots',
    unit('Restart=on-failure\nLimitCORE=infinity\n', 'StartLimitAction=reboot'),
    ['PYC013 error'],
  ],
  ['what does its work and ends', unit('Type=oneshot\n'), []],
  ['no restart, no loop', unit('LimitCORE=infinity\n'), ['PYC010 error']],
  ['no core limit', unit('Restart=on-failure\nRestartSec=2s\n'), ['PYC015 error']],
  ['core limit 0', unit('Restart=on-failure\nRestartSec=2s\nLimitCORE=0\n'), ['PYC015 error']],
  ['soft 0', unit('Restart=on-failure\nRestartSec=2s\nLimitCORE=0:infinity\n'), ['PYC015 error']],
  ['a small core limit', unit('Restart=on-failure\nRestartSec=2s\nLimitCORE=20M\n'), ['PYC015 warning']],
  ['a small file limit', unit(`${GOOD}LimitFSIZE=100M\n`), ['PYC015 warning']],
  ['a user and no directory', unit(`${GOOD}User=www-data\n`), ['PYC016 warning']],
  ['a user and its state directory', unit(`${GOOD}User=www-data\n${STATE}`), []],
  ['root in /', unit(GOOD), []],
  ['strict', unit(`${GOOD}ProtectSystem=strict\nWorkingDirectory=/srv/shop\n`), ['PYC016 warning']],
  [
    'strict, opened',
    unit(`${GOOD}ProtectSystem=strict\nWorkingDirectory=/srv/shop\nReadWritePaths=/srv\n`),
    [],
  ],
  ['strict, state directory', unit(`${GOOD}ProtectSystem=strict\n${STATE}`), []],
  ['full leaves /srv', unit(`${GOOD}ProtectSystem=full\nWorkingDirectory=/srv/shop\n`), []],
  [
    'full takes /usr',
    unit(`${GOOD}ProtectSystem=full\nWorkingDirectory=/usr/share/shop\n`),
    ['PYC016 warning'],
  ],
  ['ProtectHome', unit(`${GOOD}ProtectHome=read-only\nWorkingDirectory=/home/shop\n`), ['PYC016 warning']],
  ['DynamicUser alone', unit(`${GOOD}DynamicUser=yes\n`), ['PYC016 warning']],
  ['DynamicUser, state directory', unit(`${GOOD}DynamicUser=yes\n${STATE}`), []],
  ['a private /tmp', unit(`${GOOD}PrivateTmp=yes\nWorkingDirectory=/tmp\n`), ['PYC017 error']],
  ['the common /tmp', unit(`${GOOD}WorkingDirectory=/tmp\n`), []],
  ['a private /tmp elsewhere', unit(`${GOOD}PrivateTmp=yes\nWorkingDirectory=/srv/shop\n`), []],
  ['RuntimeDirectory', unit(`${GOOD}RuntimeDirectory=shop\nWorkingDirectory=/run/shop\n`), ['PYC017 error']],
  [
    'RuntimeDirectory kept',
    unit(`${GOOD}RuntimeDirectory=shop\nRuntimeDirectoryPreserve=restart\nWorkingDirectory=/run/shop\n`),
    [],
  ],
  [
    'LimtCORE',
    unit('Restart=on-failure\nRestartSec=2s\nLimtCORE=infinity\n'),
    ['PYC015 error', 'PYC020 error'],
  ],
  ['on-fail', unit(`Restart=on-fail\n${KEPT}`), ['PYC019 error']],
  ['an X- key', unit(`${GOOD}X-Reason=none\n`), []],
  [
    'harmless hardening',
    unit(
      `${GOOD}NoNewPrivileges=yes\nAmbientCapabilities=CAP_NET_BIND_SERVICE\nMemoryDenyWriteExecute=yes\nSystemCallFilter=@system-service\n`,
    ),
    [],
  ],
  ['--user as root', unit(GOOD, '', '/usr/bin/gunicorn -u www-data -w 2 shop.wsgi'), ['PYC030 error']],
  [
    '--user as that user',
    unit(`${GOOD}User=www-data\n${STATE}`, '', '/usr/bin/gunicorn -u www-data -w 2 shop.wsgi'),
    [],
  ],
  ['-t 4', unit(GOOD, '', '/usr/bin/gunicorn -t 4 -w 2 shop.wsgi'), ['PYC031 warning']],
  ['-t 0', unit(GOOD, '', '/usr/bin/gunicorn -t 0 -w 2 shop.wsgi'), []],
  ['runserver', unit(GOOD, '', '/usr/bin/python3 manage.py runserver'), ['PYC032 error']],
  ['one worker', unit(GOOD, '', '/usr/bin/gunicorn shop.wsgi'), ['PYC033 info']],
  [
    'hypercorn, on-failure',
    unit(GOOD, '', '/usr/bin/hypercorn -w 2 shop.asgi:application'),
    ['PYC034 error'],
  ],
  [
    'hypercorn, always',
    unit(`Restart=always\n${KEPT}`, '', '/usr/bin/hypercorn -w 2 shop.asgi:application'),
    [],
  ],
])('%s', async (_name, files, expected) => {
  expect(await verdicts(files)).toEqual(expected);
});

test('a drop-in decides over its unit', async () => {
  const dropIn = { 'deploy/shop.service.d/10-pycrash.conf': `[Service]\n${GOOD}` };
  expect(await verdicts({ ...unit('Restart=no\nLimitCORE=0\n'), ...dropIn })).toEqual([]);
});

test('a key is too new for one systemd and right for the next', async () => {
  const files = unit(`${GOOD}RestartSteps=3\nRestartMaxDelaySec=1min\n`);
  expect(await verdicts(files, 252)).toEqual(['PYC021 warning', 'PYC021 warning']);
  expect(await verdicts(files, 254)).toEqual([]);
  expect(await verdicts(files)).toEqual(['PYC021 unknown', 'PYC021 unknown']);
});

describe('what systemd waits for', () => {
  const UVICORN = '/srv/shop/venv/bin/uvicorn shop.asgi:application';
  const FEEDS = { 'requirements.txt': 'sdnotify==0.3.2\n' };

  test.each([
    ['Type=notify\n', COMMANDS.direct, {}, []],
    ['Type=notify\n', COMMANDS.exec, {}, []],
    ['Type=notify\n', COMMANDS.shell, {}, ['PYC046 unknown']],
    ['Type=notify\nNotifyAccess=all\n', COMMANDS.shell, {}, []],
    ['Type=notify\n', UVICORN, {}, ['PYC046 error']],
    ['Type=notify\n', UVICORN, FEEDS, []],
    ['Type=notify\nType=exec\n', UVICORN, {}, []],
    ['Type=forking\n', COMMANDS.direct, {}, ['PYC046 error']],
    ['Type=forking\n', `${COMMANDS.direct} --daemon`, {}, []],
    ['', `${COMMANDS.direct} --daemon`, {}, ['PYC029 error']],
    ['Type=forking\n', '/srv/shop/venv/bin/python serve.py', {}, ['PYC046 unknown']],
    ['WatchdogSec=30\n', COMMANDS.direct, {}, ['PYC047 error']],
    ['WatchdogSec=30\nWatchdogSec=0\n', COMMANDS.direct, {}, []],
    ['WatchdogSec=infinity\n', COMMANDS.direct, {}, []],
    ['WatchdogSec=30\n', '/srv/shop/venv/bin/python serve.py', {}, ['PYC047 unknown']],
    ['WatchdogSec=30\n', UVICORN, FEEDS, []],
    ['WatchdogSec=30\nWatchdogSignal=SIGKILL\n', UVICORN, FEEDS, ['PYC047 warning']],
    ['WatchdogSec=30\nWatchdogSignal=SIGQUIT\n', UVICORN, FEEDS, []],
  ])('%j, %s, %j: %j', async (service, command, more, expected) => {
    const files = { ...unit(GOOD + service, 'StartLimitIntervalSec=0', command), ...more };
    const found = await verdicts(files);
    expect(found.filter((one) => /^PYC0(29|4[67])/.test(one))).toEqual(expected);
  });
});

describe('a script of the repository that goes on after the server', () => {
  const SERVER = '/srv/shop/venv/bin/gunicorn --workers 2 shop.wsgi:application';

  test.each([
    [`#!/bin/sh\n${SERVER}\necho ended\n`, 1],
    [`#!/bin/sh\nset -e\n${SERVER}\necho ended\n`, 0],
    [`#!/bin/sh -e\n${SERVER}\necho ended\n`, 0],
    [`#!/bin/sh\nexec ${SERVER}\n`, 0],
    [`#!/bin/sh\n${SERVER} 2>&1 | tee /var/log/shop.log\n`, 1],
    [`#!/bin/bash\nset -o pipefail\n${SERVER} 2>&1 | tee /var/log/shop.log\n`, 0],
    [`#!/bin/sh\nif [ "$1" = web ]; then\n  ${SERVER}\nfi\n`, 0],
  ])('%j: %i', async (script, expected) => {
    const files = unit(GOOD, 'StartLimitIntervalSec=0', '/srv/shop/bin/start.sh');
    const found = await verdicts({ ...files, 'bin/start.sh': script });
    expect(found.filter((one) => one.startsWith('PYC024'))).toHaveLength(expected);
  });
});
