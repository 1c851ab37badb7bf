import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { waitFor } from '../../src/crashtest/wait.ts';
import { needs } from '../parts.ts';
import type { PythonVersion } from '../python-environment.ts';
import { Example, SECRET, type Verified } from './verify/example.ts';

const SYSTEMD = ['--supervisor', 'systemd', ...SECRET];
const DROP_IN = 'deploy/django-shop.service.d/10-pycrash.conf';

let shop: Example;

beforeAll(async () => {
  shop = await Example.initialised('django-shop');
});

beforeEach((context) => needs(context, 'root', 'systemd', 'plain core pattern'));

afterAll(() => shop.remove());

test.for<[PythonVersion, string, string]>([
  ['3.11', 'Django~=5.2.0', 'systemd'],
  // the repository has a unit and nothing else
  ['3.9', 'Django~=4.2.0', 'auto'],
])(
  "the shop by its own unit: the arbiter's crash and a loop of crashes are survived too (%s, %s, %s)",
  async ([python, django, supervisor]) => {
    const own = await Example.initialised('django-shop', python, django);
    const before = machine();
    const { outcome, document, steps } = await own.verify(['--supervisor', supervisor, ...SECRET]);
    expect(steps, outcome.stderr).toMatchObject({
      start: true,
      'handled-errors': true,
      abort: true,
      'log-line': true,
      'wait-status': true,
      'core-present': true,
      'core-complete': true,
      'cores-distinct': true,
      recovery: true,
      'main-process': true,
      'start-limit': true,
      'crash-budget': true,
      'clean-up': true,
    });
    expect(outcome.exitCode).toBe(0);
    expect(document).toMatchObject({ ok: true, server: 'gunicorn', supervisor: 'systemd' });
    expect(document?.cores.map(({ path }) => path)).toEqual(Array(4).fill('/srv/shop/core'));
    expect(detail(document, 'start')).toContain(
      'deploy/django-shop.service and 1 drop-in in a private systemd',
    );
    expect(detail(document, 'main-process')).toContain('code=dumped, status=6/ABRT');
    expect(machine()).toEqual(before);
    expect(own.changes()).toBe('');
    own.remove();
  },
);

test('a unit as people write it: its main process stays down', async () => {
  const text = readFileSync(join(shop.root, DROP_IN), 'utf8');
  rmSync(join(shop.root, DROP_IN));
  try {
    const { outcome, document, steps } = await shop.verify(SYSTEMD);
    expect(outcome.exitCode).toBe(1);
    // gunicorn itself replaces a worker; nobody replaces gunicorn
    expect(steps, outcome.stderr).toMatchObject({ abort: true, recovery: true, 'main-process': false });
    expect(detail(document, 'main-process')).toContain('Look at Restart=');
  } finally {
    writeFileSync(join(shop.root, DROP_IN), text);
  }
});

test('a socket that systemd listens on, and a run that was killed before', async () => {
  const unit = join(shop.root, 'deploy/django-shop.service');
  const text = readFileSync(unit, 'utf8');
  writeFileSync(unit, text.replace('After=', 'Requires=django-shop.socket\nAfter='));
  writeFileSync(
    join(shop.root, 'deploy/django-shop.socket'),
    '[Socket]\nListenStream=/run/django-shop.sock\n',
  );
  const killed = new AbortController();
  const stopped = shop.verify(SYSTEMD, {}, killed.signal);
  try {
    await waitFor(20, () => (shop.cgroups().length > 0 ? true : undefined));
    killed.abort();
    await stopped;
    const left = shop.cgroups();
    expect(left).not.toEqual([]);
    const { outcome, steps } = await shop.verify(SYSTEMD);
    expect(steps, outcome.stderr).toMatchObject({
      abort: true,
      recovery: true,
      'main-process': true,
      'clean-up': true,
    });
    expect(left.filter((cgroup) => existsSync(cgroup))).toEqual([]);
  } finally {
    writeFileSync(unit, text);
    rmSync(join(shop.root, 'deploy/django-shop.socket'));
  }
});

test('a unit that systemd refuses: its reason, exit code 3', async () => {
  const unit = join(shop.root, 'deploy/django-shop.service');
  const text = readFileSync(unit, 'utf8');
  writeFileSync(
    unit,
    text
      .replace('[Service]', '[Service]\nRequiresMountsFor=/srv')
      .replace('After=network.target', 'Requires=no-such.service'),
  );
  try {
    const { outcome, document } = await shop.verify(SYSTEMD);
    expect(outcome.exitCode).toBe(3);
    expect(detail(document, 'start')).toContain('Unit no-such.service not found');
    expect(document?.steps.at(-1)).toMatchObject({ id: 'clean-up', ok: true });
  } finally {
    writeFileSync(unit, text);
  }
});

function detail(document: Verified['document'], id: string): string {
  return document?.steps.find((step) => step.id === id)?.detail ?? '';
}

/** What a private systemd must not change. */
function machine(): unknown {
  return {
    mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
    pattern: readFileSync('/proc/sys/kernel/core_pattern', 'utf8'),
    units: readdirSync('/etc/systemd/system'),
    run: readdirSync('/run').includes('pycrash-verify'),
  };
}
