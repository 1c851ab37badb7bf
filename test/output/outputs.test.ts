import { Ajv } from 'ajv';
import { assert, constantFrom, property, string } from 'fast-check';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { github } from '../../src/output/github.ts';
import { gitlab } from '../../src/output/gitlab.ts';
import { json } from '../../src/output/json.ts';
import { junit } from '../../src/output/junit.ts';
import { sarif } from '../../src/output/sarif.ts';
import { text } from '../../src/output/text.ts';
import { Terminal } from '../../src/terminal.ts';
import { resultOf, TERMINAL } from './hand-made.ts';

const RESULT = resultOf({ 'a b/ü,:%.service': 'one\n\tx = "😀 WRONG"\nWRONG\n', 'b.py': 'WRONG = 1\n' });

/** The published schema, as Microsoft's package of SARIF matchers carries it. */
const PUBLISHED: Record<string, unknown> = JSON.parse(
  readFileSync(
    createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'),
    'utf8',
  ),
);

/** It says draft 4; the keywords that it uses mean the same in draft 7, which is what ajv speaks. */
const SARIF_SCHEMA = Object.fromEntries(
  Object.entries(PUBLISHED).filter(([key]) => key !== '$schema' && key !== 'id'),
);

const PAGES = { PYC900: '# PYC900\n\n<!-- base: bare -->\n\nSeen: see [the table](../../docs/table.md).\n' };

function sarifErrors(document: unknown): unknown {
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  ajv.addFormat('uri', /^[a-z][a-z0-9+.-]*:[^\s"<>\\^`{|}]*$/i);
  ajv.addFormat('uri-reference', /^([^\s"<>\\^`{|}%]|%[0-9A-F]{2})*$/i);
  ajv.addFormat('date-time', true);
  const validate = ajv.compile(SARIF_SCHEMA);
  validate(document);
  return validate.errors;
}

test('SARIF is valid by the published schema, with places in UTF-16 code units', () => {
  for (const result of [RESULT, resultOf({}), resultOf({ 'a.py': 'WRONG' }, { level: 'unknown' })]) {
    expect(sarifErrors(JSON.parse(sarif(PAGES)(result, TERMINAL)))).toBeNull();
  }
  const [run] = JSON.parse(sarif(PAGES)(RESULT, TERMINAL)).runs;
  expect(run.results.map((one: { locations: unknown[] }) => one.locations[0])).toMatchObject([
    {
      physicalLocation: {
        artifactLocation: { uri: 'a%20b/%C3%BC%2C%3A%25.service', uriBaseId: 'ROOT' },
        region: { startLine: 2, startColumn: 10, endLine: 2, endColumn: 15 },
      },
    },
    { physicalLocation: { region: { startLine: 3, startColumn: 1, endColumn: 6 } } },
    { physicalLocation: { artifactLocation: { uri: 'b.py' } } },
  ]);
  expect(run.tool.driver.rules[run.results[0].ruleIndex]).toMatchObject({
    id: 'PYC900',
    help: { markdown: '# PYC900\n\nSeen: see the table.\n' },
    properties: { 'problem.severity': 'warning' },
  });
});

test('the schema refuses what is not SARIF', () => {
  expect(sarifErrors({ version: '2.1.0', runs: [{ results: [] }] })).not.toBeNull();
});

test('a GitHub annotation is one line, whatever the file and the message have in them', () => {
  const lines = github(RESULT, TERMINAL).split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe(
    `::error file=a b/ü%2C%3A%25.service,line=2,endLine=2,col=10,endColumn=15,title=PYC900::` +
      `50%25 of <b>"this" & 'that'</b>%0D%0A::error::,\u0007 ]]> 😀%0Awrite: something, else`,
  );
  const levels = (['warning', 'info', 'unknown'] as const).map((level) =>
    github(resultOf({ 'a.py': 'WRONG' }, { level }), TERMINAL).split(' ', 1),
  );
  expect(levels).toEqual([['::warning'], ['::notice'], ['::notice']]);
});

/** As the runner does (actions/runner, ActionCommand): %25 at last. */
function unescaped(value: string): string {
  return value
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%25', '%');
}

test('what a GitHub annotation says is read back, whatever it is', () => {
  const hostile = string({ unit: constantFrom(...'aü😀% \t\r\n:,;=#"<&\u0007%2C') });
  assert(
    property(hostile, hostile, (name, message) => {
      const path = `d/${name}.py`;
      const lines = github(resultOf({ [path]: 'WRONG' }, { message }), TERMINAL);
      expect(lines.match(/[\r\n]/g)).toEqual(['\n']);
      const [, listed = '', data = ''] = /^::error ([^]*?)::([^]*)\n$/.exec(lines) ?? [];
      const properties = Object.fromEntries(
        listed.split(',').map((each) => each.split(/=([^]*)/, 2).map(unescaped)),
      );
      expect(properties).toMatchObject({ file: path, line: '1', title: 'PYC900' });
      expect(unescaped(data)).toBe(`${message}\nwrite: something, else`);
    }),
  );
});

/** Attributes of https://github.com/jenkinsci/xunit-plugin, junit-10.xsd: Jenkins refuses a file with others. */
const JUNIT_ATTRIBUTES: Record<string, readonly string[]> = {
  testsuites: ['name', 'time', 'tests', 'failures', 'disabled', 'errors'],
  testsuite: ['name', 'tests', 'failures', 'errors', 'time', 'disabled', 'skipped', 'timestamp', 'hostname'],
  testcase: ['name', 'assertions', 'time', 'timestamp', 'classname', 'status', 'class', 'file', 'line'],
  failure: ['type', 'message'],
  'system-out': [],
};

test('JUnit has no element and no attribute that its schema has not', () => {
  const document =
    junit(RESULT, TERMINAL) + junit(resultOf({ 'a.py': 'WRONG' }, { level: 'info' }), TERMINAL);
  const elements = [...document.matchAll(/<([a-z][\w-]*)((?: [\w-]+="[^"]*")*)/g)];
  const seen = new Set(elements.map(([, name = '']) => name));
  expect(seen).toEqual(new Set(Object.keys(JUNIT_ATTRIBUTES)));
  for (const [, name = '', attributes = ''] of elements) {
    const names = [...attributes.matchAll(/ ([\w-]+)=/g)].map(([, attribute]) => attribute);
    expect(JUNIT_ATTRIBUTES[name]).toEqual(expect.arrayContaining(names));
  }
});

test('JUnit is read back by an XML parser, to the character', () => {
  const program = [
    'import json, sys, xml.etree.ElementTree as tree',
    'root = tree.fromstring(sys.stdin.buffer.read())',
    'print(json.dumps([root.attrib["tests"], root.attrib["failures"]] + [',
    '  [case.attrib["name"], case.find("failure").attrib["message"], case.find("failure").text]',
    '  for case in root.iter("testcase") if case.find("failure") is not None]))',
  ].join('\n');
  const read = JSON.parse(
    execFileSync('python3', ['-c', program], { input: junit(RESULT, TERMINAL), encoding: 'utf8' }),
  );
  const message = `50% of <b>"this" & 'that'</b>\r\n::error::,\uFFFD ]]> 😀`;
  expect(read.slice(0, 3)).toEqual([
    '3',
    '2',
    [
      'PYC900 hand-made in a b/ü,:%.service',
      message,
      `a b/ü,:%.service:2:10: error: ${message}\nwrite: something, else\n\n` +
        `a b/ü,:%.service:3:1: error: ${message}\nwrite: something, else`,
    ],
  ]);
  // every character up to U+00FF, and those at the borders of what XML may have
  const characters = String.fromCodePoint(
    ...Array.from({ length: 0x100 }, (_, code) => code),
    0xd7ff,
    0xd800,
    0xdfff,
    0xe000,
    0xfffd,
    0xfffe,
    0xffff,
    0x1_0000,
    0x10_ffff,
  );
  const one = junit(resultOf({ 'a.py': 'WRONG' }, { message: characters }), TERMINAL);
  const back = JSON.parse(execFileSync('python3', ['-c', program], { input: one, encoding: 'utf8' }));
  // oxlint-disable-next-line no-control-regex
  const legal = characters.replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, '\ufffd');
  expect(back[2][1]).toBe(legal);
  const quiet = junit(resultOf({ 'a.py': 'WRONG' }, { level: 'unknown' }), TERMINAL);
  expect(quiet).toContain('failures="0"');
  expect(quiet).toContain('<system-out>');
});

test('text shows the line and marks what it is about', () => {
  const result = resultOf(
    { 'deploy/a.service': '[Service]\n\tKey = "😀 WRONG"\n' },
    { message: 'it is wrong' },
  );
  expect(text(result, TERMINAL)).toBe(
    [
      'deploy/a.service:2:12: error it is wrong [PYC900]',
      '2 | \tKey = "😀 WRONG"',
      '  | \t         ^^^^^',
      '  help: write: something, else',
      '',
      '1 error',
      '',
    ].join('\n'),
  );
  expect(text(resultOf({}), TERMINAL)).toBe('no findings\n');
});

test('text of a repository cannot steer the terminal', () => {
  const shown = text(resultOf({ 'a.py': '\u001B[31mWRONG\u202E\n' }), TERMINAL);
  for (const control of ['\u001B', '\u0007', '\u202E', '\r']) expect(shown).not.toContain(control);
});

test('colours are only where they are wanted', () => {
  const color = new Terminal({ json: false, quiet: false, color: true, cwd: '/' });
  expect(text(RESULT, color)).toContain('\u001B[31merror\u001B[39m');
  expect(text(RESULT, TERMINAL)).not.toContain('\u001B');
});

test('GitLab gets unique fingerprints and its own severities', () => {
  const issues = JSON.parse(gitlab(RESULT, TERMINAL)) as { fingerprint: string; severity: string }[];
  expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(3);
  expect(issues[0]).toMatchObject({
    check_name: 'PYC900',
    severity: 'critical',
    location: { path: 'a b/ü,:%.service', lines: { begin: 2, end: 2 } },
  });
});

function prints(source: string): string[] {
  return resultOf({ 'a.py': source }).findings.map(({ fingerprint }) => fingerprint);
}

test('a fingerprint survives what happens elsewhere in the file, and equal lines have different ones', () => {
  const before = prints('x = WRONG\ny = WRONG\nx = WRONG\n');
  expect(new Set(before).size).toBe(3);
  expect(prints('# a comment\n\n  x = WRONG\ny = WRONG\nz = 1\nx = WRONG\n')).toEqual(before);
  expect(prints('x = WRONG + 1\ny = WRONG\nx = WRONG\n')[0]).not.toBe(before[0]);
});

test('what the baseline knows is left out and counted', () => {
  const [first] = RESULT.findings;
  const known = resultOf(
    { 'a b/ü,:%.service': 'one\n\tx = "😀 WRONG"\nWRONG\n', 'b.py': 'WRONG = 1\n' },
    { baseline: new Set([first?.fingerprint ?? '']) },
  );
  expect(known.findings).toHaveLength(2);
  expect(JSON.parse(json(known, TERMINAL)).summary).toEqual({
    error: 2,
    warning: 0,
    info: 0,
    unknown: 0,
    silenced: 0,
    baseline: 1,
  });
});

test.each([
  ['at the end of its line', 'x = WRONG  # pycrash: ignore[PYC900] known\n', []],
  ['above it', '# pycrash: ignore[PYC001, PYC900] known\n; more\n\nx = WRONG\n', []],
  ['with CRLF', '# pycrash: ignore[PYC900] known\r\nx = WRONG\r\n', []],
  ['not further than the next line', '# pycrash: ignore[PYC900] known\nx = 1\nx = WRONG\n', ['PYC900:3']],
  ['not for another rule', 'x = WRONG  # pycrash: ignore[PYC901] known\n', ['PYC900:1']],
  ['without a reason', 'x = WRONG  # pycrash: ignore[PYC900]\n', ['PYC000:1']],
  [
    'in the lines that continue it',
    '# pycrash: ignore[PYC900] known\nexec a \\\n  --b \\\n  WRONG\nWRONG\n',
    ['PYC900:5'],
  ],
  [
    'in a YAML block',
    '# pycrash: ignore[PYC900] known\nrun: >-\n  a\n\n  WRONG\nnext: WRONG\n',
    ['PYC900:6'],
  ],
])('a finding is silenced %s', (_name, source, left) => {
  expect(ofSilenced('a.py', source)).toEqual(left);
});

function ofSilenced(file: string, source: string): string[] {
  const { findings } = resultOf({ [file]: source });
  return findings.map(({ rule, at }) => `${rule}:${at.line}`);
}

/** A comment that its format does not have there is part of a value, and breaks it. */
test.each([
  ['a.service', '#', 'alone'],
  ['a.service.d/b.conf.j2', ';', 'alone'],
  ['Dockerfile.prod', '#', 'alone'],
  ['Procfile', '#', 'alone'],
  ['apache/shop.conf', '#', 'alone'],
  ['conf.d/supervised.conf', ';', 'behind too'],
  ['uwsgi.ini', '#', 'alone'],
  ['gunicorn.conf', '#', 'behind too'],
  ['compose.yaml', '#', 'behind too'],
  ['fly.toml', '#', 'behind too'],
  ['shop.nomad', '//', 'behind too'],
  ['uwsgi.xml', '<!--', 'behind too'],
  ['uwsgi.xml', '#', 'nowhere'],
  ['railway.json', '#', 'nowhere'],
  ['railway.json', '//', 'nowhere'],
])('in %s a comment of %s stands %s', (file, opening, where) => {
  const comment = `${opening} pycrash: ignore[PYC900] known${opening === '<!--' ? ' -->' : ''}`;
  expect(ofSilenced(file, `${comment}\nWRONG\n`)).toEqual(
    where === 'nowhere' ? ['PYC000:1', 'PYC900:2'] : [],
  );
  expect(ofSilenced(file, `WRONG ${comment}\n`)).toEqual(
    where === 'behind too' ? [] : ['PYC900:1', 'PYC000:1'],
  );
  const bare = comment.replace(' known', '');
  expect(ofSilenced(file, `${bare}\nWRONG\n`)[0]).toBe('PYC000:1');
});
