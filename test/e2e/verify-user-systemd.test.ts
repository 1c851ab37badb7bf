// verify by a user who is not root, under a real systemd of that user.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { waitFor } from '../../src/crashtest/wait.ts';
import { hasPart, needs } from '../parts.ts';
import { pycrash } from './pycrash.ts';
import { Example, GOOD, SECRET, Verified } from './verify/example.ts';
import { PrivateMachine, USER } from './verify/private-machine.ts';

const UNITS = `${USER.runtime}/systemd/user`;
const JOURNAL = `${USER.home}/.local/state/pycrash/verify`;

let shop: Example;
let machine: PrivateMachine;

beforeAll(async () => {
  if (!hasPart('root') || !hasPart('systemd')) return;
  shop = await Example.initialised('django-shop');
  // and what more a unit has that a user cannot
  const unit = join(shop.root, 'deploy/django-shop.service');
  const text = readFileSync(unit, 'utf8')
    .replace('After=', 'Requires=postgresql.service\nAfter=')
    .replace('[Service]', '[Service]\nProtectSystem=strict\nRuntimeDirectory=shop\nExecStartPre=+/bin/false')
    .replace('--workers 2', '--workers 2 --pid /run/shop/pid --access-logfile /var/log/shop/access.log');
  writeFileSync(unit, text);
  execFileSync('chmod', ['-R', 'a+rX', shop.folder]);
  machine = await PrivateMachine.boot([shop.folder]);
  await machine.run('systemctl', 'start', 'manager-of-user');
  // a unit of the user that has nothing to do with it
  const other = `mkdir -p ${UNITS} && printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >${UNITS}/other.service`;
  await machine.runAsUser('sh', '-c', `${other} && systemctl --user start other`);
}, 120_000);

beforeEach((context) => needs(context, 'root', 'systemd', 'plain core pattern'));

afterAll(async () => {
  await machine?.stop();
  shop?.remove();
});

async function verify(args: readonly string[] = [], through = machine.asUser): Promise<Verified> {
  const common = ['--json', '--python', shop.python, '--timeout', '30'];
  return new Verified(await pycrash(['verify', ...common, ...args, ...SECRET, shop.root], { through }));
}

/** What the user's systemd has, and the files of its units. */
function unitsOfUser(): Promise<string> {
  const commands = [
    `ls ${UNITS} ${USER.runtime}`,
    'systemctl --user show --property=Id,MainPID,ActiveState,InvocationID other',
    "systemctl --user list-units --all --plain --no-legend 'pycrash*'",
  ];
  return machine.runAsUser('sh', '-c', commands.join('; '));
}

test("the shop's unit under the systemd of a user, after a run that was killed: what a user cannot have is said", async () => {
  const before = [await unitsOfUser(), shop.changes()];
  const killed = verify();
  const started = await waitFor(60, async () => {
    const units = await unitsOfUser();
    return /pycrash-verify-\S+ +loaded +active/.test(units) ? units : undefined;
  });
  expect(started).toContain('pycrash-verify-');
  const [journal = ''] = (await machine.runAsUser('ls', JOURNAL)).split('\n');
  await machine.run('kill', '-KILL', journal.split('-')[0] ?? '');
  await killed;
  expect(await unitsOfUser()).toContain('pycrash-verify-');

  const { outcome, document, steps, detail } = await verify();
  expect(steps, outcome.stderr).toMatchObject({
    ...GOOD,
    'as-deployed': 'unknown',
    'main-process': true,
    'start-limit': true,
  });
  expect(outcome.exitCode).toBe(0);
  expect(document).toMatchObject({ server: 'gunicorn', supervisor: 'systemd' });
  expect(detail('start')).toMatch(
    /^deploy\/django-shop\.service as a unit of this user, .* 2 workers as tester$/,
  );
  expect(detail('as-deployed')).toContain(
    'without Requires= After= ProtectSystem= ExecStartPre= User= Group= EnvironmentFile=, ',
  );
  expect(detail('as-deployed')).toContain(
    'with other folders for /srv/shop /srv/shop/venv /var/lib/django-shop /run/shop /var/log/shop.',
  );
  expect(detail('abort')).toContain('each of 2 workers aborted twice');
  expect(detail('main-process')).toContain('code=dumped, status=ABRT, core of');
  expect([await unitsOfUser(), shop.changes()]).toEqual(before);
  expect(await machine.run('ls', '/tmp')).not.toContain('pycrash-verify-');
});

test('a user without a systemd of its own: said, with what would give one', async () => {
  const without = [...machine.asUser, 'XDG_RUNTIME_DIR=/nonexistent'];
  const { outcome } = await verify(['--supervisor', 'systemd'], without);
  expect(outcome.exitCode).toBe(3);
  expect(outcome.stderr).toContain('a private systemd takes root, and this user has none (systemctl --user)');
  expect(outcome.stderr).toContain('loginctl enable-linger');
});
