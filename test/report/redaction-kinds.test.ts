import { expect, test } from 'vitest';
import type { PythonValue } from '../../src/core/python/value.ts';
import { Redaction } from '../../src/report/redaction/redaction.ts';
import {
  bytes,
  dataclass,
  dict,
  instance,
  int,
  list,
  none,
  str,
  tuple,
} from './redaction-corpus/python-values.ts';

const shown = (name: string, value: PythonValue): string =>
  new Redaction('default').through((door) => door.value(name, value).repr);

/** Letters alone, of both cases, with digits, with a dash, hexadecimal. */
const SECRETS = [
  'domugabitefu',
  'HRAlghWNMCrAFSiW',
  'pava4543FAZUZIPO',
  'robeze-kogeme-64',
  '7129487691087f89',
];

const named = (type: string, value: PythonValue): PythonValue => ({ ...value, type });

/** A variable, and what it holds; the secret is in it. */
const TREES: Record<string, (secret: string) => [name: string, value: PythonValue]> = {
  'a token of letters': (secret) => ['x', dict(['token', str(secret)])],
  'a list of tokens': (secret) => ['tokens', list(str('a'), str(secret))],
  'a class called as a secret': (secret) => ['reply', instance('shop.Password', { value: str(secret) })],
  'a class called as a credential': (secret) => ['reply', dataclass('shop.Bearer', { value: str(secret) })],
  'a subclass of str': (secret) => ['job', named('shop.PasswordStr', str(secret))],
  'a subclass of list': (secret) => ['job', named('shop.Tokens', list(str(secret)))],
  'a subclass of dict': (secret) => ['job', named('shop.Secrets', dict(['a', str(secret)]))],
  'field and input': (secret) => ['r', list(dict(['field', str('password')], ['input', str(secret)]))],
  'option and setting': (secret) => [
    'r',
    dict(['option', str('smtp_password')], ['setting', str(secret)], ['scope', str('global')]),
  ],
  'loc and input': (secret) => [
    'r',
    dict(['loc', tuple(str('body'), str('password'))], ['msg', str('too short')], ['input', str(secret)]),
  ],
  'a flat list': (secret) => ['r', list(str('user'), str('bob'), str('signing_key'), str(secret))],
  'a Secret of Kubernetes': (secret) => [
    'r',
    dict(['kind', str('Secret')], ['stringData', dict(['url', str(secret)])]),
  ],
  'SQL and its parameters': (secret) => [
    'args',
    tuple(str('UPDATE u SET name=%s, password=%s'), tuple(str('bob'), str(secret))),
  ],
  'a LogRecord': (secret) => [
    'record',
    instance('logging.LogRecord', {
      msg: str('user %s password %s'),
      args: tuple(str('bob'), str(secret)),
    }),
  ],
  'values without their keys': (secret) => [
    'item',
    {
      type: 'dict_values',
      open: 'dict_values([',
      close: '])',
      children: [{ of: 'password', value: str(secret) }],
    },
  ],
  'the arguments of a login': (secret) => ['login', tuple(str('bob'), str(secret))],
  'a header with its name twice': (secret) => [
    'h',
    instance('httpx.Headers', {
      _list: list(tuple(bytes('X-Api-Key'), bytes('x-api-key'), bytes(secret))),
    }),
  ],
};

test.each(Object.entries(TREES))('%s', (_, make) => {
  for (const secret of SECRETS) expect(shown(...make(secret))).not.toContain(secret);
});

test.each<[string, PythonValue]>([
  ['tokens', list(str('SELECT'), str('name'))],
  ['token', str('identifier')],
  ['token_args', list(str('--max-tokens'), str('4096'))],
  ['par', list(dict(['name', str('api_key')], ['in', str('header')]))],
  ['row', dict(['name', str('password')], ['label', str('Your password')])],
  ['schema', dict(['password', dict(['type', str('string')], ['description', str('The login phrase')])])],
  ['policy', dataclass('shop.PasswordPolicy', { description: str('one digit at least') })],
  ['a', tuple(str('SELECT * FROM u WHERE email=%s'), tuple(str('ada7@example.org')))],
  ['kind', dict(['kind', str('ConfigMap')], ['data', dict(['url', str('http://x')])])],
  ['msg_pass', str('all 1418 tests passed in 73.2s')],
  ['pw_none', dict(['password', none], ['user', str('jdoe-warehouse')])],
])('%s is shown', (name, value) => expect(shown(name, value)).not.toContain('[redacted]'));

test('every piece of eight characters of a secret is hidden, and no word of a language', () => {
  const secret = 'sn0EJLgJzOe7FY0w';
  const texts = new Redaction('default').through((door) => [
    door.value('api_key', str(secret)).repr,
    door.value('password', str('summer-production-2026')).repr,
    ...Array.from({ length: secret.length - 7 }, (_, at) => door.text(`tok ${secret.slice(at, at + 8)} x`)),
    door.text('the production of 2026'),
  ]);
  expect(texts.slice(2, -1)).toEqual(Array.from({ length: secret.length - 7 }, () => 'tok [redacted] x'));
  expect(texts.at(-1)).toBe('the production of 2026');
});

test('strict hides numbers under the name of a secret, and card numbers', () => {
  const value = dict(['otp_code', int(482_913)], ['total', int(7)], ['number', int('4111111111111111')]);
  expect(new Redaction('strict').through((door) => door.value('order', value).repr)).toBe(
    '{[8 characters]: [redacted], [5 characters]: 7, [6 characters]: [redacted]}',
  );
});

test('plain settings of a Cookie header stay', () => {
  expect(new Redaction('default').through((door) => door.text('Cookie: theme=dark-blue; sessionid=a1'))).toBe(
    'Cookie: theme=dark-blue; [redacted]',
  );
});
