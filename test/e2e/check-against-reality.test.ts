import { execa } from 'execa';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, test, expect } from 'vitest';
import { removeCgroup } from '../../src/crashtest/journal.ts';
// before its supervisors, which import it in a circle
import '../../src/crashtest/launch.ts';
import type { Place } from '../../src/crashtest/place.ts';
import { endPrivateRoot, startPrivateRoot, writeOver } from '../../src/crashtest/private-root.ts';
import { cgroupsOf } from '../../src/crashtest/private-root.ts';
import { waitFor } from '../../src/crashtest/wait.ts';
import { needs } from '../parts.ts';
import { saidOf, startCrashServer } from '../reality/crash-server.ts';
import { expectSection, type Row } from '../reality/page.ts';
import { commandOf, PLAIN, WITH_MODULE } from '../reality/programs.ts';
import { UNITS, unitFiles } from '../reality/systemd.ts';

/** The default start limit is five starts. */
const CRASHES = 6;

test('check calls no systemd unit good that then is not', async (context) => {
  needs(context, 'root', 'systemd', 'plain core pattern');
  const server = await startCrashServer(UNITS.map(({ name }) => ({ name, crashes: CRASHES, after: 0 })));
  const { port } = server;
  const version = (await execa('systemctl', ['--version'])).stdout.split(' ')[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-reality-'));
  const token = folder.slice(-6);
  const place: Place = { folder, token, tree: '', planted: '', reports: '', cores: '', prefix: '' };
  for (const [file, text] of Object.entries({ ...PLAIN, ...WITH_MODULE })) {
    writeOver(place, `opt/reality/${file}`, text);
  }
  const said = new Map<string, string[]>();
  for (const variant of UNITS) {
    const program = commandOf(variant.module === true, '/opt/reality', port, variant.name);
    const files = unitFiles(variant, program);
    for (const [file, text] of Object.entries(files)) writeOver(place, `etc/systemd/system/${file}`, text);
    const own = `srv/reality-${variant.name}`;
    writeOver(place, `${own}/of-root`, '');
    const repository = {
      ...files,
      ...(variant.module === true ? WITH_MODULE : {}),
      ...(variant.given === true ? { 'debian/postinst': `chown www-data /${own}\n` } : {}),
    };
    said.set(variant.name, await saidOf(repository, { systemd: Number(version) }));
  }
  const cgroups = cgroupsOf(token);
  for (const cgroup of cgroups) mkdirSync(cgroup);
  let first: number | undefined;
  onTestFinished(async () => {
    if (first !== undefined) await endPrivateRoot(first);
    server.close();
    for (const cgroup of cgroups) await waitFor(10, () => (removeCgroup(cgroup) ? true : undefined));
    rmSync(folder, { recursive: true, force: true });
  });
  first = await startPrivateRoot({
    place,
    supervisor: 'systemd',
    script: 'verify/private-systemd.sh',
    shared: [],
    cgroups,
    ready: async (pid) =>
      /^(running|degraded)$/.test(
        (
          await execa('nsenter', ['-t', String(pid), '-a', 'systemctl', 'is-system-running'], {
            reject: false,
          })
        ).stdout,
      ),
  });
  const given = UNITS.filter((variant) => variant.given === true).map(({ name }) => `/srv/reality-${name}`);
  await execa('nsenter', ['-t', String(first), '-a', 'chown', 'www-data', ...given]);
  const inside = ['-t', String(first), '-a', 'systemctl'];
  const names = UNITS.map(({ name }) => `reality-${name}.service`);
  await execa('nsenter', [...inside, 'start', '--no-block', ...names], { reject: false });
  const settled = await waitFor(90, async () => {
    const { stdout } = await execa('nsenter', [
      ...inside,
      'show',
      '-p',
      'ActiveState,SubState,Job',
      ...names,
    ]);
    const states = stdout.split('\n\n');
    const all = UNITS.every(({ name, endsByItself }, index) => {
      if (endsByItself === true) return server.seen(name).starts > CRASHES + 1;
      if (server.isBack(name)) return true;
      const state = states[index] ?? '';
      // `exited`: RemainAfterExit=
      return /ActiveState=(failed|inactive)|SubState=exited/.test(state) && !/^Job=[1-9]/m.test(state);
    });
    return all ? true : undefined;
  });
  expect(settled).toBe(true);
  const rows = UNITS.map(({ name }): Row => {
    const { starts, core } = server.seen(name);
    const isBack = server.isBack(name);
    const hasCore = core > 1_000_000;
    const ended = starts > CRASHES + 1;
    const happened = isBack
      ? `${ended ? 'ends by itself, again and again' : 'back every time'}, ${hasCore ? 'with a core' : 'no core'}`
      : starts > 1
        ? 'given up after some crashes'
        : starts === 1
          ? 'stays down'
          : 'never starts';
    return { name, said: said.get(name) ?? [], happened, good: isBack && hasCore && !ended };
  });
  expectSection('systemd', `systemd ${version}`, rows);
});
