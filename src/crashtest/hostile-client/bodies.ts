import { bytesOf } from './connection.ts';
import { damaged, pick, randomBytes, type Random } from './random.ts';

/** What a request carries, and what it says that it is. */
export interface Body {
  readonly type: string;
  readonly bytes: Buffer;
}

type Maker = (random: Random) => Body;

const BOUNDARY = 'zzpycrash';

/** JSON texts: good ones, ones that every parser refuses, and ones about which parsers differ. */
export const JSON_TEXTS: readonly string[] = [
  '{"name": "tea", "number": 2}',
  '[1, 2, {"a": null}]',
  '"text"',
  '17',
  'null',
  'true',
  '',
  ' ',
  '{',
  '{oops',
  "{'name': 'tea'}",
  '[1, 2',
  '{"a": 1,}',
  '{"a": 1}{"b": 2}',
  '{"a": NaN, "b": -Infinity}',
  '1e99999',
  '9'.repeat(5000),
  `{"a": ${'1'.repeat(4400)}}`,
  '[',
  '['.repeat(20_000),
  '{"a":'.repeat(20_000),
  `${'['.repeat(990)}${']'.repeat(990)}`,
  '"\\ud800"',
  '{"\\udfff": 1}',
  '"\\u12"',
  '"\x00"',
  '\xff\xfe{\x00}\x00',
  '\xef\xbb\xbf{"a": 1}',
  '"\xff\xc3"',
  '\x00\x00\x00"',
  'undefined',
  '<order/>',
];

const json: Maker = (random) => ({
  type: pick(random, [
    'application/json',
    'application/json',
    'application/json; charset=utf-8',
    'application/json; charset=no-such',
    'application/json; charset=utf-16',
    'application/vnd.api+json',
    'text/json',
  ]),
  bytes: random(3) === 0 ? damaged(random, bytesOf(JSON_TEXTS[0] ?? '')) : bytesOf(pick(random, JSON_TEXTS)),
});

const form: Maker = (random) => ({
  type: pick(random, [
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=utf-8',
    'application/x-www-form-urlencoded; charset=no-such',
    'application/x-www-form-urlencoded; charset="',
    'application/x-www-form-urlencoded; charset=utf-16',
    'application/x-www-form-urlencoded; charset=base64',
  ]),
  bytes: pick<(random: Random) => Buffer>(random, [
    () => bytesOf('name=tea&number=2&when=2026-02-30'),
    () => bytesOf('name=%ff%fe&number=%00&when=%'),
    () => bytesOf('name=\xff\xfe&\x00=\x00'),
    () => bytesOf('=&=&&&;;name&name=name=name'),
    () => bytesOf(`number=${'9'.repeat(5000)}&name=%u1234`),
    () => bytesOf('a[b][c]=1&a[]=2&a[b]=3&__proto__=4'),
    () => bytesOf(Array.from({ length: 1200 }, (_, index) => `f${index}=1`).join('&')),
    () => bytesOf(`name=${'x'.repeat(300_000)}`),
    () => damaged(random, bytesOf('name=tea&number=2')),
  ])(random),
});

/** One part of a multipart body, by its headers and what is in it. */
function part(headers: string, content: string): string {
  return `--${BOUNDARY}\r\n${headers}\r\n\r\n${content}\r\n`;
}

const PARTS: readonly string[] = [
  part('Content-Disposition: form-data; name="name"', 'tea'),
  part('Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain', 'hello'),
  part('Content-Disposition: form-data; name="file"; filename="../../etc/\x00passwd"', 'hello'),
  part('Content-Disposition: form-data; name="file"; filename*=utf-8\'\'%ff%fe', 'hello'),
  part('Content-Disposition: form-data; name="file"; filename*=no-such\'\'a', 'hello'),
  part('Content-Disposition: form-data; name="file"; filename*=x', 'hello'),
  part('Content-Disposition: form-data; name="\xff"; filename="\xff\xfe"', '\xff\xfe'),
  part('Content-Disposition: form-data', 'nameless'),
  part('Content-Disposition: attachment; name=x', 'of another kind'),
  part('Content-Disposition:', ''),
  part('content-type: text/plain; charset=no-such\r\nContent-Disposition: form-data; name="name"', '\xff'),
  part('Content-Disposition: form-data; name="name"\r\nContent-Transfer-Encoding: base64', '====!'),
  part('Content-Disposition: form-data; name="name"\r\nContent-Transfer-Encoding: nonsense', 'a'),
  part('Content-Disposition: form-data; name="name"\r\nContent-Length: -5', 'a'),
  part('no colon here', 'a'),
  part(`Content-Disposition: form-data; name="${'n'.repeat(9000)}"`, 'a'),
  part('Content-Disposition: form-data; name="file"; filename="b"', 'x'.repeat(200_000)),
  part(
    'Content-Disposition: form-data; name="file"; filename="b"\r\nContent-Type: multipart/mixed',
    '--a\r\n',
  ),
];

const multipart: Maker = (random) => {
  const parts = Array.from({ length: 1 + random(4) }, () => pick(random, PARTS)).join('');
  const ends = [`--${BOUNDARY}--\r\n`, `--${BOUNDARY}--`, `--${BOUNDARY}`, '', `--${BOUNDARY}\r\n`, '--\r\n'];
  const bytes = bytesOf(parts + pick(random, ends));
  return {
    type: pick(random, [
      `multipart/form-data; boundary=${BOUNDARY}`,
      `multipart/form-data; boundary=${BOUNDARY}`,
      `multipart/form-data; boundary=${BOUNDARY}`,
      `multipart/form-data; boundary=${BOUNDARY}; charset=no-such`,
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary="',
      `multipart/form-data; boundary=${'b'.repeat(300)}`,
      'multipart/form-data; boundary=\xff\xfe',
      'multipart/form-data; boundary=other',
      `multipart/mixed; boundary=${BOUNDARY}`,
    ]),
    bytes: random(4) === 0 ? damaged(random, bytes) : bytes,
  };
};

const other: Maker = (random) => ({
  type: pick(random, [
    '',
    'text/plain',
    'application/octet-stream',
    ';',
    'a/b; c="d',
    '\xff/\xff',
    'text/xml; charset=no-such',
  ]),
  bytes: randomBytes(random, random(400)),
});

/** A body that may be good, and mostly is not what it says. */
export function hostileBody(random: Random): Body {
  const body = pick(random, [json, json, form, multipart, multipart, other])(random);
  // what another type's parser makes of it
  return random(8) === 0 ? { ...body, type: pick(random, [json, form, multipart])(random).type } : body;
}
