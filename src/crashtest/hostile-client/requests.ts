import { bytesOf, type Header, type Surface } from './connection.ts';
import { pick, type Random } from './random.ts';

/** A request as it goes over the wire; its texts have a byte for each character. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

/** A request that is sent as it is, however wrong it may be. */
export function onTheWire({ method, target, version, headers, body }: WireRequest): Buffer {
  const lines = [`${method} ${target} ${version}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([bytesOf(`${lines.join('\r\n')}\r\n\r\n`), body]);
}

/** A well-formed request for a page. */
export function decentRequest(random: Random, surface: Surface): WireRequest {
  return {
    method: 'GET',
    target: pick(random, surface.pages),
    version: 'HTTP/1.1',
    headers: surface.headers,
    body: Buffer.alloc(0),
  };
}

/** The same with a body and its length. */
export function withBody(
  request: WireRequest,
  { type, bytes }: { type: string; bytes: Buffer },
): WireRequest {
  const headers: Header[] = [
    ...request.headers,
    ...(type === '' ? [] : [['Content-Type', type] as const]),
    ['Content-Length', String(bytes.length)],
  ];
  return { ...request, method: 'POST', headers, body: bytes };
}

/** The same with other headers after, or in place of, those of the same name. */
export function withHeaders(request: WireRequest, headers: readonly Header[]): WireRequest {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const kept = request.headers.filter(([name]) => !names.has(name.toLowerCase()));
  return { ...request, headers: [...kept, ...headers] };
}

const DIGITS = [
  '0',
  '-1',
  '00',
  '1e3',
  '0x10',
  '%C2%B2',
  '%B2',
  '%D9%A1',
  '9'.repeat(40),
  '9'.repeat(3900),
  '9'.repeat(5000),
];

/** Path segments that converters, decoders and file systems trip over. */
const SEGMENTS = [
  ...DIGITS,
  '%',
  '%z',
  '%zz',
  '%0',
  '%00',
  '%0a%0d',
  '%2e%2e',
  '..',
  '.',
  '%2f',
  '%5c',
  '\\',
  '%ff%fe',
  '\xff\xfe',
  '%c0%af',
  '%ed%a0%80',
  '%f4%90%80%80',
  '%u1234',
  '%25',
  ';x=1',
  ':',
  '@',
  '~',
  '*',
  '{a}',
  '<b>',
  '[::1',
  '\x7f',
  '\x01',
  '\t',
  'x'.repeat(255),
  'x'.repeat(4000),
  '/',
  '//',
  '\xc3\xa9',
  'nul',
  'a.php',
  '.git',
];

const QUERIES = [
  '',
  '?',
  '?a=1',
  '?a=%ff&b=%',
  '?%00=%00',
  '?\xff=\xfe',
  '?a&b&&=&;',
  '?page=x&page=-1&page=999999999999999999999',
  `?page=${'9'.repeat(4000)}`,
  '?next=//evil.example/',
  '?a[0][b]=1',
  '?q=%ed%a0%80',
  `?${'a=1&'.repeat(900)}`,
  '?a=1?b=2#c',
  '#fragment',
];

/** A page with something behind it, in it or after it. */
export function hostileTarget(random: Random, { pages }: Surface): string {
  const page = pick(random, pages);
  const segment = pick(random, SEGMENTS);
  const cut = random(page.length + 1);
  return (
    pick(random, [
      page,
      `${page.replace(/\/?$/, '/')}${segment}`,
      `${page.replace(/\/?$/, '/')}${segment}/`,
      page.slice(0, cut) + segment + page.slice(cut),
      // the last segment is what a converter gets
      page.replace(/[^/]*\/?$/, `${segment}/`),
      page.replace(/[^/]+(\/?)$/, `${segment}$1`),
      `/${segment}`,
      page.slice(0, cut),
    ]) + pick(random, random(2) === 0 ? [''] : QUERIES)
  );
}

/** Headers that libraries parse, with values that they may not expect. */
export const HEADERS: readonly Header[] = [
  ['Cookie', 'a=b; c="d; e=\\"; sessionid=\xff; csrftoken=; =; ;;'],
  ['Cookie', 'sessionid=.eJx:1x:zzz; messages=\x01; cart=%ff'],
  ['Cookie', `a=${'x'.repeat(5000)}`],
  ['Cookie', 'session=eyJ.e.e; session=\x7f; $Version=1'],
  ['Cookie', 'a='.repeat(1000)],
  ['Authorization', 'Basic'],
  ['Authorization', 'Basic !!!'],
  ['Authorization', 'Basic /////w=='],
  ['Authorization', 'Basic Og'],
  ['Authorization', 'Bearer \xff'],
  ['Authorization', 'Digest username="'],
  ['Authorization', 'Token'],
  ['Accept', 'a/b;q=x, */*;q=, ;'],
  ['Accept', '\xff'],
  ['Accept-Language', 'xx-\xff;q=a, *;;,'],
  ['Accept-Language', 'a-'.repeat(600)],
  ['Accept-Encoding', 'gzip;q=nope, identity;q=0, *;q=0'],
  ['Accept-Charset', 'no-such'],
  ['Range', 'bytes=9-1'],
  ['Range', 'bytes=-'],
  ['Range', 'bytes=a-b,'],
  ['Range', `bytes=${'9'.repeat(5000)}-`],
  ['If-Modified-Since', 'Thu, 99 Foo 99999 99:99:99 GMT'],
  ['If-Modified-Since', '\xff'],
  ['If-None-Match', '"'],
  ['If-None-Match', 'W/"a", *, \xff'],
  ['If-Range', 'Thu, 32 Jan 1970 00:00:00 GMT'],
  ['Referer', 'http://[::1/'],
  ['Referer', 'https://a.example:99999/'],
  ['Origin', 'http://[bad'],
  ['Origin', 'null'],
  ['Forwarded', 'for="[::1;proto=\xff'],
  ['X-Forwarded-For', '999.1.1.1, [::1'],
  ['X-Forwarded-For', ','],
  ['X-Forwarded-Host', 'a b,c'],
  ['X-Forwarded-Port', 'x'],
  ['X-Forwarded-Prefix', '\xff'],
  ['X-HTTP-Method-Override', 'NOPE'],
  ['Content-Encoding', 'gzip'],
  ['Content-Disposition', 'form-data; name="'],
  ['Content-Type', 'multipart/form-data; boundary='],
  ['Expect', '100-continue'],
  ['Expect', 'nonsense'],
  ['Connection', 'close, keep-alive, \xff'],
  ['Date', 'yesterday'],
  ['User-Agent', '\xff\x7f'],
  ['X-Requested-With', 'XMLHttpRequest'],
  ['traceparent', '00-zz-\xff-'],
];

/** Hosts that are none, or not this one. */
export const HOSTS: readonly string[] = [
  '',
  ' ',
  'a b',
  'evil.example',
  '127.0.0.1:99999',
  '127.0.0.1:x',
  '[::1',
  '[',
  ']',
  '[::1]:',
  'a,b',
  'a/b',
  'user@host',
  '\xff',
  'x'.repeat(300),
  '*',
  'xn--\xff',
  '.',
  'a..b',
];

export const METHODS: readonly string[] = [
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'get',
  'G\xffT',
  'X'.repeat(200),
  'GET\tX',
  '_',
  'PRI',
];
