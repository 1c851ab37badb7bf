import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { needs } from '../parts.ts';
import { useBucket } from './bucket.ts';
import { crash } from './crashed.ts';
import { startFaultyProxy, type FaultyProxy } from './faulty-proxy.ts';

const BIN = fileURLToPath(new URL('../../dist/pycrash.js', import.meta.url));
const bucket = useBucket();
let proxy: FaultyProxy | undefined;

afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
});

test('of a crash loop so many cores are kept, the first of each release, and every report', async () => {
  for (const number of [1, 2, 3, 4]) await crash(join(bucket.host.cores, `core.${number}`), { release: '1' });
  await bucket.collected('--cores-per-fingerprint', '2');
  expect(await bucket.objects(/\/cores\//)).toHaveLength(2);
  for (const number of [5, 6]) await crash(join(bucket.host.cores, `core.${number}`), { release: '2' });
  const outcome = await bucket.collect('--cores-per-fingerprint', '2');
  expect(outcome.stdout).toMatch(/without the core: enough of this fingerprint/);
  expect(readdirSync(bucket.host.cores)).toEqual([]);
  expect(await bucket.objects(/\/cores\//)).toHaveLength(3);
  expect(await bucket.objects(/\/reports\/.*\.json/)).toHaveLength(6);
  expect(await bucket.listed()).toHaveLength(6);
  expect(await bucket.listed('dropped=undefined', 'release=2')).toHaveLength(1);
  const [dropped] = await bucket.listed('dropped=enough*', 'release=2');
  const got = await bucket.cores('get', dropped?.id ?? '');
  expect(got.exitCode).toBe(3);
  expect(got.stderr).toMatch(/was not kept: enough of this fingerprint\nIts report: /);
  expect((await bucket.cores('report', dropped?.id ?? '')).stdout).toContain('ZeroDivisionError');
  expect(await bucket.collect('--cores-per-fingerprint', 'few')).toMatchObject({ exitCode: 2 });
});

test('on a full disk the core stays where it is, and is collected once there is space', async (context) => {
  needs(context, 'root');
  const path = join(bucket.host.cores, 'core');
  await crash(path, { padding: 3_000_000 });
  const before = readFileSync(path);
  const script =
    'mkdir -p "$1"; mount -t tmpfs -o size=1m none "$1"; shift; "$@"; status=$?; ls -R "$SPOOL/work" "$SPOOL/objects"; exit $status';
  const words = ['unshare', '--mount', 'sh', '-c', script, 'sh', bucket.host.spool, process.execPath, BIN];
  let said = '';
  let status: unknown;
  try {
    execFileSync(words[0] ?? '', [...words.slice(1), 'collect', '.', '--spool', bucket.host.spool], {
      cwd: bucket.host.cores,
      env: { ...process.env, ...bucket.host.env, SPOOL: bucket.host.spool },
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    ({ stdout: said, status } = error as { stdout: string; status: number });
  }
  expect(status, said).toBe(3);
  expect(said).toMatch(/failed .*core: .*ENOSPC.*stays where it is/);
  expect(said).not.toMatch(/\.json|\.zst/);
  expect(readFileSync(path).equals(before)).toBe(true);
  await bucket.collected();
  expect(await bucket.listed()).toHaveLength(1);
});

test('a download that breaks off is said to be, and leaves nothing', async () => {
  await crash(join(bucket.host.cores, 'core'), { padding: 3_000_000 });
  await bucket.collected();
  proxy = await startFaultyProxy(bucket.server?.url ?? '', (request) =>
    /^GET .*\/cores\//.test(request) ? 'broken off' : undefined,
  );
  bucket.env['AWS_ENDPOINT_URL'] = proxy.url;
  const got = await bucket.cores('get', 'limit=1', '--output', 'core');
  expect(got.exitCode).toBe(3);
  expect(got.stderr).toMatch(/came only in part/);
  expect(readdirSync(bucket.host.cores)).toEqual([]);
});

test('links in a directory are not followed', async () => {
  const path = join(bucket.host.folder, 'core');
  await crash(path);
  symlinkSync(path, join(bucket.host.cores, 'core'));
  await bucket.collected();
  expect(await bucket.listed()).toEqual([]);
});
