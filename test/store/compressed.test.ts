import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useBucket } from './bucket.ts';
import { crash } from './crashed.ts';

const bucket = useBucket();

/** A core compressed by that program, and the SHA-256 of the core; it was written a minute ago, so that it is not waited for. */
async function compressed(name: string, program: string, args: readonly string[]): Promise<string> {
  const plain = join(bucket.host.folder, 'plain');
  await crash(plain);
  const core = readFileSync(plain);
  const path = join(bucket.host.cores, name);
  writeFileSync(path, execFileSync(program, args, { input: core, maxBuffer: 1 << 28 }));
  const time = new Date(Date.now() - 60_000);
  utimesSync(path, time, time);
  return createHash('sha256').update(core).digest('hex');
}

test('what systemd-coredump compressed is collected as the core that it is', async () => {
  const hashes = [
    await compressed('core.python3.0.b0.11.1.zst', 'zstd', ['-qc']),
    await compressed('core.python3.0.b0.12.2.lz4', 'lz4', ['-qc']),
    await compressed('core.python3.0.b0.13.3.xz', 'xz', ['-qc0']),
  ];
  const [first = ''] = readdirSync(bucket.host.cores);
  const { mtimeMs } = statSync(join(bucket.host.cores, first));
  const report = (await bucket.run(['report', join(bucket.host.cores, first), '--json'])).stdout;
  writeFileSync(join(bucket.host.cores, '.#core.python3.0.b0.14.4.zst'), 'half written');
  writeFileSync(join(bucket.host.cores, 'log.gz'), execFileSync('gzip', ['-c'], { input: 'a log' }));
  await bucket.collected();
  expect(readdirSync(bucket.host.cores)).toEqual(['.#core.python3.0.b0.14.4.zst', 'log.gz']);
  const found = await bucket.listed();
  expect(found.map(({ sha256 }) => sha256).sort()).toEqual(hashes.sort());
  const [one] = await bucket.listed(`path=*${first}`);
  const { stdout } = await bucket.cores('report', one?.id ?? '', '--json');
  expect(stdout).toBe(report);
  const got = join(bucket.host.cores, 'got');
  expect((await bucket.cores('get', one?.id ?? '', '--output', got)).exitCode).toBe(0);
  expect(Math.abs(statSync(got).mtimeMs - mtimeMs)).toBeLessThan(1);
  // the same core, compressed or not, is collected once
  execFileSync('zstd', ['-q', got]);
  await bucket.collected();
  expect(await bucket.listed()).toHaveLength(3);
});

test('a compressed core that is cut off stays where it is', async () => {
  await compressed('core.zst', 'zstd', ['-qc']);
  const path = join(bucket.host.cores, 'core.zst');
  truncateSync(path, Math.floor(statSync(path).size / 2));
  const time = new Date(Date.now() - 60_000);
  utimesSync(path, time, time);
  const outcome = await bucket.collect();
  expect(outcome.stdout).toMatch(/left .*core\.zst: it cannot be unpacked to its end: /);
  expect(readdirSync(bucket.host.cores)).toEqual(['core.zst']);
});

test('without the program that unpacks it, it is named', async () => {
  await compressed('core.lz4', 'lz4', ['-qc']);
  bucket.env['PATH'] = bucket.host.folder;
  execFileSync('ln', [
    '-s',
    execFileSync('which', ['flock'], { encoding: 'utf8' }).trim(),
    bucket.host.folder,
  ]);
  execFileSync('ln', ['-s', '/bin/sh', '/bin/cat', bucket.host.folder]);
  const outcome = await bucket.collect();
  expect(outcome.exitCode).toBe(3);
  expect(outcome.stdout).toMatch(/failed .*core\.lz4: .*lz4, and there is no program lz4; the core stays/);
  expect(readdirSync(bucket.host.cores)).toEqual(['core.lz4']);
});
