import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge } from './agreement.ts';
import { CPython } from './cpython.ts';
import { SETTINGS_CASES } from './settings-cases.ts';

let python: CPython;
beforeAll(() => {
  python = new CPython();
});
afterAll(() => {
  python.end();
});

test.each(Object.entries(SETTINGS_CASES))('%s: what is said is what CPython does', async (_name, row) => {
  const files =
    typeof row === 'string' ? { 'settings.py': `import os, sys\nMIDDLEWARE = ['a', 'b']\n${row}` } : row;
  const judgement = await judge(python, files, 'settings');
  expect(judgement.wrong).toEqual([]);
  expect(judgement.ran).toBe(true);
});
