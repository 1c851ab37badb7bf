import { spawn } from '@lydell/node-pty';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { ANY_PAIR, snapshot, startProject } from './django-project.ts';

const BIN = fileURLToPath(new URL('../../../dist/pycrash-init.js', import.meta.url));
const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true, force: true });
});

function newProject(): string {
  const root = startProject(ANY_PAIR);
  trees.push(root);
  return root;
}

/** Runs init on a real terminal and types `keys` once the question is there; resolves with what the screen got. */
async function typed(
  root: string,
  keys: string,
  args: string[] = [],
): Promise<{ screen: string; exitCode: number }> {
  const terminal = spawn(process.execPath, [BIN, ...args], {
    cwd: root,
    cols: 120,
    rows: 40,
    env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: '', CI: '' },
  });
  let screen = '';
  let answered = false;
  terminal.onData((data) => {
    screen += data;
    // the question is complete when its choices are drawn
    if (
      !answered &&
      screen.includes('Set up crash handling like this?') &&
      /Yes[^]*No/.test(screen.slice(-600))
    ) {
      answered = true;
      terminal.write(keys);
    }
  });
  const exitCode = await new Promise<number>((resolve) => {
    terminal.onExit(({ exitCode: code }) => resolve(code));
  });
  // what the program wrote last can come after the news of its end
  for (let length = -1; length !== screen.length;) {
    length = screen.length;
    await setTimeout(1000);
  }
  return { screen, exitCode };
}

const ENTER = '\r';
const CTRL_C = '\u0003';

describe('on a terminal', () => {
  test('Enter says yes: it is written', async () => {
    const root = newProject();
    const { screen, exitCode } = await typed(root, ENTER);
    expect(exitCode).toBe(0);
    expect(screen).toContain('\u001b[32m+application = wrap_wsgi(get_wsgi_application())');
    expect(screen).toContain('Done.');
    expect(Object.keys(snapshot(root))).toContain('.pycrash.json');
  });

  test.each([
    ['n', 'n'],
    ['the arrow to No and Enter', `\u001b[C${ENTER}`],
    ['Ctrl-C', CTRL_C],
    ['Escape', '\u001b'],
  ])('%s: nothing is written', async (_name, keys) => {
    const root = newProject();
    const before = snapshot(root);
    const { screen, exitCode } = await typed(root, keys);
    expect(exitCode).toBe(1);
    expect(screen).toContain('Nothing was written.');
    expect(snapshot(root)).toEqual(before);
  });

  test('uncommitted changes are named, and Enter alone says no', async () => {
    const root = newProject();
    appendFileSync(join(root, 'shop/urls.py'), '# work\n');
    const before = snapshot(root);
    const { screen, exitCode } = await typed(root, ENTER);
    expect(exitCode).toBe(1);
    expect(screen).toContain('shop/urls.py');
    expect(snapshot(root)).toEqual(before);
  });

  test('--json never asks', async () => {
    const root = newProject();
    const { screen, exitCode } = await typed(root, ENTER, ['--json']);
    expect(exitCode).toBe(2);
    expect(screen).toContain('"applied": false');
  });
});
