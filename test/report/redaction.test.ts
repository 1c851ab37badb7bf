import {
  assert,
  array,
  constantFrom,
  oneof,
  property,
  record,
  string as anyText,
  stringMatching,
  tuple as tupleOf,
} from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PythonValue } from '../../src/core/python/value.ts';
import { isCardNumber } from '../../src/report/redaction/looks.ts';
import { judgeName, mayHide } from '../../src/report/redaction/names.ts';
import { Redaction } from '../../src/report/redaction/redaction.ts';
import { secretsIn } from '../../src/report/redaction/text.ts';
import { Work } from '../../src/report/redaction/work.ts';
import {
  bytes,
  dict,
  enumMember,
  instance,
  int,
  list,
  none,
  str,
  tuple,
} from './redaction-corpus/python-values.ts';

/** What is shown of locals, and of texts beside them. */
function shown(locals: Record<string, PythonValue>, ...texts: string[]): string[] {
  return new Redaction('default').through((door) => [
    ...Object.entries(locals).map(([name, value]) => door.value(name, value).repr),
    ...texts.map((text) => door.text(text)),
  ]);
}
const text = (all: string): string => shown({}, all)[0] ?? '';
const named = (name: string, value: string): string =>
  new Redaction('default').through((door) => door.named(name, value));

const source = (line: string): string => new Redaction('default').through((door) => door.source(line));

describe('names', () => {
  // Names of Sentry's two lists, of Django's expression, and as people glue them together.
  test.each(
    `password passwd secret api_key apikey auth credentials mysql_pwd privatekey private_key token session csrftoken
    sessionid x_csrftoken x_forwarded_for set_cookie cookie authorization proxy-authorization x_api_key aiohttp_session
    connect.sid csrf_token csrf _csrf _csrf_token PHPSESSID _session symfony user_session _xsrf XSRF-TOKEN x_real_ip
    ip_address remote_addr SECRET_KEY SECRET_KEY_FALLBACKS EMAIL_HOST_PASSWORD AWS_SECRET_ACCESS_KEY HTTP_COOKIE
    HTTP_AUTHORIZATION CSRF_COOKIE Authorization Cookie X-Api-Key X-CSRFToken card_number cardNumber credit_card cvv
    apiKey userToken dbPassword passphrase signature OPENAI_API_KEY dbpass signingkey pw creds pass1 otpcode passwd2
    mySecretKey userpwd clientsecret PGPASSWORD private_and_public_key rootpw adminpwd encryptionkey sshkey authkey cvvcode
    heslo enc_key passwrd presigned unseal_key`
      .trim()
      .split(/\s+/),
  )('%s is sensitive', (name) => expect(mayHide(judgeName(name))).toBe(true));

  // They count or describe, or hold such a word by chance.
  test.each(
    `author monkey keyboard keyword passenger compass bypass total basket request self number name items cardinal
    authored capital tokyo max_tokens token_count api_url session_count key_error card_type secretary pass_rate
    password_validators token_type primary_key SESSION_ENGINE PASSWORD_RESET_TIMEOUT has_password key_length secret_name
    tokenizer next_page_token cache_key public_key passport authority hockey turnkey`
      .trim()
      .split(/\s+/),
  )('%s is not', (name) => expect(mayHide(judgeName(name))).toBe(false));
});

describe('texts', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
  test.each([
    [`got ${jwt}!`, 'got [redacted]!'],
    ['a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b', 'a [redacted] b'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE cut', '[redacted]'],
    ['id AKIAIOSFODNN7EXAMPLE', 'id [redacted]'],
    ['postgres://ada:s3cr%40t@db:5432/shop', 'postgres://ada:[redacted]@db:5432/shop'],
    ['redis://:only-password@cache/0', 'redis://:[redacted]@cache/0'],
    ['card 4111 1111 1111 1111.', 'card [redacted].'],
    ['card 5500-0000-0000-0004', 'card [redacted]'],
    ['Authorization: Bearer abcdef123456', 'Authorization: Bearer [redacted]'],
    ['using Bearer abcdef123456', 'using Bearer [redacted]'],
    ['login failed: password=hunter2, user=ada', 'login failed: password=[redacted], user=ada'],
    [`{"api_key": "abc", "page": "2"}`, `{"api_key": "[redacted]", "page": "2"}`],
    ['variable "password" { default = "hunter2" }', 'variable "password" { default = "[redacted]" }'],
    ['token=None', 'token=None'],
    ['https://example.org:8080/path?page=2', 'https://example.org:8080/path?page=2'],
    ['order 1234567890123456 at 0x7fca0724e040', 'order 1234567890123456 at 0x7fca0724e040'],
    // the replacement never stands beside the secret
    ['password: \n  Ke83hf72Lq', 'password: \n  [redacted]'],
    [String.raw`password = "a\"Ke84hf72Lq"`, 'password = "[redacted]"'],
    ['authorization: basic Ke85hf72Lq', 'authorization: basic [redacted]'],
    ['Authorization: Negotiate Ke86hf72Lq', 'Authorization: Negotiate [redacted]'],
    [
      'Proxy-Authorization: Digest username="x", response="Ke87hf72Lq"',
      'Proxy-Authorization: Digest [redacted]',
    ],
    ['secret := "Ke88hf72Lq"', 'secret := "[redacted]"'],
    [
      "INSERT INTO u (name, password) VALUES ('ada', 'x y')",
      "INSERT INTO u (name, password) VALUES ('ada', '[redacted]')",
    ],
    ['Password: This field is required.', 'Password: This field is required.'],
    ["KeyError: 'password'", "KeyError: 'password'"],
    ['max_tokens=512 token_type=bearer', 'max_tokens=512 token_type=bearer'],
  ])('%s', (all, expected) => {
    expect(text(all)).toBe(expected);
  });

  test('in source code only literals are values', () => {
    expect(source('password = form.cleaned_data["password"]')).toBe(
      'password = form.cleaned_data["password"]',
    );
    expect(source(`password = "hunter2"`)).toBe(`password = "[redacted]"`);
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
});

describe('values', () => {
  test('a name hides its value at any depth, and says what was absent', () => {
    const value = dict(
      ['page', int(2)],
      ['inner', list(dict(['password', str('hunter2!')], ['token', none]))],
    );
    const redaction = new Redaction('default');
    expect(redaction.through((door) => door.value('form', value))).toEqual({
      type: 'dict',
      repr: "{'page': 2, 'inner': [{'password': [redacted], 'token': None}]}",
      redacted: true,
    });
    expect(redaction.through((door) => door.value('page', int(2)))).toEqual({ type: 'int', repr: '2' });
  });

  test.each([
    [
      'attributes',
      instance('shop.User', { name: str('ada'), password: str('x') }),
      "<shop.User at 0x7f3a5c0b2d90 name='ada', password=[redacted]>",
    ],
    [
      'pairs',
      list(tuple(str('Cookie'), str('sid=12345')), tuple(str('Host'), str('h'))),
      "[('Cookie', [redacted]), ('Host', 'h')]",
    ],
    [
      'rows',
      list(
        dict(['key', str('api_token')], ['value', str('Kf83hf72Lq')]),
        dict(['name', str('password')], ['value', str('Kf84hf72Lq')]),
      ),
      "[{'key': 'api_token', 'value': [redacted]}, {'name': 'password', 'value': [redacted]}]",
    ],
    [
      'argument vectors',
      list(...['psql', '--password', 'Kf85hf72Lq', '-U', 'bob'].map(str)),
      "['psql', '--password', [redacted], '-U', 'bob']",
    ],
    [
      'keys of an Enum',
      dict([enumMember('shop.Key', 'PASSWORD', int(1)), str('hunter2')]),
      '{<Key.PASSWORD: 1>: [redacted]}',
    ],
    ['keys of bytes', dict([bytes('x-api-key'), bytes('hunter2')]), "{b'x-api-key': [redacted]}"],
    [
      'lines of a key',
      list(...['-----BEGIN PRIVATE KEY-----', 'MIIEabcd', '-----END PRIVATE KEY-----'].map(str)),
      '[[redacted], [redacted], [redacted]]',
    ],
    ['a list of names', list(str('username'), str('password')), "['username', 'password']"],
    [
      'numbers about it',
      dict(['max_tokens', int(512)], ['tokens', list(int(1), int(2))]),
      "{'max_tokens': 512, 'tokens': [1, 2]}",
    ],
  ])('%s', (_, value, expected) => {
    expect(shown({ data: value })).toEqual([expected]);
  });

  test('a value that was hidden once is hidden everywhere', () => {
    expect(shown({ password: str('correct-horse-7') }, 'login with correct-horse-7 failed')[1]).toBe(
      'login with [redacted] failed',
    );
    expect(shown({ session: str('page') }, 'a page')).toEqual(["'page'", 'a page']);
    // an address is hidden by its name, but no secret wherever else it is
    expect(shown({ remote_addr: str('192.0.2.17') }, 'GET / at 192.0.2.17')).toEqual([
      '[redacted]',
      'GET / at 192.0.2.17',
    ]);
    // cut off, escaped, percent-encoded, in Base64, in hexadecimal
    const secret = `Kx9"v4'Tz\\27mQ`;
    const written = [
      `got ${secret.slice(0, 11)}...`,
      JSON.stringify(secret),
      encodeURIComponent(secret),
      Buffer.from(`ada:${secret}`).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ];
    for (const each of shown({ password: str(secret) }, ...written).slice(1)) {
      expect(each).toContain('[redacted]');
      expect(each).not.toMatch(/9"v4|4'Tz|27mQ|5b6d51|v4%27/);
    }
  });

  test('command lines, queries, headers', () => {
    const words = new Redaction('default').through((door) =>
      door.words(['run', '--password', 'p1', '--token=t1t1t1', '--port', '80']),
    );
    expect(words).toEqual(['run', '--password', '[redacted]', '--token=[redacted]', '--port', '80']);
    expect(text('page=2&access%5Ftoken=xyzxyz&q')).toBe('page=2&access%5Ftoken=[redacted]&q');
    expect(named('Cookie', 'sessionid=1')).toBe('[redacted]');
    expect(named('Host', 'shop.example')).toBe('shop.example');
  });

  test('none hides nothing', () => {
    const redaction = new Redaction('none');
    expect(redaction.through((door) => door.value('password', str('x')))).toEqual({
      type: 'str',
      repr: "'x'",
    });
    expect(redaction.through((door) => [door.named('Cookie', 'a=1'), door.text('password=1')])).toEqual([
      'a=1',
      'password=1',
    ]);
  });

  test('strict shows no text of the process, and numbers, types and names', () => {
    const value = dict(['page', int(2)], [int(3), list(str('a private word'), bytes('more'), none)]);
    const object = instance('shop.User', {
      name: str('ada'),
      path: { type: 'pathlib.PosixPath', string: '/home/ada', text: "PosixPath('/home/ada')" },
    });
    expect(
      new Redaction('strict').through((door) => [
        door.value('form', value).repr,
        door.value('user', object).repr,
        door.text('order of ada failed'),
        door.sentence('local "x" of worker ada-thread'),
        door.text('ada-thread'),
      ]),
    ).toEqual([
      '{[4 characters]: 2, 3: [[14 characters], [4 characters], None]}',
      '<shop.User at 0x7f3a5c0b2d90 name=[3 characters], path=[9 characters]>',
      '[19 characters]',
      'local "x" of worker [redacted]',
      '[10 characters]',
    ]);
  });
});

/** The value inside of others: lists, dicts with harmless keys, attributes. */
const nested = (value: PythonValue, steps: readonly string[]): PythonValue =>
  steps.reduce<PythonValue>(
    (inner, step) =>
      step === 'list'
        ? list(int(1), inner)
        : step === 'object'
          ? instance('shop.Box', { content: inner })
          : dict([step, inner]),
    value,
  );

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
        // blanks, quotes and what means something in a regular expression
        stringMatching(/^[a-z]{4,9}[ $^*+?()[\]|.!'"-][a-z]{4,9}\d$/),
      ),
      path,
    }),
    { minLength: 1, maxLength: 5 },
  );

  test('no secret survives in another local, in a longer text or in a part of a word', () => {
    assert(
      property(secrets, stringMatching(/^[a-z]{0,5}$/), (all, around) => {
        const locals = Object.fromEntries(
          all.flatMap(({ name, secret, path: steps }, at) => [
            [`form${at}`, nested(dict([name, str(secret)]), steps)],
            [name, str(secret)],
          ]),
        );
        const texts = all.flatMap(({ secret }) => [
          `'${secret}'`,
          `login of ${around}${secret}${around} failed`,
          `${secret}${secret}`,
        ]);
        for (const each of shown(locals, ...texts)) {
          for (const { secret } of all) expect(each).not.toContain(secret);
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

  test('the ordinary words of a session, a cache or a list of keys are shown', () => {
    const names = constantFrom(
      ...'session request_session cache_key auth auth_keys auth_backend api key api_url token_type sessions'.split(
        ' ',
      ),
    );
    const inner = constantFrom('path', 'host', 'user', 'cache_key', 'keys', 'next');
    assert(
      property(
        array(tupleOf(names, inner, constantFrom(...ORDINARY), path), { minLength: 1, maxLength: 5 }),
        (all) => {
          const page = ORDINARY.join(' ');
          for (const [name, key, word, steps] of all) {
            expect(shown({ [name]: nested(dict([key, str(word)]), steps) }, page).join()).not.toContain(
              '[redacted]',
            );
          }
        },
      ),
    );
  });

  test.each([
    [
      'Authorization',
      'Basic YWRhOmNvcnJlY3QtaG9yc2U=',
      'sent YWRhOmNvcnJlY3QtaG9yc2U= to it',
      'sent [redacted] to it',
    ],
    [
      'Cookie',
      'theme=dark; sessionid=abcdefghij1klmnop2',
      'session abcdefghij1klmnop2 expired',
      'session [redacted] expired',
    ],
    [
      'DATABASE_URL',
      'postgres://shop:correct-horse@db/shop',
      'password "correct-horse" is wrong',
      'password "[redacted]" is wrong',
    ],
    ['session_id', '9c1f7a2b3d4e', 'no session 9c1f7a2b3d4e', 'no session [redacted]'],
    ['password', 'swordfish', 'swordfish, they said', '[redacted], they said'],
    ['card_number', '400012341234', 'charged 400012341234', 'charged [redacted]'],
  ])('%s: %s', (name, value, all, expected) => {
    const texts = new Redaction('default').through((door) => [door.named(name, value), door.text(all)]);
    expect(texts[1]).toBe(expected);
    expect(shown({ [name]: str(value) }, all)[1]).toBe(expected);
  });

  test('the password of auth=(user, password), and not the user', () => {
    expect(
      shown({ auth: tuple(str('aristotle'), str('correct-horse')) }, 'aristotle: correct-horse'),
    ).toEqual(["('aristotle', [redacted])", 'aristotle: [redacted]']);
  });
});

/** Counted, not timed: what the scanners look at is added up in `Work`. */
function cost(all: string): number {
  const work = new Work(Infinity);
  secretsIn(all, work);
  return work.done;
}

describe('how much is looked at', () => {
  const PIECES = [
    'password=',
    'password: is not ',
    'token=http://',
    'key=key=',
    "token='\\",
    '1 ',
    '4111 ',
    'eyJ',
    'eyJa.',
    'sk-',
    'sk-a.',
    'secret aB3dE5fG7 ',
    'cGFzc3dvcmQ9',
    '70617373',
    '? pw\n: ',
    '["pw",[',

    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    'a://b:',
    'a://',
    'a-',
    '(',
    '[',
    '{',
    '((a,',
    '{"a":',
    '[["',
    "('",
    '\\"',
    '\\\\',

    '<a ',
    '<a b="',
    '<password>',
    "<a b='<",
    'form-data; name="password"\r\n',
    '%3D%22',
    '&amp;',
    'Cookie: a\r\n ',
    'password:\n  a\n',

    "' ",
    '" ',
    'mysql -p',
    '--password ',
    'PASSWORD FOR ',
    'insert into a (',
    'insert into a (password, ',
    'insert into a (password) values (?) parameters: (',
    "set_password('",
    "HTTPBasicAuth('a', '",
    'name: token value: ',
    'code=',
    'x://a:b/c@',
    'boundary=----',
    'sha1$',
    'Authorization: a\n b\n',
    'set password ',
    '{"a": {',

    'a,password\n',
    'a,password\na,b\n',
    'password = {',
    'PWD={',
    'PWD={}}',

    'a.b-c_',
    'aB3',
    '$2b$',
    'http://a:b@',
    'x@y',
    ':1:1:',
    'input_value=',
    '[redacted]',
    'password=[redacted]',
    'a=b&',
    'password|',
    'pw: "',
    "pw='",
  ];

  test.each(PIECES)('a text of %j twice as long costs twice as much', (piece) => {
    const all = piece.repeat(Math.ceil(20_000 / piece.length));
    expect(cost(all + all)).toBeLessThan(2.4 * cost(all) + 10_000);
  });

  test('nor does any mixture of them cost more', () => {
    assert(
      property(array(constantFrom(...PIECES), { minLength: 2, maxLength: 6 }), (pieces) => {
        const all = pieces.join('').repeat(Math.ceil(10_000 / pieces.join('').length));
        return cost(all + all) < 2.4 * cost(all) + 20_000;
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  test('no text throws', () => {
    assert(
      property(anyText({ unit: 'binary', maxLength: 3000 }), (all) => typeof text(all) === 'string'),
      { seed: 1, numRuns: 300 },
    );
  });

  test('what was not looked at is hidden', () => {
    const redaction = new Redaction('default', new Work(1000));
    const texts = redaction.through((door) => [
      door.text('x '.repeat(600)),
      door.text('password=hunter2'),
      door.value('a', str('password=hunter2')).repr,
    ]);
    expect(texts.slice(1).join()).not.toContain('hunter2');
    expect(texts[1]).toBe('[not searched for secrets]');
  });
});
