import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { pycrash } from '../e2e/pycrash.ts';
import { useBucket } from './bucket.ts';
import { crash } from './crashed.ts';

const BIN = fileURLToPath(new URL('../../dist/pycrash.js', import.meta.url));
const PART = 8 * 1024 * 1024;
const CORES = 20;
const KILLS = 50;
const bucket = useBucket();

test(
  'killed at 50 random points, every core is in the store once and whole in the end, and nothing is left over',
  { timeout: 600_000 },
  async () => {
    const { host } = bucket;
    for (let number = 1; number <= CORES; number += 1)
      await crash(join(host.cores, `core.${number}`), number % 7 === 0 ? { padding: 1.5 * PART } : {});
    const hashes = readdirSync(host.cores).map((name) => hash(readFileSync(join(host.cores, name))));
    const args = ['collect', '.', '--to', bucket.address, '--spool', host.spool];
    const env = { ...host.env, ...bucket.server?.env };
    let killed = 0;
    // of a run that came to its end: on a fast machine most kills would come too late otherwise
    let longest = 2500;
    for (let round = 0; round < KILLS; round += 1) {
      const kill = new AbortController();
      // most of a run is its start: the points are spread over what comes after it, too
      const after = pause(Math.random() * longest).then(() => kill.abort());
      const begun = performance.now();
      const { exitCode } = await pycrash(args, { cwd: host.cores, env, kill: kill.signal });
      if (exitCode === -1) killed += 1;
      else longest = 1.2 * (performance.now() - begun);
      await after;
    }
    expect(killed).toBeGreaterThan(5);
    await bucket.collected();

    const crashes = await bucket.listed();
    expect(crashes.map(({ sha256 }) => sha256).sort()).toEqual(hashes.sort());
    const cores = await bucket.objects(/\/cores\//);
    expect(cores.map(({ key }) => key).sort()).toEqual(crashes.map(({ core }) => `shop/${core}`).sort());
    for (const { key, bytes } of cores) {
      const { stdout } = await execa('zstd', ['-dc'], { input: bytes, encoding: 'buffer' });
      expect(hash(stdout)).toBe(crashes.find(({ core }) => key.endsWith(core))?.sha256);
    }
    expect(await bucket.objects(/./)).toHaveLength(4 * CORES);
    expect(await bucket.openUploads()).toBe(0);
    expect(readdirSync(host.cores)).toEqual([]);
    expect(filesIn(join(host.spool, 'work'))).toEqual([]);
    expect(filesIn(join(host.spool, 'uploads'))).toEqual([]);
    expect(filesIn(join(host.spool, 'shipped')).sort()).toEqual(crashes.map(({ id }) => id).sort());
    expect(
      filesIn(join(host.spool, 'objects')).filter(
        (name) => !/^(crashes|reports)\/.*\.(json|txt)$/.test(name),
      ),
    ).toEqual([]);
  },
);

test('of two collectors on one spool, one waits for the other', async () => {
  const { host } = bucket;
  mkdirSync(host.spool);
  const lock = execa('flock', [join(host.folder, 'spool', 'lock'), 'cat'], { reject: false, stdin: 'pipe' });
  try {
    await crash(join(host.cores, 'core'));
    const waiting = execa(process.execPath, [BIN, 'collect', '.', '--spool', host.spool], {
      cwd: host.cores,
      env: host.env,
    });
    let said = '';
    waiting.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    while (!said.includes('waiting for it') && waiting.exitCode === null) await pause(50);
    expect(said).toMatch(/another pycrash works on the spool/);
    expect(readdirSync(host.cores)).toEqual(['core']);
    lock.stdin.end();
    expect((await waiting).exitCode).toBe(0);
    expect(readdirSync(host.cores)).toEqual([]);
  } finally {
    lock.kill();
  }
});

test('a spool of another version is left alone', async () => {
  const { host } = bucket;
  await bucket.run(['collect', '--spool', host.spool]);
  writeFileSync(join(host.spool, 'version'), '9\n');
  await crash(join(host.cores, 'core'));
  const outcome = await bucket.collect();
  expect(outcome.exitCode).toBe(3);
  expect(outcome.stderr).toMatch(/has the format 9; this version writes 1/);
  expect(readdirSync(host.cores)).toEqual(['core']);
});

test('a core that is still being written is waited for', async () => {
  const { host } = bucket;
  await crash(join(host.folder, 'whole'));
  const whole = readFileSync(join(host.folder, 'whole'));
  const target = join(host.cores, 'core');
  writeFileSync(target, whole.subarray(0, whole.length / 2));
  const running = bucket.collect();
  for (let at = whole.length / 2; at < whole.length; at += 500_000) {
    await pause(200);
    writeFileSync(target, whole.subarray(at, at + 500_000), { flag: 'a' });
  }
  expect((await running).exitCode).toBe(0);
  expect((await bucket.listed()).map(({ sha256 }) => sha256)).toEqual([hash(whole)]);
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
