import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Plan } from '../../src/edit/plan.ts';
import { Terminal } from '../../src/terminal.ts';
import { carryOut } from '../../src/wiring/carry-out.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'init-carry-'));
  writeFileSync(join(root, 'settings.py'), 'old\n');
});
afterEach(() => rmSync(root, { recursive: true }));

const plan: Plan = {
  changes: [
    { path: 'settings.py', action: 'edit', before: Buffer.from('old\n'), after: Buffer.from('new\n') },
    { path: 'a/b.py', action: 'create', after: Buffer.from('b\n') },
  ],
  notes: [],
};

function operation(verify: () => Promise<string | undefined>): Promise<number> {
  const terminal = new Terminal({ json: false, quiet: true, color: false, cwd: root });
  terminal.out = () => {};
  return carryOut(terminal, {
    root,
    plan,
    manifest: undefined,
    question: '',
    nothing: '',
    done: '',
    yes: true,
    dryRun: false,
    force: true,
    head: {},
    verify,
  });
}

test('the tree is looked at after the write, and an outcome that is not in force is rolled back', async () => {
  let seen = '';
  const outcome = operation(() => {
    seen = readFileSync(join(root, 'settings.py'), 'utf8');
    return Promise.resolve('our entry is number 2');
  });
  await expect(outcome).rejects.toThrow('our entry is number 2');
  expect(seen).toBe('new\n');
  expect(readFileSync(join(root, 'settings.py'), 'utf8')).toBe('old\n');
  expect(readdirSync(root)).toEqual(['settings.py']);
});

test('a failure while looking rolls back too', async () => {
  await expect(operation(() => Promise.reject(new Error('parser died')))).rejects.toThrow('parser died');
  expect(readFileSync(join(root, 'settings.py'), 'utf8')).toBe('old\n');
  expect(readdirSync(root)).toEqual(['settings.py']);
});

test('a good outcome stays, without a trace of how it was written', async () => {
  expect(await operation(() => Promise.resolve(undefined))).toBe(0);
  expect(readFileSync(join(root, 'settings.py'), 'utf8')).toBe('new\n');
  expect(readdirSync(root, { recursive: true }).sort()).toEqual(['a', 'a/b.py', 'settings.py']);
});
