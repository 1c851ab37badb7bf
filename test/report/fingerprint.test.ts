import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/report/fingerprint.ts';
import type { ChainedException } from '../../src/report/model.ts';
import { exampleReport, exception, frame, listed } from './example-report.ts';

const of = (chain: ChainedException[]): string => fingerprint(exampleReport({ exceptions: [listed(chain)] }));
const sha = (...lines: string[]): string =>
  createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);

test('it is the hash of the lines that docs/crash-record.md describes', () => {
  expect(fingerprint(exampleReport())).toBe(
    sha(
      'E builtins.RuntimeError',
      'F shop/views.py:order',
      'E shop.pay.PaymentError',
      'F shop/pay.py:charge',
      'E builtins.TypeError',
      'F shop/basket.py:total',
    ),
  );
});

test('line numbers, deployment folder, library frames, qualified names and depth of recursion do not matter', () => {
  const one = of([
    exception('ValueError', 'a', [
      frame('/srv/releases/41/shop/views.py', 10, 'Order.place'),
      frame('/usr/lib/python3.11/json/decoder.py', 355, 'raw_decode'),
      frame('/venv/lib/python3.11/site-packages/django/db.py', 1, 'q'),
    ]),
  ]);
  const other = of([
    exception('ValueError', 'b', [
      frame('/home/ada/shop/views.py', 99, 'place'),
      frame('/home/ada/shop/views.py', 99, 'place'),
      frame('/home/ada/shop/views.py', 99, '<listcomp>'),
      frame('/opt/python/lib/python3.11/json/decoder.py', 337, 'decode'),
      frame('<frozen importlib._bootstrap>', 241, '_call_with_frames_removed'),
      frame('/home/ada/shop/abort_on_exception.py', 5, '__call__'),
    ]),
  ]);
  expect(one).toBe(other);
  expect(one).not.toBe(of([exception('KeyError', 'a', [frame('/srv/shop/views.py', 10, 'place')])]));
  expect(one).not.toBe(of([exception('ValueError', 'a', [frame('/srv/shop/views.py', 10, 'cancel')])]));
});

test('without a frame of the application the innermost one counts', () => {
  const library = [
    frame('/usr/lib/python3.11/a.py', 1, 'outer'),
    frame('/usr/lib/python3.11/b.py', 2, 'inner'),
  ];
  expect(of([exception('ValueError', '', library)])).toBe(
    sha('E builtins.ValueError', 'F python3.11/b.py:inner'),
  );
  expect(of([exception('ValueError', '', [])])).toBe(sha('E builtins.ValueError'));
});

test('members of a group count, hidden contexts do not', () => {
  const shown = of([
    exception('ExceptionGroup', 'g', []),
    exception('ValueError', '', [], { relation: 'group', of: 0 }),
    exception('KeyError', '', [], { relation: 'context', of: 1 }),
    exception('TypeError', '', [], { relation: 'context', of: 0, suppressed: true }),
  ]);
  expect(shown).toBe(sha('E builtins.ExceptionGroup', 'E builtins.ValueError', 'E builtins.KeyError'));
});

test('a chain that leads back to itself ends', () => {
  const loop = [
    exception('A', '', [], { relation: 'cause', of: 1 }),
    exception('B', '', [], { relation: 'cause', of: 0 }),
  ];
  expect(of(loop)).toBe(sha('E builtins.A', 'E builtins.B'));
});
