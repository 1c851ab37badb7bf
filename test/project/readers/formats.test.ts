import { describe, expect, test } from 'vitest';
import { readDockerfile } from '../../../src/project/readers/dockerfile.ts';
import { readHcl } from '../../../src/project/readers/hcl.ts';
import { readIni, SUPERVISORD, UWSGI } from '../../../src/project/readers/ini.ts';
import { maskTemplate, unmasked } from '../../../src/project/readers/template.ts';
import { SourceFile } from '../../../src/project/readers/text.ts';
import { mappingOf, readYaml, textOf, under, withYaml } from '../../../src/project/readers/yaml.ts';

function file(text: string, path = 'file'): SourceFile {
  return new SourceFile(path, Buffer.from(text));
}

describe('readIni', () => {
  test('keeps repeated keys, continued values and their places', () => {
    const text = '; c\n[program:web]\r\ncommand = a\n  b ; note\n# no\n\tc\nuser=x#y\nuser: z\n';
    const { sections, entries } = readIni(file(text), SUPERVISORD);
    expect(sections.map(({ value, at }) => [value, at.line])).toEqual([['program:web', 2]]);
    expect(
      entries.map(({ key, value }) => [
        key.value,
        value.value,
        key.at.line,
        text.slice(value.at.start, value.at.end),
      ]),
    ).toEqual([
      ['command', 'a\nb\nc', 3, 'a\n  b ; note\n# no\n\tc'],
      ['user', 'x#y', 7, 'x#y'],
      ['user', 'z', 8, 'z'],
    ]);
  });

  test('uWSGI: no continuation, no comment after a value', () => {
    const { entries } = readIni(file('[uwsgi]\nenv = A=b ; c\n  master = 1'), UWSGI);
    expect(entries.map(({ key, value }) => [key.value, value.value])).toEqual([
      ['env', 'A=b ; c'],
      ['master', '1'],
    ]);
  });

  test('UTF-16 and template tags', () => {
    const bytes = Buffer.concat([
      Buffer.from([0xff, 0xfe]),
      Buffer.from('[program:a]\r\n{% if a = b %}\r\ncommand=x\r\n', 'utf16le'),
    ]);
    const { entries } = readIni(new SourceFile('f', bytes), SUPERVISORD);
    expect(entries.map(({ key, value }) => [key.value, value.value, value.at.line])).toEqual([
      ['command', 'x', 3],
    ]);
  });
});

describe('readDockerfile', () => {
  test('stages, continuations, comments inside, here-documents, exec and shell form', () => {
    const text = [
      'ARG V=3.12',
      'FROM python:${V} AS build',
      'RUN <<EOF',
      'CMD not this',
      'EOF',
      'FROM build',
      'RUN pip install \\',
      '  # a comment',
      '',
      '  gunicorn',
      'ENTRYPOINT ["tini", \\',
      '  "--"]',
      'CMD gunicorn \\',
      '  a:b',
      '',
    ].join('\n');
    const stages = readDockerfile(file(text, 'Dockerfile'));
    expect(stages.map(({ from, name }) => [from, name])).toEqual([
      ['python:${V}', 'build'],
      ['build', undefined],
    ]);
    expect(
      stages[1]?.instructions.map(({ keyword, at, exec }) => [
        keyword,
        at.line,
        exec?.map(({ value }) => value),
      ]),
    ).toEqual([
      ['FROM', 6, undefined],
      ['RUN', 7, undefined],
      ['ENTRYPOINT', 11, ['tini', '--']],
      ['CMD', 13, undefined],
    ]);
    const command = stages[1]?.instructions[3];
    expect(text.slice(command?.start, command?.end)).toBe('gunicorn \\\n  a:b');
    const [, dashes] = stages[1]?.instructions[2]?.exec ?? [];
    expect(text.slice(dashes?.at.start, dashes?.at.end)).toBe('--');
  });

  test('what is no JSON array is the shell form', () => {
    const [stage] = readDockerfile(file("FROM a\nCMD ['gunicorn', 'a:b']\n"));
    expect(stage?.instructions.at(-1)?.exec).toBeUndefined();
  });
});

describe('readYaml', () => {
  test('follows aliases and merge keys, with the place where the value stands', async () => {
    const text = 'x: &x\n  a: 1\n  b: two\ny:\n  <<: *x\n  b: "three"\n';
    const [document] = await withYaml(() => readYaml(file(text)));
    const y = mappingOf(under(document, 'y')).map(({ key, value }) => [
      key.value,
      textOf(value)?.value,
      value.at.line,
    ]);
    expect(y).toEqual([
      ['b', 'three', 6],
      ['a', '1', 2],
    ]);
  });

  test('a bomb of aliases is shared, not copied', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 40; level++) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    expect(await withYaml(() => readYaml(file(lines.join('\n'))))).toHaveLength(1);
  });

  test('an anchor in itself ends', async () => {
    expect(await withYaml(() => readYaml(file('a: &a\n  b: *a\n')))).toHaveLength(1);
  });
});

test('readHcl reads blocks, lists and here-documents', () => {
  const text =
    'job "shop" {\n  # no\n  group "web" { task "app" { config { command = "a" args = ["b", "c\\"d", var.x] } } }\n  n = 3\n}\n';
  const [job] = readHcl(file(text));
  const config = job?.blocks[0]?.blocks[0]?.blocks[0];
  expect([job?.labels, config?.type, config?.attributes.get('args')?.map(({ value }) => value)]).toEqual([
    ['shop'],
    'config',
    ['b', 'c"d'],
  ]);
  expect(job?.attributes.get('n')?.[0]).toMatchObject({ value: '3', at: { line: 4 } });
});

test('maskTemplate keeps every place; unmasked puts the tags back', () => {
  const text = 'a: {{ .Values.x }}\n{{- if .y }}\nb: {% if a %}c{% endif %}\n  {{ toYaml . }}\n';
  const { text: masked, templated } = maskTemplate(text);
  expect(templated).toBe(true);
  expect(masked).toHaveLength(text.length);
  expect(masked.split('\n').map((line) => line.trim().replaceAll('\ue000', '_'))).toEqual([
    'a: _______________',
    '',
    'b:           c',
    '',
    '',
  ]);
  expect(unmasked(masked.slice(3, 18), text.slice(3, 18))).toBe('{{ .Values.x }}');
});
