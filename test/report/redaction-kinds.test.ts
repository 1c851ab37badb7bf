import { expect, test } from 'vitest';
import type { PythonValue } from '../../src/core/python/value.ts';
import { isWordLike } from '../../src/report/redaction/letters.ts';
import { Redaction } from '../../src/report/redaction/redaction.ts';
import {
  bytes,
  dataclass,
  dict,
  enumMember,
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
  'names in one list, values in another': (secret) => [
    'job',
    tuple(list(str('user'), str('api_key')), list(str('bob'), str(secret))),
  ],
  'columns and rows': (secret) => [
    'job',
    dict(
      ['columns', list(str('id'), str('login'), str('password'))],
      ['rows', list(list(int(1), str('bob'), str(secret)))],
    ),
  ],
  'the description of a cursor': (secret) => [
    'job',
    dict(
      ['head', list(tuple(str('id'), int(23)), tuple(str('pw'), int(25)))],
      ['got', list(tuple(int(1), str(secret)))],
    ),
  ],
  'a member of an Enum': (secret) => ['job', enumMember('shop.Conf', 'DB_PASSWORD', str(secret))],
  'user, account, password': (secret) => ['auth_tuple', tuple(str('bob'), none, str(secret))],
  'a header with its name twice': (secret) => [
    'h',
    instance('httpx.Headers', {
      _list: list(tuple(bytes('X-Api-Key'), bytes('x-api-key'), bytes(secret))),
    }),
  ],
};

/** A name that stands beside what it names: what no language has a word for is hidden there. */
const besideName = (secret: string): PythonValue[] => [
  dict(['op', str('replace')], ['path', str('/password')], ['value', str(secret)]),
  dict(['func', str('set_password')], ['args', list(str('bob'), str(secret))]),
];

test('a name beside a value in a way that is not known', () => {
  for (const secret of SECRETS.slice(1, 3).concat('7129487691087f89'))
    for (const tree of besideName(secret)) expect(shown('t', tree)).not.toContain(secret);
  for (const tree of besideName('correct')) expect(shown('t', tree)).toContain('correct');
});

test.each(Object.entries(TREES))('%s', (_, make) => {
  for (const secret of SECRETS) expect(shown(...make(secret))).not.toContain(secret);
});

/** A text, and the secret in it; the form is not one that is parsed, or the name is not beside it. */
const TEXTS: Record<string, (secret: string) => string> = {
  'a name in quotes in front': (secret) => `key "api_key" has value ${secret}`,
  'a name behind': (secret) => `if ("${secret}" == password) {`,
  'a column behind': (secret) => `Failing row contains (7, bob, ${secret}, null) in column secret.`,
  'the name of a function behind': (secret) => `args=('bob', '${secret}') in set_password(user, raw)`,
  'value before name': (secret) => `value="${secret}" name="client_secret"`,
  'a complex key of YAML': (secret) => `? password\n: ${secret}`,
  'an environment with NUL': (secret) => `PATH=/bin\0DB_PASSWORD=${secret}\0HOME=/x`,
  'numeric entities': (secret) => `p=1;password&#61;${secret}`,
  'Base64 of a form': (secret) => Buffer.from(`user=bob&password=${secret}`).toString('base64'),
  'hexadecimal of a form': (secret) => Buffer.from(`user=bob&password=${secret}`).toString('hex'),
  'Base64 of a user and a password': (secret) => Buffer.from(`bob:${secret}`).toString('base64'),
};

test.each(Object.entries(TEXTS))('%s', (_, make) => {
  for (const secret of ['HRAlghWNMCrAFSiW', 'pava4543FAZUZIPO', '7129487691087f89aa']) {
    const text = make(secret);
    const all = new Redaction('default').through((door) => door.text(text));
    expect(all).not.toContain(secret);
    expect(all).toContain('[redacted]');
  }
});

test('what is said to be something else stays, near the name of a secret too', () => {
  for (const text of [
    'token expired for request 4bf92f3577b34da6a3ce929d0e0e4736',
    'secret "db-credentials" not found by pod checkout-7d9c6b8f4-x2k9z',
    'password authentication failed for user "shop7d9c6b8f4" from 10.0.17.23 port 51544',
    'token of 02:42:ac:11:00:0b',
    'Webhook signature mismatch: expected 2 arguments, got 3',
  ])
    expect(new Redaction('default').through((door) => door.text(text))).toBe(text);
  for (const name of ['ksuid', 'request_id', 'payment_intent'])
    expect(shown(name, str('0ujtsYcgvSTl8PAuAdqWYSMnLOv'))).toContain('0ujts');
  expect(shown('item', str('0ujtsYcgvSTl8PAuAdqWYSMnLOv'))).toBe('[redacted]');
  // a token by its prefix is one under any name
  expect(shown('request_id', str('ghp_0ujtsYcgvSTl8PAuAdqWYSMnLOvaB12345'))).toBe('[redacted]');
});

test.each(
  `mot_de_passe palavra_passe recovery_phrase mfa_seed pin_number gate_code lock_combination webhook_signature_key
  wallet_seed id_token_hint remember_me geslo license_code`
    .trim()
    .split(/\s+/),
)('%s is the name of a secret', (name) => expect(shown(name, str('HRAlghWNMCrAFSiW'))).toBe('[redacted]'));

test('words are hidden where their place says what they are', () => {
  const word = 'correct-horse';
  const rows = list(list(int(1), str(word)));
  expect(shown('job', dict(['columns', list(str('id'), str('pw'))], ['rows', rows]))).not.toContain(word);
  expect(shown('webhook_signature_key', str(word))).toBe('[redacted]');
  expect(shown('auth_tuple', tuple(str('bob'), none, str(word)))).not.toContain(word);
  expect(shown('item', str('9dK2fQ7xW4bT8mZs'))).toBe('[redacted]');
  const texts = new Redaction('default').through((door) => [
    door.text(`A=1\0DB_PASSWORD=${word}\0HOME=/home/ada`),
    door.text(`git clone https://maple-tree-1495@github.com/acme/x.git`),
    door.text(`p=1;password&#61;${word}`),
  ]);
  expect(texts).toEqual([
    'A=1\0DB_PASSWORD=[redacted]\0HOME=/home/ada',
    'git clone https://[redacted]@github.com/acme/x.git',
    'p=1;password&#61;[redacted]',
  ]);
});

test('letters as words have them, and others', () => {
  for (const word of ['credentials', 'celery', 'postgres', 'checkout', 'correct', 'battery', 'workers'])
    expect(isWordLike(word)).toBe(true);
  for (const letters of ['fafupuleporo', 'nubeniritama', 'xkqzvbnt']) expect(isWordLike(letters)).toBe(false);
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

test.each(['hasło', 'hasloBazy', 'HASŁO_BAZY', 'lösenord', 'losenord', 'contraseña', 'jelszo', 'пароль'])(
  'a name with its accents or without: %s',
  (name) => {
    expect(shown(name, str('lantern6566$'))).toBe('[redacted]');
    expect(shown('command', list(str('psql'), str(`--${name}`), str('lantern6566$')))).toBe(
      `['psql', '--${name}', [redacted]]`,
    );
  },
);

test('a header that is no secret stays among headers that are', () => {
  const headers = list(
    tuple(str('host'), str('shop.example')),
    tuple(str('authorization'), str('Bearer token-of-the-test')),
    tuple(str('x-request-id'), str('request-1')),
  );
  expect(shown('headers', headers)).toBe(
    `[('host', 'shop.example'), ('authorization', [redacted]), ('x-request-id', 'request-1')]`,
  );
});

test('a code that is sent by SMS is hidden, the public key of OpenSSH is not', () => {
  expect(shown('sms', str('Your verification code is 959900. It expires in 10 minutes.'))).toBe(
    `'Your verification code is [redacted]. It expires in 10 minutes.'`,
  );
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIv74JOlrUlZ8YV1JewcPFaCUgSGdwlNx5FH6EqOWsecO ada@host';
  expect(shown('line', str(key))).toBe(`'${key}'`);
});
