import { execFileSync, spawnSync } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CrashReport, ReportedFrame } from '../../src/report/model.ts';
import { needs } from '../parts.ts';
import { pycrash } from './pycrash.ts';

const PYTHON = '/usr/bin/python3.11';
const SHOP = 'def total(order):\n    count = 1\n    return order["missing"]  # ran\n';
const PROGRAM = [
  'import os, sys',
  'sys.path[:0] = sys.argv[1:]',
  'from shop import basket',
  'try:',
  '    basket.total({})',
  'except KeyError:',
  '    os.abort()',
].join('\n');

let scratch: string;
let number = 0;
beforeAll(() => (scratch = mkdtempSync(join(tmpdir(), 'pycrash-sources-'))));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Crash {
  folder: string;
  core: string;
  /** The file that ran. */
  file: string;
}

/** Runs a program that has `shop/basket.py` below `under`, and lets it abort there. */
function crash(under = 'app', text = SHOP, python = PYTHON): Crash {
  const folder = join(scratch, String((number += 1)));
  const file = join(folder, under, 'shop/basket.py');
  write(file, text);
  const run = ['--core=unlimited', '--', python, '-B', '-c', PROGRAM, join(folder, under)];
  spawnSync('prlimit', run, { cwd: folder });
  const name = readdirSync(folder).find((each) => each.startsWith('core'));
  if (name === undefined) throw new Error('no core');
  return { folder, core: join(folder, name), file };
}

function write(file: string, text: string, seconds = 1_600_000_000): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, seconds, seconds);
}

async function reported(
  core: string,
  ...options: string[]
): Promise<{ frame: ReportedFrame | undefined; codes: string[]; report: CrashReport }> {
  const report = JSON.parse((await pycrash(['report', core, '--json', ...options])).stdout) as CrashReport;
  const frame = report.exceptions[0]?.chain[0]?.frames.at(-1);
  return { frame, codes: report.warnings.map(({ code }) => code), report };
}

const RAN = 'return order["missing"]  # ran';

test('the line comes from the file that ran', async (context) => {
  needs(context, 'linux');
  const { frame, codes } = await reported(crash().core);
  expect(frame?.source).toBe(RAN);
  expect(codes).toEqual([]);
});

test.each([
  ['a comment is new above the function', `# new\n${SHOP}`],
  ['another function is there', SHOP.replace('total', 'sum_of')],
  ['a variable has another name', SHOP.replace('count', 'amount')],
  ['the line is blank now', SHOP.replace(/ +return.*/, '\n    return 1')],
  ['the line is a comment now', SHOP.replace('return', '# return')],
  ['the file is shorter', 'def total(order):\n    pass\n'],
])('a file that is not what ran shows no line: %s', async (_, text) => {
  const { core, file } = crash();
  write(file, text);
  const { frame, codes } = await reported(core);
  expect(frame).not.toHaveProperty('source');
  expect(codes).toEqual(['source-differs']);
});

test('a file that was changed after the core was written is doubtful, in every format', async () => {
  const { core, file } = crash();
  write(file, SHOP.replace('["missing"]', '.get("missing")'), Date.now() / 1000 + 60);
  const { frame, report } = await reported(core);
  expect(frame).toMatchObject({ source: 'return order.get("missing")  # ran', sourceDoubtful: true });
  expect(report.warnings).toEqual([{ code: 'source-newer', message: expect.stringContaining(file) }]);
  for (const format of ['text', 'markdown', 'html']) {
    const { stdout } = await pycrash(['report', core, '--format', format]);
    expect(stdout).toContain('(file changed since)');
  }
  // the one that ran, elsewhere, is better than the one in its place
  const kept = join(dirname(core), 'kept');
  write(join(kept, 'shop/basket.py'), SHOP);
  expect((await reported(core, '--source', kept)).frame?.source).toBe(RAN);
});

const DECORATED = [
  'import contextlib',
  'class Basket:',
  '    @staticmethod',
  '    @contextlib.contextmanager',
  '    def __open(order):',
  '        __ratio = 1',
  '        gröss_ﬁ = [each for each in [order]]',
  '        yield (lambda item: item["missing"])(gröss_ﬁ[0] if __ratio else None)',
  '    @classmethod',
  '    def open(cls, order):',
  '        class Inner:',
  '            with cls._Basket__open(order): pass',
  'total = Basket.open',
].join('\n');

test('decorators, classes, lambdas, private and composed names fit', async () => {
  const { report, codes } = await reported(crash('app', DECORATED).core);
  const frames = report.exceptions[0]?.chain[0]?.frames.filter(({ file }) => file.includes('shop')) ?? [];
  expect(frames.map(({ source }) => source)).toHaveLength(4);
  expect(frames.filter(({ source }) => source === undefined)).toEqual([]);
  expect(codes).toEqual([]);
});

test('--source: the longest tail of the path, never a bare name', async () => {
  const { core, file, folder } = crash();
  renameSync(dirname(dirname(file)), join(folder, 'gone'));
  const line = (text: string): string => SHOP.replace('# ran', text);
  const found = async (): Promise<string | undefined> =>
    (await reported(core, '--source', join(folder, 'src'))).frame?.source;
  write(join(folder, 'src/basket.py'), line('# bare'));
  expect(await found()).toBeUndefined();
  write(join(folder, 'src/shop/basket.py'), line('# tail'));
  expect(await found()).toContain('# tail');
  write(join(folder, 'src/app/shop/basket.py'), line('# longer'));
  expect(await found()).toContain('# longer');
  write(file, SHOP);
  expect(await found()).toBe(RAN);
  // a longer one that does not fit is not what ran
  rmSync(file);
  write(join(folder, 'src/app/shop/basket.py'), `\n${SHOP}`);
  expect(await found()).toContain('# tail');
});

test.each(['venv/lib/python3.11/site-packages', 'venv/lib/python3.11'])(
  '--source: a file of the application is not that of %s',
  async (library) => {
    const { core, file, folder } = crash(library);
    rmSync(file);
    const source = join(folder, 'src');
    write(join(source, 'shop/basket.py'), SHOP);
    expect((await reported(core, '--source', source)).frame).not.toHaveProperty('source');
    write(join(source, library.slice(library.lastIndexOf('/') + 1), 'shop/basket.py'), SHOP);
    expect((await reported(core, '--source', source)).frame?.source).toBe(RAN);
  },
);

const warned = (message: string) => [
  { code: 'source-not-opened', message: expect.stringContaining(message) },
];

test('no file is opened through a symbolic link, unless --source names its place', async () => {
  const { folder, file, core } = crash();
  renameSync(join(folder, 'app'), join(folder, 'release'));
  symlinkSync('release', join(folder, 'app'));
  const { frame, report } = await reported(core);
  expect(frame).not.toHaveProperty('source');
  expect(report.warnings).toEqual(warned(`below ${join(folder, 'app')} is not opened`));
  expect((await reported(core, '--source', join(folder, 'app'))).frame?.source).toBe(RAN);
  // the file itself
  rmSync(join(folder, 'app'));
  mkdirSync(dirname(file), { recursive: true });
  symlinkSync(join(folder, 'release/shop/basket.py'), file);
  const second = await reported(core);
  expect(second.frame).not.toHaveProperty('source');
  expect(second.report.warnings).toEqual(warned(`${file} is not opened`));
  expect((await reported(core, '--source', folder)).frame?.source).toBe(RAN);
  // what leads out of the folder that was named
  expect((await reported(core, '--source', join(folder, 'app'))).frame).not.toHaveProperty('source');
});

test('what is no regular file is not opened, and a file that is too large is not read', async () => {
  const { core, file } = crash();
  rmSync(file);
  execFileSync('mkfifo', [file]);
  expect((await reported(core)).frame).not.toHaveProperty('source');
  rmSync(file);
  write(file, `${SHOP}#${'x'.repeat(10_000_001)}`);
  expect((await reported(core)).frame).not.toHaveProperty('source');
});

test('root reads no file that another user can choose, unless --source names its place', async (context) => {
  needs(context, 'root');
  const { core, file, folder } = crash();
  for (const [path, what] of [
    [file, /basket\.py belongs to the user 1234/],
    [dirname(file), /shop belongs to the user 1234/],
  ] as const) {
    chownSync(path, 1234, 1234);
    const { frame, report } = await reported(core);
    expect(frame).not.toHaveProperty('source');
    expect(report.warnings.map(({ message }) => message)).toEqual([expect.stringMatching(what)]);
    expect((await reported(core, '--source', join(folder, 'app'))).frame?.source).toBe(RAN);
    chownSync(path, 0, 0);
  }
  execFileSync('chmod', ['o+w', dirname(file)]);
  expect((await reported(core)).codes).toEqual(['source-not-opened']);
  execFileSync('chmod', ['o-w', dirname(file)]);
  execFileSync('chmod', ['g+w', dirname(file)]);
  expect((await reported(core)).codes).toEqual([]);
  lchownSync(dirname(file), 0, 54_321);
  expect((await reported(core)).codes).toEqual(['source-not-opened']);
});

test('the program is not opened either where it is a link now, or as root another user can choose it', async (context) => {
  needs(context, 'root');
  const program = join(scratch, 'bin/python3.11');
  mkdirSync(dirname(program));
  copyFileSync(PYTHON, program);
  const { core } = crash('app', SHOP, program);
  expect((await reported(core)).codes).toEqual([]);
  chownSync(program, 1234, 1234);
  const owned = await reported(core);
  expect(owned.report.warnings).toEqual([
    { code: 'not-opened', message: expect.stringContaining(`${program} belongs to the user 1234`) },
  ]);
  // all the same
  expect(owned.frame?.source).toBe(RAN);
  expect((await reported(core, '--search-path', dirname(program))).codes).toEqual([]);
  renameSync(program, `${program}.real`);
  symlinkSync(PYTHON, program);
  expect((await reported(core)).report.warnings).toEqual([
    { code: 'not-opened', message: expect.stringContaining(`${program} is a symbolic link`) },
  ]);
});
