import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RULES } from '../../src/rules/index.generated.ts';
import { UNREASONED } from '../../src/rules/silence.ts';
import { rulePages } from '../rules/pages.ts';
import { pycrash } from './pycrash.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLE = `${ROOT}examples/django-shop`;
const scratch = mkdtempSync(join(tmpdir(), 'pycrash-pages-'));
const initialised = join(scratch, 'initialised');

interface Document {
  findings: { rule: string; file: string; help: string; level: string }[];
}

beforeAll(async () => {
  cpSync(EXAMPLE, initialised, { recursive: true });
  // some pages serve it by ASGI, which init wires where something says so
  appendFileSync(join(initialised, 'requirements.txt'), 'uvicorn\n');
  expect(await pycrash(['init', initialised, '--yes'])).toMatchObject({ exitCode: 0 });
  const document = JSON.parse((await pycrash(['check', initialised, '--json'])).stdout) as Document;
  expect(document.findings).toEqual([]);
});

afterAll(() => rmSync(scratch, { recursive: true }));

test('the table of docs/check.md has every rule, with its level and summary', () => {
  const rows = readFileSync(`${ROOT}docs/check.md`, 'utf8').matchAll(
    /^\| (PYC\d+) *\| (\w+) *\| (.*?) *\|$/gm,
  );
  const rules = [UNREASONED, ...RULES].map(({ id, level, summary }) => [id, level, summary]);
  expect([...rows].map((row) => row.slice(1))).toEqual(rules);
});

test.each(RULES.map((rule) => [rule.id, rule] as const))(
  'the page of %s says its level and summary',
  (id, rule) => {
    const page = readFileSync(`${ROOT}src/rules/${id}-${rule.slug}.md`, 'utf8');
    expect(page).toContain(`# ${id} ${rule.slug}\n`);
    expect(page.toLowerCase()).toContain(`\nlevel: ${rule.level}. ${rule.summary}.\n`.toLowerCase());
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['What', 'Why', 'Wrong', 'Right', 'Silence', 'Prove it at run time']);
  },
);

/** The findings in one file of the project with these files in it. */
async function found(
  base: string,
  files: ReadonlyMap<string, string>,
  file: string,
  options: readonly string[],
): Promise<Document['findings']> {
  const folder = mkdtempSync(join(scratch, 'help-'));
  cpSync(base, folder, { recursive: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { findings } = JSON.parse(
    (await pycrash(['check', folder, '--json', ...options])).stdout,
  ) as Document;
  return findings.filter((each) => each.file === file);
}

/** The unit with the key in that section and nowhere else. */
function setKey(unit: string, [key = '', value = '', section = '']: readonly string[]): string {
  const without = unit.replaceAll(new RegExp(`^${key}=.*\n`, 'gm'), '');
  const header = `[${section}]\n`;
  return (without.includes(header) ? without : header + without).replace(
    header,
    `${header}${key}=${value}\n`,
  );
}

describe.concurrent('every page', () => {
  for (const page of rulePages()) {
    for (const { kind, files } of page.examples) {
      test(`${page.id}: the ${kind} example`, async () => {
        const folder = mkdtempSync(join(scratch, `${page.id}-`));
        const bare = page.base === 'bare' && kind === 'wrong';
        cpSync(bare ? EXAMPLE : initialised, folder, { recursive: true });
        for (const [path, text] of files) {
          mkdirSync(dirname(join(folder, path)), { recursive: true });
          writeFileSync(join(folder, path), text);
        }
        const outcome = await pycrash(['check', folder, '--json', ...page.arguments]);
        const { findings } = JSON.parse(outcome.stdout) as Document;
        const own = findings.filter(({ rule }) => rule === page.id);
        const examples = own.filter(({ file }) => bare || files.has(file));
        // of a wrong example it is the example that is found, not the project around it
        expect({ own: own.length > 0, here: examples.length > 0 }, outcome.stdout).toEqual({
          own: kind === 'wrong',
          here: kind === 'wrong',
        });
        // what mends one fault may not be another
        expect(kind === 'wrong' ? 0 : outcome.exitCode, outcome.stdout).toBe(0);
      });
    }
    test(`${page.id}: what a help says to set in a unit is no other rule's finding`, async () => {
      for (const { files } of page.examples.filter(({ kind }) => kind === 'wrong')) {
        const base = page.base === 'bare' ? EXAMPLE : initialised;
        for (const unit of [...files.keys()].filter((path) => /\.(?:service|conf)$/.test(path))) {
          const before = await found(base, files, unit, page.arguments);
          for (const { help } of before) {
            const advised = [...help.matchAll(/((?:\w+=\S+ (?:and )?)+)in \[(\w+)\]/g)].flatMap(
              ([, keys, section]) =>
                [...(keys ?? '').matchAll(/(\w+)=(\S+)/g)].map(([, key, value]) => [
                  key ?? '',
                  value ?? '',
                  section ?? '',
                ]),
            );
            if (advised.length === 0) continue;
            const text = advised.reduce(setKey, files.get(unit) ?? '');
            const after = await found(base, new Map([...files, [unit, text]]), unit, page.arguments);
            const rules = new Set(before.map(({ rule }) => rule));
            expect(
              after.filter(({ rule, level }) => !rules.has(rule) && level !== 'info'),
              text,
            ).toEqual([]);
          }
        }
      }
    });
    test(`${page.id} has both examples`, () => {
      expect(page.examples.map(({ kind }) => kind)).toEqual(['wrong', 'right']);
      expect(page.examples.every(({ files }) => files.size > 0)).toBe(true);
    });
  }
});

test('an interval that moves to [Unit] is none that a crash loop uses up', async () => {
  const unit =
    '[Service]\nExecStart=/usr/bin/gunicorn shop.wsgi\nStartLimitIntervalSec=60\nRestart=on-failure\n';
  const files = new Map([['deploy/worker.service', unit]]);
  const findings = await found(initialised, files, 'deploy/worker.service', []);
  const helps = findings.filter(({ rule }) => rule === 'PYC014').map(({ help }) => help);
  expect(helps).toEqual(['set StartLimitIntervalSec=0 in [Unit]']);
  const right = new Map([['deploy/worker.service', setKey(unit, ['StartLimitIntervalSec', '60', 'Unit'])]]);
  const [limit] = await found(initialised, right, 'deploy/worker.service', []);
  expect(limit).toMatchObject({
    rule: 'PYC013',
    message: expect.stringContaining('5 crashes within 60 s, 100ms apart'),
  });
});
