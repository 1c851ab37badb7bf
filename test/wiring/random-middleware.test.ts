import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { applyChanges } from '../../src/edit/apply.ts';
import { readManifest } from '../../src/edit/manifest.ts';
import { planRemove } from '../../src/edit/plan-remove.ts';
import { readProject } from '../../src/project/read-project.ts';
import { chooseApplication } from '../../src/wiring/choose-application.ts';
import { planInit } from '../../src/wiring/plan-init.ts';
import { interpreter } from '../python-environment.ts';

const OURS = 'shop.abort_on_exception.AbortOnUncaughtExceptionMiddleware';
const folder = mkdtempSync(join(tmpdir(), 'init-random-'));
afterAll(() => rmSync(folder, { recursive: true }));

const comment = fc.constantFrom('', '', '', '# first', "# it's ] odd (", '#');
const element = fc.record({
  above: fc.array(comment, { maxLength: 2 }),
  blank: fc.boolean(),
  name: fc.constantFrom('a.A', 'b.B', 'c.C', 'j\u00f6rg.M'),
  quote: fc.constantFrom("'", '"', "'''"),
  beside: comment,
});

const layout = fc
  .record({
    before: fc.constantFrom(
      '',
      '# -*- coding: utf-8 -*-\n',
      '"""Settings: [\'x\'].\n"""\nimport os\n\n',
      'X = 1; Y = 2\n',
    ),
    name: fc.constantFrom('MIDDLEWARE = ', 'MIDDLEWARE=', 'MIDDLEWARE: "list" = ', 'MIDDLEWARE = \\\n    '),
    brackets: fc.constantFrom('[]', '()'),
    form: fc.constantFrom('line', 'lines', 'hanging', 'comma first', 'closed late'),
    indent: fc.constantFrom('  ', '    ', '\t', '        '),
    elements: fc.array(element, { maxLength: 4 }),
    trailingComma: fc.boolean(),
    after: fc.constantFrom('', "\nMIDDLEWARE += ['z.Z']", "\nDEBUG = False\nOTHER = ['a.A']", '  # done'),
    lastLineEnd: fc.boolean(),
    crlf: fc.boolean(),
    bom: fc.boolean(),
  })
  .map((options) => {
    const tuple = options.brackets === '()';
    // a tuple cannot be added to a list
    const after = tuple && options.after.includes('+=') ? "\nMIDDLEWARE += ('z.Z',)" : options.after;
    const text = `${options.before}${options.name}${display(options)}${after}${options.lastLineEnd ? '\n' : ''}`;
    return `${options.bom ? '\ufeff' : ''}${options.crlf ? text.replaceAll('\n', '\r\n') : text}`;
  });

interface Display {
  brackets: string;
  form: string;
  indent: string;
  elements: { above: string[]; blank: boolean; name: string; quote: string; beside: string }[];
  trailingComma: boolean;
}

function display({ brackets, form, indent, elements, trailingComma }: Display): string {
  const [open = '', close = ''] = brackets;
  const comma = trailingComma || (brackets === '()' && elements.length === 1) ? ',' : '';
  const words = elements.map(({ name, quote }) => `${quote}${name}${quote}`);
  if (form === 'line') return `${open}${words.join(', ')}${words.length > 0 ? comma : ''}${close}`;
  if (form === 'hanging')
    return `${open}${words.join(`,\n${indent}`)}${words.length > 0 ? comma : ''}${close}`;
  if (form === 'comma first' && words.length > 0) {
    return `${open}\n${indent}${words.join(`\n${indent}, `)}${comma}\n${close}`;
  }
  const lines = elements.map(({ above, blank, beside }, index) => {
    const own = above.map((line) => (line === '' ? '' : `${indent}${line}\n`)).join('');
    const last = index === elements.length - 1;
    return `${own}${blank ? '\n' : ''}${indent}${words[index] ?? ''}${last ? comma : ','}${beside === '' ? '' : `  ${beside}`}\n`;
  });
  return `${open}\n${lines.join('')}${form === 'closed late' ? indent : ''}${close}`;
}

test('any MIDDLEWARE: init puts ours first for Python too, and remove restores every byte', async () => {
  const samples = fc.sample(layout, { numRuns: 120, seed: 20_261 });
  const cases: { before: string; after: string }[] = [];
  for (const [index, text] of samples.entries()) {
    const root = join(folder, String(index));
    await mkdir(join(root, 'shop'), { recursive: true });
    writeFileSync(
      join(root, 'manage.py'),
      "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n" +
        'from django.core.management import execute_from_command_line\n',
    );
    writeFileSync(join(root, 'shop/__init__.py'), '');
    const settings = join(root, 'shop/settings.py');
    writeFileSync(settings, text);
    const project = await readProject(root);
    const request = {
      dumpable: false,
      systemdVersion: 239,
      ifOurs: 'leave' as const,
      only: new Set(['library', 'settings'] as const),
    };
    const { plan } = await planInit(project, chooseApplication(project, {}), request);
    expect(
      plan.changes.filter(({ action }) => action === 'manual'),
      JSON.stringify(text),
    ).toEqual([]);
    applyChanges(root, plan.changes).finish();
    cases.push({ before: text, after: readFileSync(settings, 'utf8') });
    const manifest = readManifest(root);
    if (manifest === undefined) throw new Error('no manifest');
    applyChanges(root, planRemove(root, manifest, false).changes).finish();
    expect(readFileSync(settings, 'utf8')).toBe(text);
    expect(readdirSync(root, { recursive: true }).sort()).toEqual([
      'manage.py',
      'shop',
      'shop/__init__.py',
      'shop/settings.py',
    ]);
  }
  const lists = evaluate(cases);
  for (const [index, { before, after }] of lists.entries()) {
    expect(after, cases[index]?.after ?? '').toEqual([OURS, ...before]);
  }
});

/** MIDDLEWARE of each text as Python computes it. */
function evaluate(
  cases: readonly { before: string; after: string }[],
): { before: string[]; after: string[] }[] {
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
  const program = [
    'import json, sys',
    'def run(text):',
    '    names = {}',
    '    exec(compile(text.encode(), "settings.py", "exec"), names)',
    '    return list(names["MIDDLEWARE"])',
    'cases = json.load(open(sys.argv[1], encoding="utf-8"))',
    'print(json.dumps([{name: run(text) for name, text in case.items()} for case in cases]))',
  ].join('\n');
  const python = interpreter('3.11')?.path ?? 'python3';
  const output = execFileSync(python, ['-c', program, join(folder, 'cases.json')], { encoding: 'utf8' });
  return JSON.parse(output) as { before: string[]; after: string[] }[];
}
