import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rulePages } from '../rules/pages.ts';
import { pycrash } from './pycrash.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/django-shop', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'pycrash-pages-'));
const initialised = join(scratch, 'initialised');

interface Document {
  findings: { rule: string; file: string }[];
}

beforeAll(async () => {
  cpSync(EXAMPLE, initialised, { recursive: true });
  expect(await pycrash(['init', initialised, '--yes'])).toMatchObject({ exitCode: 0 });
  const document = JSON.parse((await pycrash(['check', initialised, '--json'])).stdout) as Document;
  expect(document.findings).toEqual([]);
});

afterAll(() => rmSync(scratch, { recursive: true }));

describe.concurrent('every page', () => {
  for (const page of rulePages()) {
    for (const { kind, files } of page.examples) {
      test(`${page.id}: the ${kind} example`, async () => {
        const folder = mkdtempSync(join(scratch, `${page.id}-`));
        cpSync(page.base === 'bare' ? EXAMPLE : initialised, folder, { recursive: true });
        for (const [path, text] of files) {
          mkdirSync(dirname(join(folder, path)), { recursive: true });
          writeFileSync(join(folder, path), text);
        }
        const outcome = await pycrash(['check', folder, '--json', ...page.arguments]);
        const { findings } = JSON.parse(outcome.stdout) as Document;
        const own = findings.filter(({ rule }) => rule === page.id);
        const examples = own.filter(({ file }) => page.base === 'bare' || files.has(file));
        // of a wrong example it is the example that is found, not the project around it
        expect({ own: own.length > 0, here: examples.length > 0 }, outcome.stdout).toEqual({
          own: kind === 'wrong',
          here: kind === 'wrong',
        });
      });
    }
    test(`${page.id} has both examples`, () => {
      expect(page.examples.map(({ kind }) => kind)).toEqual(['wrong', 'right']);
      expect(page.examples.every(({ files }) => files.size > 0)).toBe(true);
    });
  }
});
