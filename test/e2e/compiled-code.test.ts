import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pycrash } from './pycrash.ts';

const SHOP = fileURLToPath(new URL('../../examples/django-shop', import.meta.url));
const OWN = Reflect.get(nodeModule, 'enableCompileCache') === undefined;

// test/e2e/newest-node.test.ts has the Node that keeps compiled code by itself
describe.runIf(OWN)('what V8 compiled is kept for the next run', () => {
  let cache: string;
  let own: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'pycrash-cache-'));
    own = join(cache, 'pycrash');
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  const run = (...args: string[]) => pycrash(args, { env: { XDG_CACHE_HOME: cache } });
  const only = () => {
    const names = readdirSync(own).filter((name) => name.endsWith('.bin'));
    expect(names).toHaveLength(1);
    return join(own, String(names[0]));
  };

  test('one file a command, in a folder of this user, written once, with the same answer', async () => {
    const cold = await run('check', '--json', SHOP);
    expect(cold.exitCode).toBe(1);
    const file = only();
    expect(file).toMatch(/-check\.bin$/);
    expect(statSync(own).mode & 0o777).toBe(0o700);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { ino } = statSync(file);
    expect(await run('check', '--json', SHOP)).toEqual(cold);
    expect(statSync(only()).ino).toBe(ino);
  });

  test('a chunk that was not needed before is added', async () => {
    await run('check', '--help');
    const before = readFileSync(only()).length;
    await run('check', SHOP);
    expect(readFileSync(only()).length).toBeGreaterThan(before);
  });

  test.each([
    ['cut off', (file: string) => truncateSync(file, 100_000)],
    ['empty', (file: string) => truncateSync(file, 0)],
    ['something else', (file: string) => writeFileSync(file, '[["a",0]]\nxyz')],
    ['no list', (file: string) => writeFileSync(file, '{}\n')],
  ])('a file that is %s does no harm', async (_what, spoil) => {
    const good = await run('check', '--json', SHOP);
    spoil(only());
    expect(await run('check', '--json', SHOP)).toEqual(good);
    expect(await run('check', '--json', SHOP)).toEqual(good);
    only();
  });

  test('nothing is taken from or written to a folder that others can write to', async () => {
    mkdirSync(own);
    chmodSync(own, 0o777);
    expect((await run('check', '--help')).exitCode).toBe(0);
    expect(readdirSync(own)).toEqual([]);
  });

  test('nothing is kept where no folder can be made, not even by trying for ever', async () => {
    const env = { XDG_CACHE_HOME: '/proc/pycrash/cache' };
    expect((await pycrash(['check', '--help'], { env })).exitCode).toBe(0);
  });

  test('a word that is no command leaves nothing', async () => {
    expect((await run('chekc', SHOP)).exitCode).toBe(2);
    expect((await run('--help')).exitCode).toBe(0);
    expect(readdirSync(own)).toEqual([]);
  });

  test('NODE_DISABLE_COMPILE_CACHE switches it off', async () => {
    const env = { XDG_CACHE_HOME: cache, NODE_DISABLE_COMPILE_CACHE: '1' };
    expect((await pycrash(['check', '--help'], { env })).exitCode).toBe(0);
    expect(readdirSync(cache)).toEqual([]);
  });
});
