import { execa } from 'execa';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../../src/crashtest/wait.ts';
import { needs } from '../parts.ts';
import { Example, SECRET } from './verify/example.ts';

const BUNDLE = join(import.meta.dirname, '../../dist/pycrash.js');
const KILLS = 20;
/** In milliseconds: by then every phase up to the crashes has begun. */
const LONGEST = 4000;

let shop: Example;

beforeAll(async () => {
  shop = await Example.initialised('django-shop');
});

afterAll(() => shop.remove());

test(`killed at ${KILLS} random moments: the next run removes what was left, and nothing else has changed`, async (context) => {
  needs(context, 'root', 'systemd', 'supervisord', 's6');
  const places = join(shop.folder, 'places');
  mkdirSync(places);
  const environment = { XDG_STATE_HOME: join(shop.folder, 'state'), TMPDIR: places };
  const before = machine();
  const random = sequence(20_261_123);
  let left = 0;
  const cgroups = new Set<string>();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const supervisor = ['systemd', 'none', 'supervisord', 's6'][kill % 4] ?? 'none';
    const words = ['verify', '--supervisor', supervisor, '--python', shop.python, ...SECRET, shop.root];
    const running = execa(process.execPath, [BUNDLE, ...words], {
      env: environment,
      reject: false,
      stdio: 'ignore',
    });
    await sleep(random() * LONGEST);
    running.kill('SIGKILL');
    await running;
    if (readdirSync(places).length > 0 && processesOf(places).length > 0) left += 1;
    for (const cgroup of shop.cgroups()) cgroups.add(cgroup);
  }
  // else this test shows nothing
  expect(left).toBeGreaterThan(KILLS / 4);
  expect(cgroups.size).toBeGreaterThan(0);
  const last = await shop.verify(['--timeout', '1'], environment);
  expect(last.outcome.exitCode).toBe(3);
  expect(readdirSync(places)).toEqual([]);
  expect(readdirSync(join(shop.folder, 'state/pycrash/verify'))).toEqual([]);
  expect([...cgroups].filter((cgroup) => existsSync(cgroup))).toEqual([]);
  // gdb, which reads a core of a killed run, ends by itself
  await waitFor(30, () => (processesOf(places).length === 0 ? true : undefined));
  expect(processesOf(places)).toEqual([]);
  expect(machine()).toEqual(before);
  expect(shop.changes()).toBe('');
});

/** Numbers from 0 to 1, the same in every run (a linear congruential generator, Numerical Recipes). */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Processes that have a folder of these runs in their environment or on their command line. */
function processesOf(places: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const texts = ['environ', 'cmdline'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1'));
      return texts.some((text) => text.includes(`${places}/`));
    } catch {
      return false;
    }
  });
}

/** What belongs to the machine. */
function machine(): unknown {
  const settings = ['kernel/core_pattern', 'kernel/core_uses_pid', 'fs/suid_dumpable'];
  return {
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes('pycrash-verify')),
    settings: settings.map((name) => readFileSync(`/proc/sys/${name}`, 'utf8')),
  };
}
