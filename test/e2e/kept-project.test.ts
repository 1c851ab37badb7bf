import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { LEAST, makeTree } from './init/django-project.ts';
import { pycrash } from './pycrash.ts';

const UNIT = '[Service]\nExecStart=/srv/shop/venv/bin/gunicorn shop.wsgi:application\n';

let cache: string;
let root: string;
let roots: string[];
/** Outside of the trees, and linked from the last one. */
let outside: string;

// Made at once for all tests: files younger than two seconds are not kept.
beforeAll(async () => {
  roots = Array.from({ length: 25 }, () => makeTree({ ...LEAST, 'deploy/shop.service': UNIT }));
  outside = mkdtempSync(join(tmpdir(), 'pycrash-outside-'));
  writeFileSync(join(outside, 'linked.py'), '');
  for (const tree of roots) symlinkSync(join(outside, 'linked.py'), join(tree, 'linked.py'));
  // a time that can be set again to the nanosecond
  for (const tree of roots) utimesSync(join(tree, 'shop/wsgi.py'), 1000, 1000);
  await sleep(2200);
});

afterAll(() => {
  for (const tree of [...roots, outside]) rmSync(tree, { recursive: true, force: true });
});

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'pycrash-cache-'));
  root = roots.shift() ?? '';
});

afterEach(() => {
  rmSync(cache, { recursive: true });
  rmSync(root, { recursive: true });
});

const check = (...args: string[]) =>
  pycrash(['check', '--json', ...args, root], { env: { XDG_CACHE_HOME: cache } });

/** Rule and file of each finding, of a run that was right to find something. */
async function found(...args: string[]): Promise<string[]> {
  const { stdout, exitCode } = await check(...args);
  expect(exitCode).toBe(1);
  const { findings } = JSON.parse(stdout) as { findings: { rule: string; file: string }[] };
  return findings.map(({ rule, file }) => `${rule} ${file}`);
}

function keptFile(): string {
  const folder = join(cache, 'pycrash/projects');
  const names = readdirSync(folder);
  expect(names).toHaveLength(1);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  return join(folder, String(names[0]));
}

/** Takes the services out of what is kept, so that using it can be seen. */
function forge(change: (kept: { build: string; project: { services: unknown[] } }) => void): void {
  const kept = deserialize(readFileSync(keptFile())) as { build: string; project: { services: unknown[] } };
  change(kept);
  writeFileSync(keptFile(), serialize(kept));
}

const withoutServices = (kept: { project: { services: unknown[] } }) => {
  kept.project.services = [];
};

const RESTART = 'PYC010 deploy/shop.service';

test('a second run uses what the first one read, and says the same', async () => {
  const first = await check();
  expect(await check()).toEqual(first);
  expect(first.stdout).toContain('PYC010');
  forge(withoutServices);
  expect(await found()).not.toContain(RESTART);
  expect(await found('--no-cache')).toContain(RESTART);
});

test.each<[string, () => void]>([
  ['has another content', () => appendFileSync(join(root, 'shop/wsgi.py'), '\n')],
  [
    'has another content, with the size and the time that it had',
    () => {
      const file = join(root, 'shop/wsgi.py');
      writeFileSync(file, readFileSync(file, 'utf8').replace('import', 'imporT'));
      utimesSync(file, 1000, 1000);
    },
  ],
  ['has another mode', () => chmodSync(join(root, 'manage.py'), 0o700)],
  ['is gone', () => rmSync(join(root, 'shop/wsgi.py'))],
  ['is new', () => writeFileSync(join(root, 'new.txt'), '')],
  ['has another name', () => renameSync(join(root, 'manage.py'), join(root, 'run.py'))],
  ['is replaced by a link', () => replaceByLink()],
])('everything is read again where a file %s', async (_, change) => {
  await check();
  forge(withoutServices);
  change();
  expect(await found()).toContain(RESTART);
});

function replaceByLink(): void {
  renameSync(join(root, 'manage.py'), join(root, 'real.txt'));
  symlinkSync('real.txt', join(root, 'manage.py'));
}

test('what another build of pycrash read is not used', async () => {
  await check();
  forge((kept) => {
    withoutServices(kept);
    kept.build += ' x';
  });
  expect(await found()).toContain(RESTART);
});

test.each<[string, (file: string) => void]>([
  ['cut off', (file) => truncateSync(file, 1000)],
  ['empty', (file) => truncateSync(file, 0)],
  ['something else', (file) => writeFileSync(file, 'x'.repeat(1000))],
  ['a number', (file) => writeFileSync(file, serialize(1))],
  ['null', (file) => writeFileSync(file, serialize(null))],
  ['an object of another shape', (file) => writeFileSync(file, serialize({ root: 1 }))],
])('a kept file that is %s does no harm', async (_, harm) => {
  await check();
  harm(keptFile());
  expect(await found()).toContain(RESTART);
});

test('files that were changed just now are not kept', async () => {
  appendFileSync(join(root, 'shop/wsgi.py'), '\n');
  await check();
  expect(readdirSync(join(cache, 'pycrash/projects'))).toEqual([]);
});

test('a folder that others can write to is not believed', async () => {
  await check();
  forge(withoutServices);
  chmodSync(join(cache, 'pycrash/projects'), 0o777);
  expect(await found()).toContain(RESTART);
});

test('twenty repositories are kept, the oldest goes', async () => {
  await check();
  const folder = join(cache, 'pycrash/projects');
  const [own = ''] = readdirSync(folder);
  for (let index = 0; index < 25; index += 1) {
    const other = join(folder, `${String(index).padStart(64, '0')}.v8`);
    writeFileSync(other, '');
    utimesSync(other, 1000 + index, 1000 + index);
  }
  rmSync(join(folder, own));
  await check();
  const names = readdirSync(folder);
  expect(names).toHaveLength(20);
  expect(names).toContain(own);
  expect(names).not.toContain(`${'0'.repeat(64)}.v8`);
});

// the last one: it makes a file of all trees younger
test('a change behind a link out of the tree is seen', async () => {
  await check();
  forge(withoutServices);
  writeFileSync(join(outside, 'linked.py'), '# more');
  expect(await found()).toContain(RESTART);
});
