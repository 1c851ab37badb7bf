import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { needs } from '../parts.ts';
import { schemaErrors } from '../schema-errors.ts';
import { useBucket, type ListedCrash } from './bucket.ts';
import { crash, makeHost } from './crashed.ts';

const PART = 8 * 1024 * 1024;
const bucket = useBucket();

test('a core goes into the bucket, is found on a host that has nothing, and gives the same report', async () => {
  const path = join(bucket.host.cores, 'core.1');
  await crash(path, { release: '1.4' });
  const before = readFileSync(path);
  const modified = statSync(path).mtimeMs;
  const report = (await bucket.run(['report', path, '--json'])).stdout;
  expect(report).toContain('ZeroDivisionError');
  await bucket.collected();
  expect(readdirSync(bucket.host.cores)).toEqual([]);

  const other = makeHost();
  try {
    bucket.host.env = other.env;
    const [found, ...more] = await bucket.listed('release=1.*');
    expect(more).toEqual([]);
    const id = found?.id ?? '';
    const got = await bucket.run([
      'cores',
      'get',
      id.slice(0, 8),
      '--from',
      bucket.address,
      '--output',
      'core.1',
    ]);
    expect(got).toMatchObject({ exitCode: 0, stdout: 'core.1\n' });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(Math.abs(statSync(path).mtimeMs - modified)).toBeLessThan(1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await bucket.run(['report', path, '--json'])).stdout).toBe(report);
    // and the one that was made when the core was collected, which needs no core
    expect((await bucket.cores('report', id, '--json')).stdout).toBe(report);
    expect((await bucket.cores('report', id)).stdout).toContain('ZeroDivisionError: division by zero');
    expect((await bucket.cores('id', path)).stdout).toBe(`${id}\n`);
  } finally {
    other.remove();
  }
});

test('what is stored is redacted, compressed and named for query engines', async () => {
  await crash(join(bucket.host.cores, 'core'), { release: '1.4' });
  await bucket.collected();
  const [found] = await bucket.listed();
  const [line = '', ...rest] = (await bucket.objects(/crashes\//)).map(({ bytes }) => bytes.toString());
  expect(rest).toEqual([]);
  expect(line.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(line)).toMatchObject({
    title: 'ZeroDivisionError: division by zero',
    function: 'charge',
  });
  const day = new Date().toISOString().slice(0, 4);
  expect(found?.core).toMatch(
    new RegExp(`^cores/dt=${day}-..-../fp=${found?.fingerprint}/${found?.id}\\.core\\.zst$`),
  );
  const all = await bucket.objects(/./);
  expect(all.map(({ key }) => key.split('/')[1]).sort()).toEqual(['cores', 'crashes', 'reports', 'reports']);
  for (const { bytes } of all) expect(bytes.toString()).not.toContain('hunter2-of-the-store');
});

test('a core of several parts arrives whole, and no upload stays open', async () => {
  await crash(join(bucket.host.cores, 'core'), { padding: 2.5 * PART });
  const before = readFileSync(join(bucket.host.cores, 'core'));
  await bucket.collected();
  const [found] = await bucket.listed();
  expect(found?.storedBytes).toBeGreaterThan(2 * PART);
  expect((await bucket.cores('get', found?.id ?? '', '--output', 'again')).exitCode).toBe(0);
  expect(readFileSync(join(bucket.host.cores, 'again')).equals(before)).toBe(true);
  expect(await bucket.openUploads()).toBe(0);
  // sent already: nothing to do, and nothing twice
  renameSync(join(bucket.host.cores, 'again'), join(bucket.host.cores, 'core'));
  await bucket.collected();
  expect(await bucket.listed()).toHaveLength(1);
  expect(existsSync(join(bucket.host.cores, 'core'))).toBe(false);
});

test('crashes are found by every kind of word', async () => {
  await crash(join(bucket.host.cores, 'core.1'), { release: '1.4' });
  await crash(join(bucket.host.cores, 'core.2'), { release: '1.5' });
  await crash(join(bucket.host.cores, 'core.3'));
  await bucket.collected('--keep');
  const ids = (await bucket.listed()).map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  const [first = '', second = ''] = ids;
  for (const words of [['ls'], ['info'], ['top'], ['count', 'release'], ['id', 'core.1'], ['rm', first]]) {
    const { stdout } = await bucket.cores(...words, '--json');
    expect(schemaErrors('cores', JSON.parse(stdout)), stdout).toBeNull();
  }
  expect(await bucket.listed('release=1.?')).toHaveLength(2);
  expect(await bucket.listed('release=undefined')).toHaveLength(1);
  expect(await bucket.listed('since=1h', 'exception=Zero*', 'limit=1')).toHaveLength(1);
  expect(await bucket.listed('until=1h')).toHaveLength(0);
  expect(await bucket.listed(first, second)).toHaveLength(2);
  expect(await bucket.listed('core.2')).toMatchObject([{ release: '1.5' }]);
  const piped = await bucket.run(
    ['cores', 'ls', '-', '--json', '--from', bucket.address],
    `${first}\n${second}\n`,
  );
  expect((JSON.parse(piped.stdout) as { crashes: ListedCrash[] }).crashes.map(({ id }) => id)).toEqual([
    first,
    second,
  ]);

  expect((await bucket.cores('ticket', 'release=1.5', 'SHOP-7')).exitCode).toBe(0);
  expect(await bucket.listed('ticket=SHOP-*')).toMatchObject([
    { release: '1.5', tags: { ticket: 'SHOP-7' } },
  ]);
  expect(await bucket.listed('ticket=undefined')).toHaveLength(2);
  expect((await bucket.cores('ls', '--columns', 'ticket,release')).stdout).toMatch(/SHOP-7 +1\.5/);
  expect((await bucket.cores('unticket', 'release=1.5')).exitCode).toBe(0);
  expect((await bucket.cores('set', first, 'owner', 'payments')).exitCode).toBe(0);
  expect((await bucket.cores('count', 'owner')).stdout).toMatch(/2 +undefined\n1 +payments/);
  expect((await bucket.cores('unset', first, 'owner')).exitCode).toBe(0);
  expect(await bucket.listed('owner=payments')).toEqual([]);
  expect((await bucket.cores('top')).stdout).toMatch(/\n3 +1 .*ZeroDivisionError: division by zero/);

  expect((await bucket.cores('rm', first)).exitCode).toBe(0);
  expect(await bucket.listed()).toHaveLength(3);
  expect((await bucket.cores('rm', first, '--yes')).exitCode).toBe(0);
  expect((await bucket.listed()).map(({ id }) => id)).not.toContain(first);
  expect((await bucket.objects(new RegExp(first))).map(({ key }) => key)).toEqual([]);
});

test('whether a crash is there is said by the exit code', async () => {
  await crash(join(bucket.host.cores, 'core'));
  await bucket.collected('--keep');
  expect((await bucket.cores('info', 'core')).exitCode).toBe(0);
  expect(await bucket.cores('info', 'abcd0123')).toMatchObject({ exitCode: 1, stdout: '', stderr: '' });
  expect(await bucket.cores('get', 'abcd0123')).toMatchObject({ exitCode: 3 });
  expect(await bucket.cores('ls', 'no-such-word')).toMatchObject({ exitCode: 2 });
  expect(await bucket.cores('ls', 'since=yesterday')).toMatchObject({ exitCode: 2 });
});

test('debug opens the core in gdb, and leaves nothing behind', async (context) => {
  needs(context, 'gdb');
  await crash(join(bucket.host.cores, 'core'));
  await bucket.collected();
  const [found] = await bucket.listed();
  const before = readdirSync(bucket.host.folder);
  const outcome = await bucket.cores('debug', found?.id ?? '', '--batch', 'py-exc; py-tb');
  expect(outcome.exitCode, outcome.stderr).toBe(0);
  expect(outcome.stdout).toMatch(/in charge\n[^]*ZeroDivisionError: division by zero/);
  expect(readdirSync(bucket.host.folder)).toEqual(before);
  expect(readdirSync(bucket.host.cores)).toEqual([]);
});

test('notes add up, each with its date', async () => {
  await crash(join(bucket.host.cores, 'core'));
  await bucket.collected();
  const [found] = await bucket.listed();
  expect((await bucket.cores('note', found?.id ?? '', 'seen after the deploy')).exitCode).toBe(0);
  expect((await bucket.cores('note', 'limit=1', 'rolled back')).exitCode).toBe(0);
  expect((await bucket.listed('note=*deploy*'))[0]?.tags).toMatchObject({
    note: expect.stringMatching(/^\d{4}-\d\d-\d\d seen after the deploy; \d{4}-\d\d-\d\d rolled back$/),
  });
  expect(await bucket.cores('note', 'limit=1')).toMatchObject({ exitCode: 2 });
});

test('get replaces no other file, and takes nothing that was changed in the store', async () => {
  await crash(join(bucket.host.cores, 'core'));
  await bucket.collected();
  const [found] = await bucket.listed();
  writeFileSync(join(bucket.host.cores, 'mine'), 'not a core');
  expect(await bucket.cores('get', found?.id ?? '', '--output', 'mine')).toMatchObject({ exitCode: 3 });
  expect(readFileSync(join(bucket.host.cores, 'mine'), 'utf8')).toBe('not a core');
  await bucket.ask(`/shop/${found?.core}`, {
    method: 'PUT',
    body: 'something else',
  });
  const outcome = await bucket.cores('get', found?.id ?? '', '--output', 'other');
  expect(outcome.exitCode).toBe(3);
  expect(outcome.stderr).toContain('is not what was stored');
  expect(readdirSync(bucket.host.cores)).toEqual(['mine']);
});

test('what is no core of Python stays where it is, and is named', async () => {
  writeFileSync(join(bucket.host.cores, 'empty'), '');
  writeFileSync(join(bucket.host.cores, 'notes.txt'), 'a file of somebody');
  await crash(join(bucket.host.cores, 'core'));
  const outcome = await bucket.run(['collect', 'empty', 'notes.txt', '.', '--spool', bucket.host.spool]);
  expect(outcome.exitCode).toBe(0);
  expect(outcome.stdout).toContain('empty: it is empty');
  expect(outcome.stdout).toContain('notes.txt: it cannot be read');
  expect(readdirSync(bucket.host.cores).sort()).toEqual(['empty', 'notes.txt']);
  // in the spool, until there is a store
  expect((await bucket.run(['cores', 'ls', '--spool', bucket.host.spool])).stdout).toContain(
    'ZeroDivisionError',
  );
});

test('a directory is a store too', async () => {
  await crash(join(bucket.host.cores, 'core'), { padding: 2 * PART });
  const before = readFileSync(join(bucket.host.cores, 'core'));
  const shared = join(bucket.host.folder, 'shared');
  mkdirSync(shared);
  const outcome = await bucket.run(['collect', '.', '--to', shared, '--spool', bucket.host.spool, '--json']);
  expect(outcome).toMatchObject({ exitCode: 0 });
  expect(schemaErrors('collect', JSON.parse(outcome.stdout))).toBeNull();
  expect(readdirSync(join(bucket.host.spool, 'objects', 'cores'), { recursive: true }).join()).not.toContain(
    '.zst',
  );
  const got = await bucket.run([
    'cores',
    'get',
    'exception=ZeroDivisionError',
    '--from',
    shared,
    '--output',
    'back',
  ]);
  expect(got.exitCode).toBe(0);
  expect(readFileSync(join(bucket.host.cores, 'back')).equals(before)).toBe(true);
});
