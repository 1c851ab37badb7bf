import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { corpus } from './redaction-corpus/corpus.ts';
import { python } from './redaction-corpus/python-values.ts';
import { SHAPES } from './redaction-corpus/shapes.ts';
import { isShown, shown } from './redaction-corpus/shown.ts';
import { writtenHarmless, writtenSecrets } from './redaction-corpus/written.ts';

/** Names and values of locals, taken from frames of CPython's library, Django, Flask, SQLAlchemy and others while they ran. */
const HARMLESS = JSON.parse(
  readFileSync(new URL('redaction-corpus/harmless.json', import.meta.url), 'utf8'),
) as [string, unknown][];

test('of the planted secrets at most 1 % are shown', () => {
  expect(new Set(SHAPES.map(({ id }) => id)).size).toBeGreaterThanOrEqual(150);
  const items = corpus(6, 20_261_130);
  expect(items.length).toBeGreaterThanOrEqual(1000);
  const all = items.filter(isShown).map(({ shape, name, secret }) => `${shape.id}: ${name} ${secret}`);
  expect(all.length / items.length, all.join('\n')).toBeLessThanOrEqual(0.01);
});

test('of the secrets in the lines written by hand at most 2 % are shown', () => {
  const items = writtenSecrets();
  expect(items.length).toBeGreaterThanOrEqual(3000);
  const all = items.filter(isShown).map(({ row, secret }) => `${secret} ${row}`);
  expect(all.length / items.length, all.join('\n')).toBeLessThanOrEqual(0.02);
});

const hides = (all: readonly string[]): boolean => all.some((text) => text.includes('[redacted]'));

test('of the harmless values at most 2 % are hidden', () => {
  expect(HARMLESS.length).toBeGreaterThanOrEqual(1000);
  const taken = HARMLESS.filter(([name, value]) => hides(shown({ locals: { [name]: python(value) } })));
  expect(taken.length / HARMLESS.length, JSON.stringify(taken)).toBeLessThanOrEqual(0.02);
  const written = writtenHarmless();
  const all = written.filter(({ planted }) => hides(shown(planted))).map(({ row }) => row);
  expect(all.length / written.length, all.join('\n')).toBeLessThanOrEqual(0.02);
});
