import {
  array,
  assert,
  constantFrom,
  oneof,
  property,
  record,
  string as anyText,
  stringMatching,
  tuple,
} from 'fast-check';
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

/** The value inside of others: lists, dicts with harmless keys, attributes. */
const nested = (value: PythonValue, path: readonly string[]): PythonValue =>
  path.reduce<PythonValue>(
    (inner, step) =>
      step === 'list'
        ? list(int('1'), inner)
        : step === 'object'
          ? { type: 'shop.Box', open: '<', close: '>', children: [{ name: 'content', value: inner }] }
          : dict({ [step]: inner }),
    value,
  );

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

describe('what was hidden by its name, elsewhere', () => {
  const path = array(constantFrom('list', 'object', 'items', 'data'), { maxLength: 4 });
  const secrets = array(
    record({
      name: constantFrom(
        ...'password db_password AWS_SECRET_ACCESS_KEY apiKey access_token SECRET_KEY client_secret passphrase'.split(
          ' ',
        ),
      ),
      secret: oneof(
        stringMatching(/^[A-Za-z]\w{6,40}\d[\w+-]{0,4}$/),
        // spaces, quotes and what means something in a regular expression
        stringMatching(/^[a-z]{4,9}[ $^*+?()[\]|.!'"-][a-z]{4,9}\d$/),
      ),
      path,
    }),
    { minLength: 1, maxLength: 5 },
  );

  test('no secret survives in another local, in a longer text or in a part of a word', () => {
    assert(
      property(secrets, stringMatching(/^[a-z]{0,5}$/), (all, around) => {
        const redaction = new Redaction(false);
        const shown = all.map(({ name, secret, path: steps }) => {
          const hidden = redaction.value('form', nested(dict({ [name]: str(secret) }), steps)).repr;
          redaction.value(name, str(secret));
          return hidden;
        });
        const texts = all.flatMap(({ secret }) => [
          `'${secret}'`,
          `login of ${around}${secret}${around} failed`,
          `${secret}${secret}`,
        ]);
        for (const text of [...shown, ...texts]) {
          const masked = redaction.mask(text);
          for (const { secret } of all) expect(masked).not.toContain(secret);
        }
      }),
    );
  });

  // What a session, a cache, an authentication backend is full of.
  const ORDINARY =
    `/orders/2026/checkout checkout shop.example.com localhost:8000 127.0.0.1:8000 aristotle 20260101 2026-11-23
    1234567890 https://shop.example.com/orders application/json django.contrib.auth.backends.ModelBackend views/orders.py
    en-us us-east-1 sessionid csrfmiddlewaretoken ada@example.org :1:user-profile-42 user_profile_42_en authorization_code`
      .trim()
      .split(/\s+/);

  test('the ordinary words of a session, a cache or a list of keys survive', () => {
    const names = constantFrom(
      ...'session request_session cookies cache_key auth auth_keys auth_backend api key api_url token_type sessions'.split(
        ' ',
      ),
    );
    const word = constantFrom(...ORDINARY);
    const inner = constantFrom('path', 'host', 'user', 'cache_key', 'keys', 'next');
    assert(
      property(array(tuple(names, inner, word, path), { minLength: 1, maxLength: 5 }), (all) => {
        const redaction = new Redaction(false);
        for (const [name, key, text, steps] of all) {
          expect(redaction.value(name, nested(dict({ [key]: str(text) }), steps)).repr).toBe('[redacted]');
          expect(redaction.value(name, list(str(text), int('1234567890'))).repr).toBe('[redacted]');
          redaction.text(name, text);
        }
        const page = ORDINARY.join(' ');
        expect(redaction.mask(page)).toBe(page);
      }),
    );
  });

  test.each([
    ['Authorization', 'Basic YWRhOmNvcnJlY3QtaG9yc2U=', 'sent YWRhOmNvcnJlY3QtaG9yc2U= to it'],
    ['Cookie', 'theme=dark; sessionid=abcdefghijklmnop', 'session abcdefghijklmnop expired'],
    ['DATABASE_URL', 'postgres://shop:correct-horse@db/shop', 'password "correct-horse" is wrong'],
    ['session_id', '9c1f7a2b3d4e', 'no session 9c1f7a2b3d4e'],
    ['password', 'swordfish', 'swordfish, they said'],
    ['card_number', '400012341234', 'charged 400012341234'],
  ])('%s: %s', (name, value, text) => {
    const redaction = new Redaction(false);
    expect(redaction.text(name, value)).toBe('[redacted]');
    expect(redaction.mask(text)).toBe(
      text.replace(/[\w-]*(?:YWRh|abcdefgh|correct|9c1f|swordf|4000)[\w=-]*/, '[redacted]'),
    );
    const other = new Redaction(false);
    other.value(name, str(value));
    expect(other.mask(text).includes('[redacted]')).toBe(true);
  });

  test('the password of auth=(user, password), and not the user', () => {
    const redaction = new Redaction(false);
    redaction.value('auth', list(str('aristotle'), str('correct-horse')));
    expect(redaction.mask('aristotle: correct-horse')).toBe('aristotle: [redacted]');
  });
});
