import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { pycrash } from '../pycrash.ts';
import { commitAll, LEAST, makeTree, snapshot } from './django-project.ts';

/** A project of `django-admin startproject`, and what `init --yes` of 0.1.0 made of it. */
const WIRED = JSON.parse(readFileSync(new URL('wired-by-0.1.0.json', import.meta.url), 'utf8')) as Record<
  'before' | 'after',
  Record<string, string>
>;

const trees: string[] = [];
function tree(files: Record<string, string>): string {
  const root = makeTree(files);
  trees.push(root);
  return root;
}
afterEach(() => {
  for (const one of trees.splice(0)) rmSync(one, { recursive: true, force: true });
});

function textIn(root: string, path = '.pycrash.json'): string {
  return readFileSync(join(root, path), 'utf8');
}

/** What is in the tree, but for the manifest. */
function written(root: string): Record<string, string> {
  const { '.pycrash.json': _, ...others } = snapshot(root);
  return others;
}

/** Runs the bundle as the release after this one, which differs in nothing but its version. */
async function nextRelease(args: readonly string[], cwd: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-next-'));
  trees.push(folder);
  cpSync(fileURLToPath(new URL('../../../dist', import.meta.url)), join(folder, 'dist'), { recursive: true });
  for (const name of readdirSync(join(folder, 'dist')).filter((one) => one.endsWith('.js'))) {
    const path = join(folder, 'dist', name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(`"${manifest.version}"`, '"99.0.0-rc.1"'));
  }
  const { all } = await execa('node', [join(folder, 'dist/pycrash.js'), ...args], { cwd, all: true });
  return all;
}

describe('what 0.1.0 wired', () => {
  test('remove restores every byte', async () => {
    const root = tree({ ...WIRED.before, ...WIRED.after });
    expect(await pycrash(['remove', '--yes'], { cwd: root })).toMatchObject({
      exitCode: 0,
      stderr: 'Done.\n',
    });
    expect(snapshot(root)).toEqual(snapshot(tree(WIRED.before)));
  });

  test('upgrade brings it to what init writes today, and remove restores every byte', async () => {
    const root = tree({ ...WIRED.before, ...WIRED.after });
    const upgraded = await pycrash(['upgrade', '--yes'], { cwd: root });
    expect(upgraded, upgraded.stdout + upgraded.stderr).toMatchObject({ exitCode: 0 });
    // today an asgi.py that nothing serves is left alone, but one that is wrapped stays so
    const asgi = WIRED.after['shop/asgi.py'] ?? '';
    const today = tree({ ...WIRED.before, 'shop/asgi.py': asgi });
    await pycrash(['init', '--yes'], { cwd: today });
    expect(written(root)).toEqual(written(today));
    expect(await pycrash(['upgrade'], { cwd: root })).toMatchObject({
      exitCode: 0,
      stderr: 'Everything is up to date.\n',
    });
    expect(await pycrash(['remove', '--yes', '--force'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(snapshot(root)).toEqual(snapshot(tree(WIRED.before)));
  });

  test('a local edit stays where the new version has the same lines, and is named where it does not', async () => {
    const page = `${WIRED.after['CRASHES.md'] ?? ''}\nAsk the team of the shop.\n`;
    const root = tree({ ...WIRED.before, ...WIRED.after, 'CRASHES.md': page });
    expect(await pycrash(['upgrade', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
    expect(textIn(root, 'CRASHES.md')).toMatch(/\n\nAsk the team of the shop\.\n$/);
    expect(await pycrash(['remove', '--yes', '--force'], { cwd: root })).toMatchObject({ exitCode: 0 });

    const workflow = (WIRED.after['.github/workflows/pycrash.yml'] ?? '').replace(
      'node-version: 22',
      'node-version: 20',
    );
    const other = tree({ ...WIRED.before, ...WIRED.after, '.github/workflows/pycrash.yml': workflow });
    const untouched = snapshot(other);
    const { exitCode, stdout } = await pycrash(['upgrade', '--yes'], { cwd: other });
    expect([exitCode, stdout]).toEqual([
      1,
      expect.stringMatching(/pycrash\.yml was edited by hand where the new version differs too \(lines \d/),
    ]);
    expect(snapshot(other)).toEqual(untouched);
  });
});

test('a release that changes nothing but its version changes no line of the manifest', async () => {
  const root = tree(LEAST);
  await pycrash(['init', '--yes', '--ci', 'github,gitlab,pre-commit'], { cwd: root });
  const before = textIn(root);
  expect(before).not.toContain(manifest.version);
  const longest = Math.max(...before.split('\n').map((line) => line.length));
  expect(longest).toBeLessThanOrEqual(120);
  commitAll(root);
  expect(await nextRelease(['upgrade', '--yes'], root)).toContain('Done.');
  expect(textIn(root, 'shop/abort_on_exception.py')).toContain('pycrash-init 99.0.0-rc.1;');
  expect(textIn(root, '.github/workflows/pycrash.yml')).toContain('pycrash-init@99.0.0-rc.1 check');
  expect(textIn(root)).toBe(before);
});
