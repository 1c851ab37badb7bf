import { array, assert, asyncProperty, constantFrom, oneof, tuple } from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge } from './agreement.ts';
import { CPython } from './cpython.ts';
import { evaluate } from './evaluate.ts';
import { SETTINGS_CASES } from './settings-cases.ts';

const RUNS = Number(process.env['SETTINGS_RUNS'] ?? 200);

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

const indented = (block: string) => block.trimEnd().replace(/^/gm, '    ');

/** Cases one after the other, under conditions, in a `try`, a loop or a function. */
const statements = constantFrom(
  ...Object.values(SETTINGS_CASES).flatMap((row) =>
    typeof row !== 'string' || /exec|shuffle/.test(row) ? [] : [row],
  ),
);
const condition = constantFrom(
  "os.environ.get('ONE')",
  "os.environ.get('TWO') == '2'",
  "'a' in MIDDLEWARE",
  'len(MIDDLEWARE) > 1',
  'MIDDLEWARE',
);
const inFunction = (block: string) =>
  /global |nonlocal /.test(block) ? block : `def run():\n    global MIDDLEWARE\n${indented(block)}\nrun()\n`;
const programs = array(
  oneof(
    { weight: 4, arbitrary: statements },
    tuple(condition, statements, statements).map(
      ([test_, one, other]) => `if ${test_}:\n${indented(one)}\nelse:\n${indented(other)}\n`,
    ),
    tuple(statements, statements).map(
      ([one, other]) => `try:\n${indented(one)}\nexcept Exception:\n${indented(other)}\n`,
    ),
    tuple(statements, statements).map(
      ([one, other]) =>
        `try:\n${indented(one)}\n    import nothing_here\nexcept ImportError:\n${indented(other)}\n`,
    ),
    statements.map((one) => `for _one in ('1', '2'):\n${indented(one)}\n`),
    statements.map((one) => inFunction(one)),
  ),
  { minLength: 2, maxLength: 4 },
);

test('functions that call themselves without end are left, and that is said', async () => {
  const text = 'MIDDLEWARE = []\ndef f():\n    return f() + f() + f()\nMIDDLEWARE = f()\n';
  const list = (await evaluate({ 'settings.py': text })).list('MIDDLEWARE');
  expect(list?.complete).toBe(false);
});

test('several of them in one module, in branches, loops and functions', async () => {
  let ran = 0;
  let exact = 0;
  await assert(
    asyncProperty(programs, async (blocks) => {
      const text = `import os, sys\nMIDDLEWARE = ['a', 'b']\n${blocks.join('')}`;
      const judgement = await judge(python, { 'settings.py': text }, 'settings');
      if (judgement.ran) ran++;
      if (judgement.ran && judgement.exact) exact++;
      expect(judgement.wrong).toEqual([]);
    }),
    { numRuns: RUNS },
  );
  // the property must not hold because nothing runs, or because the evaluator knows nothing
  expect(ran).toBeGreaterThan(RUNS * 0.8);
  expect(exact).toBeGreaterThan(RUNS * 0.1);
});
