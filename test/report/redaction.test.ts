import { assert, property, string as anyText } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PythonValue } from '../../src/core/python/value.ts';
import { Redaction } from '../../src/report/redaction.ts';
import { isCardNumber, redactText } from '../../src/report/secret-patterns.ts';
import { isSensitiveName } from '../../src/report/sensitive-names.ts';

const str = (string: string): PythonValue => ({ type: 'str', string, text: `'${string}'` });
const int = (text: string): PythonValue => ({ type: 'int', text });
const dict = (entries: Record<string, PythonValue>): PythonValue => ({
  type: 'dict',
  open: '{',
  close: '}',
  children: Object.entries(entries).map(([key, value]) => ({ key: str(key), value })),
});
const list = (...items: PythonValue[]): PythonValue => ({
  type: 'list',
  open: '[',
  close: ']',
  children: items.map((value) => ({ value })),
});

describe('names', () => {
  // Every name of Sentry's two lists, and what Django's expression finds in its own settings and request.META.
  test.each(
    `password passwd secret api_key apikey auth credentials mysql_pwd privatekey private_key token session csrftoken
    sessionid x_csrftoken x_forwarded_for set_cookie cookie authorization proxy-authorization x_api_key aiohttp_session
    connect.sid csrf_token csrf _csrf _csrf_token PHPSESSID _session symfony user_session _xsrf XSRF-TOKEN x_real_ip
    ip_address remote_addr SECRET_KEY SECRET_KEY_FALLBACKS EMAIL_HOST_PASSWORD AWS_SECRET_ACCESS_KEY HTTP_COOKIE
    HTTP_AUTHORIZATION CSRF_COOKIE Authorization Cookie X-Api-Key X-CSRFToken card_number cardNumber credit_card cvv
    apiKey userToken dbPassword passphrase signature OPENAI_API_KEY DATABASE_URL`
      .trim()
      .split(/\s+/),
  )('%s is sensitive', (name) => expect(isSensitiveName(name)).toBe(true));

  test.each(
    `author monkey keyboard keyword passenger compass bypass total basket request self number name items cardinal
    authored capital tokyo keys text_keys`
      .trim()
      .split(/\s+/),
  )('%s is not', (name) => expect(isSensitiveName(name)).toBe(false));
});

describe('patterns', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
  test.each([
    [`got ${jwt}!`, 'got [redacted]!'],
    ['a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b', 'a [redacted] b'],
    [String.raw`'-----BEGIN PRIVATE KEY-----\nMIIE cut`, "'[redacted]"],
    ['id AKIAIOSFODNN7EXAMPLE', 'id [redacted]'],
    ['postgres://ada:s3cr%40t@db:5432/shop', 'postgres://ada:[redacted]@db:5432/shop'],
    ['redis://:only-password@cache/0', 'redis://:[redacted]@cache/0'],
    ['card 4111 1111 1111 1111.', 'card [redacted].'],
    ['card 5500-0000-0000-0004', 'card [redacted]'],
    ['Authorization: Bearer abcdef123456', 'Authorization: [redacted] [redacted]'],
    ['using Bearer abcdef123456', 'using Bearer [redacted]'],
    ['login failed: password=hunter2, user=ada', 'login failed: password=[redacted], user=ada'],
    [`{"api_key": "abc", "page": "2"}`, `{"api_key": "[redacted]", "page": "2"}`],
    ['token=None', 'token=None'],
    ['https://example.org:8080/path?page=2', 'https://example.org:8080/path?page=2'],
    ['order 1234567890123456 at 0x7fca0724e040', 'order 1234567890123456 at 0x7fca0724e040'],
  ])('%s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  test('in source code only literals are values', () => {
    expect(redactText('password = form.cleaned_data["password"]', { literals: true })).toBe(
      'password = form.cleaned_data["password"]',
    );
    expect(redactText(`password = "hunter2"`, { literals: true })).toBe(`password = "[redacted]"`);
  });

  test('card numbers are of a network, of its length, and pass the Luhn check', () => {
    const cards = [
      '4111111111111111',
      '378282246310005',
      '30569309025904',
      '6011111111111117',
      '3530111333300000',
    ];
    for (const card of cards) {
      expect(isCardNumber(card)).toBe(true);
      expect(isCardNumber(card.slice(0, -1) + ((Number(card.at(-1)) + 1) % 10))).toBe(false);
    }
    expect(isCardNumber('1234567812345670')).toBe(false);
  });

  test('no text takes long or throws', () => {
    assert(
      property(anyText({ unit: 'binary', maxLength: 3000 }), (text) => typeof redactText(text) === 'string'),
      { seed: 1, numRuns: 300 },
    );
    for (const piece of [
      'password=',
      "token='\\",
      '1 ',
      'eyJ',
      '-----BEGIN PRIVATE KEY-----',
      'a://b:',
      'a-',
    ]) {
      expect(redactText(piece.repeat(100_000 / piece.length)).length).toBeLessThanOrEqual(300_000);
    }
  });
});

describe('values', () => {
  test('a name hides its value at any depth, and says what was absent', () => {
    const redaction = new Redaction(false);
    const value = dict({
      page: int('2'),
      inner: list(dict({ password: str('hunter2!'), token: { type: 'NoneType', text: 'None' } })),
    });
    expect(redaction.value('form', value)).toEqual({
      type: 'dict',
      repr: "{'page': 2, 'inner': [{'password': [redacted], 'token': None}]}",
      redacted: true,
    });
    expect(redaction.value('api_token', str('abc'))).toEqual({
      type: 'str',
      repr: '[redacted]',
      redacted: true,
    });
    expect(redaction.value('page', int('2'))).toEqual({ type: 'int', repr: '2' });
  });

  test('attributes and pairs are names too', () => {
    const redaction = new Redaction(false);
    const object: PythonValue = {
      type: 'shop.User',
      open: 'User(',
      close: ')',
      children: [
        { name: 'name', value: str('ada') },
        { name: 'password', value: str('x') },
      ],
    };
    expect(redaction.value('user', object).repr).toBe("User(name='ada', password=[redacted])");
    expect(
      redaction.value('headers', list(list(str('Cookie'), str('sid=1')), list(str('Host'), str('h')))).repr,
    ).toBe("[['Cookie', [redacted]], ['Host', 'h']]");
  });

  test('a value that was hidden once is hidden everywhere', () => {
    const redaction = new Redaction(false);
    redaction.value('password', str('correct-horse-7'));
    expect(redaction.mask('login with correct-horse-7 failed')).toBe('login with [redacted] failed');
    redaction.value('session', str('page'));
    expect(redaction.mask('a page')).toBe('a page');
    // a selector's key, a dictionary's, an address: hidden by their name, but no secret wherever else they stand
    expect(redaction.value('key', str('/orders/2026/checkout'))).toMatchObject({ repr: '[redacted]' });
    expect(redaction.text('REMOTE_ADDR', '192.0.2.17 (proxy)')).toBe('[redacted]');
    expect(redaction.mask('GET /orders/2026/checkout at 192.0.2.17 (proxy)')).toBe(
      'GET /orders/2026/checkout at 192.0.2.17 (proxy)',
    );
  });

  test('command lines, queries, headers', () => {
    const redaction = new Redaction(false);
    expect(redaction.words(['run', '--password', 'p1', '--token=t1', '--port', '80'])).toEqual([
      'run',
      '--password',
      '[redacted]',
      '--token=[redacted]',
      '--port',
      '80',
    ]);
    expect(redaction.query('page=2&access%5Ftoken=x&q')).toBe('page=2&access%5Ftoken=[redacted]&q');
    expect(redaction.text('Cookie', 'a=1')).toBe('[redacted]');
    expect(redaction.text('Host', 'shop.example')).toBe('shop.example');
  });

  test('--show-secrets hides nothing', () => {
    const redaction = new Redaction(true);
    expect(redaction.value('password', str('x'))).toEqual({ type: 'str', repr: "'x'" });
    expect(redaction.text('Cookie', 'a=1')).toBe('a=1');
    expect(redaction.query('token=1')).toBe('token=1');
    expect(redaction.message('password=1')).toBe('password=1');
  });
});
