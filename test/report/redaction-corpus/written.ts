import { readFileSync } from 'node:fs';
import { python } from './python-values.ts';
import type { Planted } from './shapes.ts';

/**
 * Written by hand, a row each: the place, the name, the value. `@@` is where a secret is planted. The lines were written
 * after the redaction, and measured before anything was changed for them (docs/report.md).
 */
type Row = [place: string, name: string, value: unknown];

const rows = (file: string): Row[] =>
  JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Row[];

/** Random, long, of words, hexadecimal. */
const SECRETS = [
  'Kq7wZ3xVb9',
  'tr0ub4dor-Xy',
  'zebraquilt-maple7',
  'a8Fk2LmQ9zX4cV7bN1s',
  '9f3c7a1e5b8d2046ac',
];

/** Each row with each secret. */
export function writtenSecrets(): { row: string; secret: string; planted: Planted }[] {
  return rows('written-secrets.json').flatMap((row) =>
    SECRETS.map((secret) => ({ row: JSON.stringify(row), secret, planted: planted(row, secret) })),
  );
}

export function writtenHarmless(): { row: string; planted: Planted }[] {
  return rows('written-harmless.json').map((row) => ({
    row: JSON.stringify(row),
    planted: planted(row, ''),
  }));
}

function planted([place, name, raw]: Row, secret: string): Planted {
  const value = JSON.parse(JSON.stringify(raw).replaceAll('@@', secret)) as unknown;
  if (place === 'local') return { locals: { [name]: python(value) } };
  if (place === 'cmd') return { cmdline: value as string[] };
  const text = String(value);
  if (place === 'text') return { locals: { body: python(text) }, message: text };
  if (place === 'env') return { environment: { [name]: text } };
  if (place === 'header') return { headers: { [name]: text } };
  if (place === 'path') return { path: text };
  return place === 'query' ? { query: text } : { source: text };
}
