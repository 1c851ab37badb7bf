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
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { pycrash, type Outcome } from '../e2e/pycrash.ts';
import { hasPart } from '../parts.ts';
import { schemaErrors } from '../schema-errors.ts';
import { crash, makeHost, type Host } from './crashed.ts';
import { startMoto, type ObjectServer } from './object-server.ts';

const PART = 8 * 1024 * 1024;

interface Listed {
  crashes: {
    id: string;
    fingerprint: string;
    release?: string;
    core: string;
    storedBytes: number;
    tags: object;
  }[];
}

const isPossible = hasPart('linux') && hasPart('plain core pattern');
let server: ObjectServer;
let host: Host;
let bucket = 0;

beforeAll(async () => {
  if (isPossible) server = await startMoto();
});
afterAll(async () => {
  if (isPossible) await server.stop();
});
beforeEach(async (context) => {
  if (!isPossible) context.skip('needs plain core pattern');
  host = makeHost();
  await server.createBucket(`crashes-${(bucket += 1)}`);
});
afterEach(() => host.remove());

function store(): string {
  return `s3://crashes-${bucket}/shop`;
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return pycrash(args, { cwd: host.cores, env: { ...host.env, ...server.env, ...env } });
}

async function collected(...args: string[]): Promise<void> {
  const outcome = await run(['collect', '.', '--to', store(), '--spool', host.spool, ...args]);
  expect(outcome, outcome.stderr + outcome.stdout).toMatchObject({ exitCode: 0, stderr: '' });
}

async function cores(...args: string[]): Promise<Outcome> {
  return run(['cores', ...args, '--from', store()]);
}

async function listed(...words: string[]): Promise<Listed['crashes']> {
  return (JSON.parse((await cores('ls', '--json', ...words)).stdout) as Listed).crashes;
}

test('a core goes into the bucket, is found on a host that has nothing, and gives the same report', async () => {
  const path = join(host.cores, 'core.1');
  await crash(path, { release: '1.4' });
  const before = readFileSync(path);
  const modified = statSync(path).mtimeMs;
  const report = (await run(['report', path, '--json'])).stdout;
  expect(report).toContain('ZeroDivisionError');
  await collected();
  expect(readdirSync(host.cores)).toEqual([]);

  const other = makeHost();
  try {
    host.env = other.env;
    const [found, ...more] = await listed('release=1.*');
    expect(more).toEqual([]);
    const id = found?.id ?? '';
    const got = await run(['cores', 'get', id.slice(0, 8), '--from', store(), '--output', 'core.1']);
    expect(got).toMatchObject({ exitCode: 0, stdout: 'core.1\n' });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(Math.abs(statSync(path).mtimeMs - modified)).toBeLessThan(1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await run(['report', path, '--json'])).stdout).toBe(report);
    // and the one that was made when the core was collected, which needs no core
    expect((await cores('report', id, '--json')).stdout).toBe(report);
    expect((await cores('report', id)).stdout).toContain('ZeroDivisionError: division by zero');
    expect((await cores('id', path)).stdout).toBe(`${id}\n`);
  } finally {
    other.remove();
  }
});

test('what is stored is redacted, compressed and named for query engines', async () => {
  await crash(join(host.cores, 'core'), { release: '1.4' });
  await collected();
  const [found] = await listed();
  const [line = '', ...rest] = (await objects(/crashes\//)).map(({ text }) => text);
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
  const all = await objects(/./);
  expect(all.map(({ key }) => key.split('/')[1]).sort()).toEqual(['cores', 'crashes', 'reports', 'reports']);
  for (const { text } of all) expect(text).not.toContain('hunter2-of-the-store');
});

test('a core of several parts arrives whole, and no upload stays open', async () => {
  await crash(join(host.cores, 'core'), { padding: 2.5 * PART });
  const before = readFileSync(join(host.cores, 'core'));
  await collected();
  const [found] = await listed();
  expect(found?.storedBytes).toBeGreaterThan(2 * PART);
  expect((await cores('get', found?.id ?? '', '--output', 'again')).exitCode).toBe(0);
  expect(readFileSync(join(host.cores, 'again')).equals(before)).toBe(true);
  const uploads = await server.ask(`crashes-${bucket}?uploads`);
  expect(await uploads.text()).not.toContain('<Upload>');
  // sent already: nothing to do, and nothing twice
  renameSync(join(host.cores, 'again'), join(host.cores, 'core'));
  await collected();
  expect(await listed()).toHaveLength(1);
  expect(existsSync(join(host.cores, 'core'))).toBe(false);
});

test('crashes are found by every kind of word', async () => {
  await crash(join(host.cores, 'core.1'), { release: '1.4' });
  await crash(join(host.cores, 'core.2'), { release: '1.5' });
  await crash(join(host.cores, 'core.3'));
  await collected('--keep');
  const ids = (await listed()).map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  const [first = '', second = ''] = ids;
  for (const words of [['ls'], ['info'], ['top'], ['count', 'release'], ['id', 'core.1'], ['rm', first]]) {
    const { stdout } = await cores(...words, '--json');
    expect(schemaErrors('cores', JSON.parse(stdout)), stdout).toBeNull();
  }
  expect(await listed('release=1.?')).toHaveLength(2);
  expect(await listed('release=undefined')).toHaveLength(1);
  expect(await listed('since=1h', 'exception=Zero*', 'limit=1')).toHaveLength(1);
  expect(await listed('until=1h')).toHaveLength(0);
  expect(await listed(first, second)).toHaveLength(2);
  expect(await listed('core.2')).toMatchObject([{ release: '1.5' }]);
  const piped = await pycrash(['cores', 'ls', '-', '--json', '--from', store()], {
    cwd: host.folder,
    env: { ...host.env, ...server.env },
    input: `${first}\n${second}\n`,
  });
  expect((JSON.parse(piped.stdout) as Listed).crashes.map(({ id }) => id)).toEqual([first, second]);

  expect((await cores('ticket', 'release=1.5', 'SHOP-7')).exitCode).toBe(0);
  expect(await listed('ticket=SHOP-*')).toMatchObject([{ release: '1.5', tags: { ticket: 'SHOP-7' } }]);
  expect(await listed('ticket=undefined')).toHaveLength(2);
  expect((await cores('ls', '--columns', 'ticket,release')).stdout).toMatch(/SHOP-7 +1\.5/);
  expect((await cores('unticket', 'release=1.5')).exitCode).toBe(0);
  expect((await cores('set', first, 'owner', 'payments')).exitCode).toBe(0);
  expect((await cores('count', 'owner')).stdout).toMatch(/2 +undefined\n1 +payments/);
  expect((await cores('unset', first, 'owner')).exitCode).toBe(0);
  expect(await listed('owner=payments')).toEqual([]);
  expect((await cores('top')).stdout).toMatch(/\n3 +1 .*ZeroDivisionError: division by zero/);

  expect((await cores('rm', first)).exitCode).toBe(0);
  expect(await listed()).toHaveLength(3);
  expect((await cores('rm', first, '--yes')).exitCode).toBe(0);
  expect((await listed()).map(({ id }) => id)).not.toContain(first);
  expect((await objects(new RegExp(first))).map(({ key }) => key)).toEqual([]);
});

test('whether a crash is there is said by the exit code', async () => {
  await crash(join(host.cores, 'core'));
  await collected('--keep');
  expect((await cores('info', 'core')).exitCode).toBe(0);
  expect(await cores('info', 'abcd0123')).toMatchObject({ exitCode: 1, stdout: '', stderr: '' });
  expect(await cores('get', 'abcd0123')).toMatchObject({ exitCode: 3 });
  expect(await cores('ls', 'no-such-word')).toMatchObject({ exitCode: 2 });
  expect(await cores('ls', 'since=yesterday')).toMatchObject({ exitCode: 2 });
});

test('get replaces no other file, and takes nothing that was changed in the store', async () => {
  await crash(join(host.cores, 'core'));
  await collected();
  const [found] = await listed();
  writeFileSync(join(host.cores, 'mine'), 'not a core');
  expect(await cores('get', found?.id ?? '', '--output', 'mine')).toMatchObject({ exitCode: 3 });
  expect(readFileSync(join(host.cores, 'mine'), 'utf8')).toBe('not a core');
  await server.ask(`crashes-${bucket}/shop/${found?.core}`, {
    method: 'PUT',
    body: 'something else',
  });
  const outcome = await cores('get', found?.id ?? '', '--output', 'other');
  expect(outcome.exitCode).toBe(3);
  expect(outcome.stderr).toContain('is not what was stored');
  expect(readdirSync(host.cores)).toEqual(['mine']);
});

test('what is no core of Python stays where it is, and is named', async () => {
  writeFileSync(join(host.cores, 'empty'), '');
  writeFileSync(join(host.cores, 'notes.txt'), 'a file of somebody');
  await crash(join(host.cores, 'core'));
  const outcome = await run(['collect', 'empty', 'notes.txt', '.', '--spool', host.spool]);
  expect(outcome.exitCode).toBe(0);
  expect(outcome.stdout).toContain('empty: it is empty');
  expect(outcome.stdout).toContain('notes.txt: it cannot be read');
  expect(readdirSync(host.cores).sort()).toEqual(['empty', 'notes.txt']);
  // in the spool, until there is a store
  expect((await run(['cores', 'ls', '--spool', host.spool])).stdout).toContain('ZeroDivisionError');
});

test('a directory is a store too', async () => {
  await crash(join(host.cores, 'core'), { padding: 2 * PART });
  const before = readFileSync(join(host.cores, 'core'));
  const shared = join(host.folder, 'shared');
  mkdirSync(shared);
  const outcome = await run(['collect', '.', '--to', shared, '--spool', host.spool, '--json']);
  expect(outcome).toMatchObject({ exitCode: 0 });
  expect(schemaErrors('collect', JSON.parse(outcome.stdout))).toBeNull();
  expect(readdirSync(join(host.spool, 'objects', 'cores'), { recursive: true }).join()).not.toContain('.zst');
  const got = await run([
    'cores',
    'get',
    'exception=ZeroDivisionError',
    '--from',
    shared,
    '--output',
    'back',
  ]);
  expect(got.exitCode).toBe(0);
  expect(readFileSync(join(host.cores, 'back')).equals(before)).toBe(true);
});

/** The objects of the bucket whose keys match, straight from the server. */
async function objects(matching: RegExp): Promise<{ key: string; text: string }[]> {
  const base = `crashes-${bucket}`;
  const listing = await (await server.ask(`${base}?list-type=2`)).text();
  const keys = [...listing.matchAll(/<Key>([^<]+)</g)]
    .map(([, key = '']) => key)
    .filter((key) => matching.test(key));
  return Promise.all(
    keys.map(async (key) => ({ key, text: await (await server.ask(`${base}/${key}`)).text() })),
  );
}
