import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { schemaErrors } from '../schema-errors.ts';
import { useBucket } from './bucket.ts';
import { crash } from './crashed.ts';

const DAY = 86_400_000;
const bucket = useBucket();

/** A crash for each age, in days; the IDs in that order. */
async function crashed(...ages: number[]): Promise<string[]> {
  for (const age of ages) {
    const path = join(bucket.host.cores, `core.${age}`);
    await crash(path, { release: `age-${age}` });
    const time = new Date(Date.now() - age * DAY);
    utimesSync(path, time, time);
  }
  await bucket.collected();
  const found = await bucket.listed();
  return ages.map((age) => found.find(({ release }) => release === `age-${age}`)?.id ?? '');
}

async function pruned(...words: string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await bucket.cores('prune', '--json', ...words);
  expect(exitCode, stderr).toBe(0);
  expect(schemaErrors('cores', JSON.parse(stdout))).toBeNull();
  return (JSON.parse(stdout) as { ids: string[] }).ids;
}

test('cores go by age, number and size, the oldest first; reports and lines stay', async () => {
  const [oldest = '', old = '', recent = '', now = ''] = await crashed(100, 10, 2, 0);
  expect(await pruned('--older-than', '90d')).toEqual([oldest]);
  expect(await pruned('--older-than', '5d')).toEqual([oldest, old]);
  expect(await pruned('--keep', '3')).toEqual([oldest]);
  const [{ storedBytes } = { storedBytes: 0 }] = await bucket.listed(now);
  expect(await pruned('--max-bytes', `${Math.floor(storedBytes * 2.5)}`)).toEqual([oldest, old]);
  expect(await pruned('release=age-1*', '--keep', '0')).toEqual([oldest, old]);
  // shown, not done
  expect(await bucket.objects(/\/cores\//)).toHaveLength(4);

  const done = await bucket.cores('prune', '--older-than', '5d', '--yes');
  expect(done.stderr).toMatch(/^removed 2 cores of \d{4,} bytes\n$/);
  expect(await bucket.objects(/\/cores\//)).toHaveLength(2);
  expect(await bucket.objects(/\/reports\/.*\.txt/)).toHaveLength(4);
  expect((await bucket.listed('dropped=pruned')).map(({ id }) => id)).toEqual([oldest, old]);
  expect((await bucket.cores('report', oldest)).stdout).toContain('ZeroDivisionError');
  expect((await bucket.cores('get', oldest)).stderr).toMatch(/was not kept: pruned/);
  expect(await pruned('--older-than', '5d')).toEqual([]);

  expect(await pruned('--older-than', '5d', '--reports', '--yes')).toEqual([oldest, old]);
  expect((await bucket.listed()).map(({ id }) => id)).toEqual([recent, now]);
  expect(await bucket.objects(new RegExp(oldest))).toEqual([]);
});

test('what is no time, number or size is refused, and so is nothing at all', async () => {
  for (const words of [[], ['--older-than', 'yesterday'], ['--keep', '-1'], ['--max-bytes', 'much']]) {
    const { exitCode, stderr } = await bucket.cores('prune', ...words);
    expect(exitCode, words.join(' ')).toBe(2);
    expect(stderr).toMatch(/--older-than|no number|no size/);
  }
});
