// verify --attach where systemd looks after the service: it is found by its unit, and so is the core.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../src/crashtest/address.ts';
import { waitFor } from '../../src/crashtest/wait.ts';
import { hasPart, needs } from '../parts.ts';
import { pycrash } from './pycrash.ts';
import { Example, PAGE, Verified } from './verify/example.ts';
import { PrivateMachine, USER } from './verify/private-machine.ts';

const ROUTE = '/crash-91c7';
const TOKEN = 'of-the-test-'.repeat(4);

let shop: Example;
let machine: PrivateMachine;
let url: string;

beforeAll(async () => {
  if (!hasPart('root') || !hasPart('systemd')) return;
  shop = await Example.initialised('django-shop', undefined, undefined, undefined, ['--with', 'crash-route']);
  writeFileSync(join(shop.root, 'shop/page.py'), PAGE);
  execFileSync('chmod', ['-R', 'a+rX', shop.folder]);
  const port = await freePort();
  url = `http://127.0.0.1:${port}/nothing-here/`;
  const environment = {
    DJANGO_SECRET_KEY: 'of-the-test',
    PYTHONPATH: shop.root,
    PYCRASH_CRASH_ROUTE: ROUTE,
    PYCRASH_CRASH_TOKEN: TOKEN,
  };
  const unit = [
    '[Service]',
    `User=${USER.name}`,
    // the core is where only the service has it
    'PrivateTmp=yes',
    'WorkingDirectory=/tmp',
    `BindReadOnlyPaths=${shop.folder}`,
    'LimitCORE=infinity',
    'Restart=on-failure',
    ...Object.entries(environment).map(([name, value]) => `Environment=${name}=${value}`),
    `ExecStart=${shop.python} -m gunicorn --bind 127.0.0.1:${port} --workers 2 shop.page:application`,
    '',
  ];
  machine = await PrivateMachine.boot([shop.folder], { '/etc/systemd/system/shop.service': unit.join('\n') });
  await machine.run('systemctl', 'start', 'shop');
  const up = await waitFor(60, async () =>
    (await fetch(url).catch(() => undefined))?.status === 200 ? true : undefined,
  );
  if (up !== true) throw new Error(await machine.run('journalctl', '--no-pager', '--unit=shop'));
}, 120_000);

beforeEach((context) => needs(context, 'root', 'systemd', 'plain core pattern'));

afterAll(async () => {
  await machine?.stop();
  shop?.remove();
});

async function attach(...words: string[]): Promise<Verified> {
  const options = ['--json', '--timeout', '30', '--attach', url, '--allow-crash', ROUTE];
  const through = [...machine.asRoot, 'env', `PYCRASH_CRASH_TOKEN=${TOKEN}`];
  return new Verified(await pycrash(['verify', ...options, ...words], { through }));
}

const GOOD = { start: true, abort: true, recovery: true, 'core-present': true, report: true };

test.for(['--unit', '--pid'])('a deployed service by %s: the core of its worker is found', async (option) => {
  const main = await machine.run('systemctl', 'show', '--property=MainPID', '--value', 'shop');
  const { outcome, document, steps, detail } = await attach(option, option === '--unit' ? 'shop' : main);
  expect(steps, outcome.stderr).toEqual(GOOD);
  expect(outcome.exitCode).toBe(0);
  expect(detail('core-present')).toMatch(/^\/tmp\/core\S*, \d+ bytes$/);
  expect(document?.cores[0]?.report?.exceptions[0]?.chain[0]?.type).toContain('RequestedCrashError');
  // only a worker has gone
  expect(await machine.run('systemctl', 'show', '--property=MainPID', '--value', 'shop')).toBe(main);
});

test('a unit that does not run, and one that is not there: nothing is crashed', async () => {
  const main = await machine.run('systemctl', 'show', '--property=MainPID', '--value', 'shop');
  const children = await machine.run('ps', '--ppid', main, '-o', 'pid=');
  const { outcome } = await attach('--unit', 'no-such-unit');
  expect(outcome.exitCode).toBe(3);
  expect(outcome.stderr).toContain('the unit no-such-unit has no main process now');
  expect(await machine.run('ps', '--ppid', main, '-o', 'pid=')).toBe(children);
});
