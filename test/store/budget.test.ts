import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { schemaErrors } from '../schema-errors.ts';
import { useBucket } from './bucket.ts';
import { crash } from './crashed.ts';

const bucket = useBucket();
const DAY = 86_400_000;

interface Document {
  cores: { id: string }[];
  shipped: string[];
  dropped: { id: string; reason: string }[];
}

/** Collects into the spool only; what it says. */
async function collected(...words: string[]): Promise<Document> {
  const { exitCode, stdout, stderr } = await bucket.run([
    'collect',
    '.',
    '--json',
    '--spool',
    bucket.host.spool,
    ...words,
  ]);
  expect([0, 3], stderr).toContain(exitCode);
  const document = JSON.parse(stdout) as Document;
  expect(schemaErrors('collect', document)).toBeNull();
  return document;
}

/** That many crashes of one fingerprint, an hour apart; their IDs, the oldest first. */
async function crashes(number: number): Promise<string[]> {
  for (let each = 1; each <= number; each += 1) {
    const path = join(bucket.host.cores, `core.${each}`);
    await crash(path);
    const time = new Date(Date.now() - (number - each) * 3_600_000 - 60_000);
    utimesSync(path, time, time);
  }
  return (await collected()).cores.map(({ id }) => id);
}

/** The size of a core as it is in the spool. */
async function spooledBytes(): Promise<number> {
  const { stdout } = await bucket.run(['cores', 'ls', '--json', 'limit=1', '--spool', bucket.host.spool]);
  const [found] = (JSON.parse(stdout) as { crashes: { core: string }[] }).crashes;
  return statSync(join(bucket.host.spool, 'objects', found?.core ?? '')).size;
}

test('beyond the size of the spool cores are given up: the oldest but the first, then the oldest; reports stay', async () => {
  const [first = '', second = '', third = '', newest = ''] = await crashes(4);
  const bytes = await spooledBytes();
  const { dropped } = await collected('--spool-bytes', String(Math.floor(2.5 * bytes)));
  expect(dropped.map(({ id }) => id)).toEqual([second, third]);
  expect(dropped[0]?.reason).toMatch(/--spool-bytes/);
  // smaller than one core
  expect((await collected('--spool-bytes', '1K')).dropped.map(({ id }) => id)).toEqual([first, newest]);
  await bucket.collected();
  expect(await bucket.listed('dropped=*spool*')).toHaveLength(4);
  expect(await bucket.objects(/\/cores\//)).toEqual([]);
  expect(await bucket.objects(/\/reports\/.*\.json/)).toHaveLength(4);
  const [line] = await bucket.objects(/\/crashes\//);
  expect(JSON.parse(line?.bytes.toString() ?? '')).not.toHaveProperty('tags');
});

test('what can be sent is sent before anything is given up', async () => {
  await crash(join(bucket.host.cores, 'core.1'));
  await crash(join(bucket.host.cores, 'core.2'));
  const sent = await collected('--to', bucket.address, '--spool-bytes', '1K');
  expect(sent.dropped).toEqual([]);
  expect(await bucket.listed('dropped=undefined')).toHaveLength(2);
  await crash(join(bucket.host.cores, 'core.3'));
  bucket.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:9';
  const down = await collected('--to', bucket.address, '--spool-bytes', '1K');
  expect(down.dropped).toHaveLength(1);
});

test('cores that are too old, and those on a disk that is too full, are given up', async () => {
  const path = join(bucket.host.cores, 'old');
  await crash(path);
  utimesSync(path, new Date(Date.now() - 40 * DAY), new Date(Date.now() - 40 * DAY));
  await crash(join(bucket.host.cores, 'young'));
  expect((await collected('--max-age', '30d')).dropped).toMatchObject([{ reason: 'too old for the spool' }]);
  expect((await collected('--min-free', '1')).dropped).toEqual([]);
  expect((await collected('--min-free', '9E')).dropped).toMatchObject([
    { reason: expect.stringMatching(/--min-free/) },
  ]);
  for (const words of [
    ['--spool-bytes', 'much'],
    ['--min-free', '-1'],
    ['--max-age', 'old'],
  ])
    expect(await bucket.run(['collect', ...words])).toMatchObject({ exitCode: 2 });
});
