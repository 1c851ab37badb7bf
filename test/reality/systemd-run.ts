import { execa } from 'execa';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeCgroup } from '../../src/crashtest/journal.ts';
// before its supervisors, which import it in a circle
import '../../src/crashtest/launch.ts';
import type { Place } from '../../src/crashtest/place.ts';
import { cgroupsOf, endPrivateRoot, startPrivateRoot, writeOver } from '../../src/crashtest/private-root.ts';
import { waitFor } from '../../src/crashtest/wait.ts';
import { saidOf, startCrashServer } from './crash-server.ts';
import type { Row } from './verdict.ts';
import { commandOf, PLAIN, WITH_MODULE } from './programs.ts';
import { unitFiles, type Variant } from './systemd.ts';

/** The default start limit is five starts. */
const CRASHES = 6;

export interface SystemdRun {
  version: string;
  rows: Row[];
  /** Did every unit come to something that stays? */
  settled: boolean;
}

/**
 * What `check` says of each unit, and what then happens when a systemd in namespaces of its own starts them all and each
 * is crashed six times in a row. `quiet`: seconds without a start after which nothing more is waited for.
 */
export async function runUnits(variants: readonly Variant[], quiet = Infinity): Promise<SystemdRun> {
  const server = await startCrashServer(variants.map(({ name }) => ({ name, crashes: CRASHES, after: 0 })));
  const { port } = server;
  const version = (await execa('systemctl', ['--version'])).stdout.split(' ')[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-reality-'));
  const token = folder.slice(-6);
  const cgroups = cgroupsOf(token);
  let first: number | undefined;
  try {
    const place: Place = { folder, token, tree: '', planted: '', reports: '', cores: '', prefix: '' };
    for (const [file, text] of Object.entries({ ...PLAIN, ...WITH_MODULE })) {
      writeOver(place, `opt/reality/${file}`, text);
    }
    const said = new Map<string, string[]>();
    for (const variant of variants) {
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
    for (const cgroup of cgroups) mkdirSync(cgroup);
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
    const given = variants
      .filter((variant) => variant.given === true)
      .map(({ name }) => `/srv/reality-${name}`);
    if (given.length > 0) await execa('nsenter', ['-t', String(first), '-a', 'chown', 'www-data', ...given]);
    const inside = ['-t', String(first), '-a', 'systemctl'];
    const names = variants.map(({ name }) => `reality-${name}.service`);
    await execa('nsenter', [...inside, 'start', '--no-block', ...names], { reject: false });
    let starts = 0;
    let since = performance.now();
    // what ends by itself starts for ever: no more starts are counted than show it
    const settled = await waitFor(90, async () => {
      const { stdout } = await execa(
        'nsenter',
        [...inside, 'show', '-p', 'ActiveState,SubState,Job,NRestarts', ...names],
        { reject: false },
      );
      const states = stdout.split('\n\n');
      const all = variants.every(({ name, endsByItself }, index) => {
        if (endsByItself === true) return server.seen(name).starts > CRASHES + 1;
        if (server.isBack(name)) return true;
        const state = states[index] ?? '';
        // started in vain, again and again
        const restarts = Number(/^NRestarts=(\d+)$/m.exec(state)?.[1] ?? 0);
        if (server.seen(name).starts === 0 && restarts > CRASHES) return true;
        // `exited`: RemainAfterExit=
        return /ActiveState=(failed|inactive)|SubState=exited/.test(state) && !/^Job=[1-9]/m.test(state);
      });
      const now = variants.reduce(
        (sum, { name }) => sum + Math.min(server.seen(name).starts, CRASHES + 2),
        0,
      );
      if (now !== starts) since = performance.now();
      starts = now;
      return (all && quiet === Infinity) || performance.now() - since > quiet * 1000 ? all : undefined;
    });
    const rows = variants.map(({ name }) =>
      rowOf(name, said.get(name) ?? [], server.seen(name), server.isBack(name)),
    );
    return { version, rows, settled: settled === true };
  } finally {
    if (first !== undefined) await endPrivateRoot(first);
    server.close();
    for (const cgroup of cgroups) await waitFor(10, () => (removeCgroup(cgroup) ? true : undefined));
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowOf(
  name: string,
  said: readonly string[],
  { starts, core }: { starts: number; core: number },
  isBack: boolean,
): Row {
  const hasCore = core > 1_000_000;
  const ended = starts > CRASHES + 1;
  const happened = isBack
    ? `${ended ? 'ends by itself, again and again' : 'back every time'}, ${hasCore ? 'with a core' : 'no core'}`
    : starts > 1
      ? 'given up after some crashes'
      : starts === 1
        ? 'stays down'
        : 'never starts';
  return { name, said, happened, good: isBack && hasCore && !ended };
}
