import { hostileBody } from './bodies.ts';
import { bytesOf, send, type Action, type Header, type Surface } from './connection.ts';
import { leave } from './leaving.ts';
import { damaged, pick, randomBytes, type Random } from './random.ts';
import {
  decentRequest,
  HEADERS,
  HOSTS,
  hostileTarget,
  METHODS,
  onTheWire,
  withBody,
  withHeaders,
  type WireRequest,
} from './requests.ts';

/** What a connection is about: the actions of one, by the numbers of a seed. */
export type Kind = (random: Random, surface: Surface) => Action[];

/** HTTP/1.0 and 1.1. */
export const HTTP_KINDS: Readonly<Record<string, Kind>> = {
  /** Nothing is wrong with the request; the client may leave before, in or after the answer. */
  decent: (random, surface) => {
    const request = anyRequest(random, surface);
    const version = pick(random, ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0']);
    const keepAlive: Header = ['Connection', pick(random, ['keep-alive', 'close'])];
    return [send(onTheWire(withHeaders({ ...request, version }, [keepAlive]))), ...leave(random)];
  },

  pipelined: (random, surface) => {
    const requests = Array.from({ length: 2 + random(4) }, () => onTheWire(anyRequest(random, surface)));
    return [send(Buffer.concat(requests)), ...leave(random)];
  },

  /** A request that ends at any of its bytes. */
  cut: (random, surface) => {
    const bytes = onTheWire(anyRequest(random, surface));
    const cut = random(Math.min(bytes.length, 4000));
    return [send(bytes.subarray(0, cut)), ...leave(random)];
  },

  /** A body that is not the length that was announced, or that the client leaves in the middle of. */
  'cut-body': (random, surface) => {
    const request = withBody(decentRequest(random, surface), hostileBody(random));
    const { body } = request;
    const announced: Header = ['Content-Length', String(body.length + 1 + random(100_000))];
    return [send(onTheWire(withHeaders(request, [announced]))), ...leave(random)];
  },

  'damaged-request': (random, surface) => [
    send(damaged(random, onTheWire(anyRequest(random, surface)))),
    ...leave(random),
  ],

  method: (random, surface) => {
    const request = random(2) === 0 ? decentRequest(random, surface) : anyRequest(random, surface);
    return [send(onTheWire({ ...request, method: pick(random, METHODS) })), ...leave(random)];
  },

  'request-line': (random, surface) => {
    const request = decentRequest(random, surface);
    const [host = ''] = surface.headers.map(([, value]) => value);
    const line = pick<Partial<WireRequest>>(random, [
      { version: 'HTTP/9.9' },
      { version: 'HTTP/0.9' },
      { version: 'HTTP/1.1 x' },
      { version: 'HTTP/1.1\r\nX' },
      { version: 'http/1.1' },
      { version: '' },
      { version: 'HTTP/2' },
      { target: '' },
      { target: '*', method: 'OPTIONS' },
      { target: host, method: 'CONNECT' },
      { target: `http://${host}${request.target}` },
      { target: `http://user:pass@[::1${request.target}` },
      { target: `ws://${host}${request.target}` },
      { target: request.target.slice(1) },
      { target: `${request.target} ${request.target}` },
      { method: '' },
    ]);
    return [send(onTheWire({ ...request, ...line })), ...leave(random)];
  },

  'line-ends': (random, surface) => {
    const text = onTheWire(anyRequest(random, surface)).toString('latin1');
    const end = pick(random, ['\n', '\r', '\r\r\n', '\n\r', '\r\n \r\n', '\0\r\n', '\r\n\t']);
    return [send(text.replaceAll('\r\n', end)), ...leave(random)];
  },

  target: (random, surface) => {
    const request = random(3) === 0 ? anyRequest(random, surface) : decentRequest(random, surface);
    return [send(onTheWire({ ...request, target: hostileTarget(random, surface) })), ...leave(random)];
  },

  host: (random, surface) => {
    const request = anyRequest(random, surface);
    const host: Header = ['Host', pick(random, HOSTS)];
    const others = request.headers.filter(([name]) => name.toLowerCase() !== 'host');
    const headers = pick(random, [
      [host, ...others],
      [...request.headers, host],
      others,
      [host, host, ...others],
    ]);
    return [send(onTheWire({ ...request, headers })), ...leave(random)];
  },

  header: (random, surface) => {
    const request = anyRequest(random, surface);
    const headers = Array.from({ length: 1 + random(4) }, () => pick(random, HEADERS));
    return [send(onTheWire({ ...request, headers: [...request.headers, ...headers] })), ...leave(random)];
  },

  'header-syntax': (random, surface) => {
    const request = anyRequest(random, surface);
    const strange = pick<Header[]>(random, [
      [['', 'nameless']],
      [['X-A\0', 'b']],
      [['X A', 'b']],
      [['X-\xff', '\xff']],
      [
        ['X_Underscore', 'b'],
        ['X-Underscore', 'c'],
      ],
      [['X-Folded', 'a\r\n b']],
      [['X-Split', 'a\rb\nc']],
      [['X-Control', '\x01\x02\x7f']],
      [['X-Big', 'b'.repeat(100_000)]],
      Array.from({ length: 300 }, (_, index): Header => [`X-Many-${index}`, 'v']),
      [['X'.repeat(9000), 'v']],
      [
        ['Content-Type', ''],
        ['Content-Type', 'a/b'],
      ],
      [[' X-Leading', 'space']],
    ]);
    return [send(onTheWire({ ...request, headers: [...request.headers, ...strange] })), ...leave(random)];
  },

  length: (random, surface) => {
    const request = withBody(decentRequest(random, surface), hostileBody(random));
    const { length } = request.body;
    const value = pick(random, [
      '-1',
      'x',
      '',
      '1e3',
      '+5',
      '0x10',
      ' 5 ',
      '5, 5',
      '9'.repeat(30),
      '\xb2',
      String(length - 1),
      '0',
    ]);
    const lengths: Header[] = pick<Header[]>(random, [
      [['Content-Length', value]],
      [
        ['Content-Length', String(length)],
        ['Content-Length', value],
      ],
      [
        ['Content-Length', String(length)],
        ['Transfer-Encoding', 'chunked'],
      ],
      [],
    ]);
    const others = request.headers.filter(([name]) => name !== 'Content-Length');
    return [send(onTheWire({ ...request, headers: [...others, ...lengths] })), ...leave(random)];
  },

  chunks: (random, surface) => {
    const { type } = hostileBody(random);
    const coding = pick(random, [
      'chunked',
      'chunked',
      'chunked',
      'Chunked',
      'gzip, chunked',
      'identity',
      'chunked, chunked',
      'x',
    ]);
    const request = withHeaders({ ...decentRequest(random, surface), method: 'POST' }, [
      ['Content-Type', type],
      ['Transfer-Encoding', coding],
    ]);
    const head = onTheWire(request);
    const chunks = Array.from({ length: 1 + random(4) }, () => chunk(random));
    const end = pick(random, [
      '0\r\n\r\n',
      '0\r\n\r\n',
      '0\r\nX-Trailer: a\r\n\r\n',
      '0\r\nbad\0trailer\r\n\r\n',
      '0',
      '',
      '0\r\n',
    ]);
    const parts = [head, ...chunks, bytesOf(end)];
    // each in a packet of its own, so that the application waits for the next one
    if (random(2) === 0) return [...parts.map((bytes) => send(bytes)), ...leave(random)];
    return [send(Buffer.concat(parts)), ...leave(random)];
  },

  body: (random, surface) => [
    send(onTheWire(withBody(decentRequest(random, surface), hostileBody(random)))),
    ...leave(random),
  ],

  'expect-continue': (random, surface) => {
    const request = withBody(decentRequest(random, surface), hostileBody(random));
    const head = onTheWire({ ...withHeaders(request, [['Expect', '100-continue']]), body: Buffer.alloc(0) });
    const body = pick(random, [request.body, request.body.subarray(0, random(request.body.length + 1))]);
    return [send(head), { do: 'await-bytes', milliseconds: 150 }, send(body), ...leave(random)];
  },

  /** A few bytes at a time. */
  slow: (random, surface) => {
    const bytes = onTheWire(anyRequest(random, surface)).subarray(0, 2000);
    const actions: Action[] = [];
    for (let at = 0, step = 1 + random(120); at < bytes.length && actions.length < 24; at += step) {
      actions.push(send(bytes.subarray(at, at + step)), { do: 'wait', milliseconds: random(20) });
    }
    return [...actions, ...leave(random)];
  },

  oversized: (random, surface) => {
    const { headers } = surface;
    const request = decentRequest(random, surface);
    const big = pick<() => WireRequest>(random, [
      () => ({ ...request, target: `/${'a'.repeat(70_000)}` }),
      () => ({ ...request, headers: [...headers, ['Cookie', 'c'.repeat(300_000)]] }),
      () => withBody(request, { type: 'application/json', bytes: Buffer.alloc(3_000_000, 0x5b) }),
      () => withBody(request, { type: 'text/plain', bytes: Buffer.alloc(4_000_000, 0x61) }),
      () => withHeaders({ ...request, method: 'POST' }, [['Content-Length', '9999999999999999']]),
    ])();
    return [send(onTheWire(big)), ...leave(random)];
  },

  upgrade: (random, surface) => {
    const request = anyRequest(random, surface);
    const headers = pick<Header[]>(random, [
      [
        ['Upgrade', 'h2c'],
        ['Connection', 'Upgrade, HTTP2-Settings'],
        ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
      ],
      [
        ['Upgrade', 'h2c'],
        ['Connection', 'Upgrade, HTTP2-Settings'],
        ['HTTP2-Settings', '!!!'],
      ],
      [
        ['Upgrade', 'h2c'],
        ['Connection', 'Upgrade'],
      ],
      [
        ['Upgrade', 'TLS/1.0'],
        ['Connection', 'Upgrade'],
      ],
      [
        ['Upgrade', 'websocket'],
        ['Connection', 'keep-alive'],
      ],
      [
        ['Upgrade', '\xff'],
        ['Connection', 'Upgrade'],
      ],
      [
        ['Upgrade', ''],
        ['Connection', 'Upgrade'],
      ],
    ]);
    return [send(onTheWire(withHeaders(request, headers))), ...leave(random)];
  },

  /** What other protocols begin with, and noise. */
  'not-http': (random) => {
    const bytes = pick<() => Buffer>(random, [
      () => bytesOf('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
      () => bytesOf('PROXY TCP4 1.2.3.4 5.6.7.8 99999 80\r\n'),
      () => bytesOf('\r\n\r\n\0\r\nQUIT\n'),
      () => bytesOf('\x05\x01\x00'),
      () => bytesOf('SSH-2.0-a\r\n'),
      () => bytesOf('\r\n'.repeat(1 + random(40))),
      () => Buffer.alloc(0),
      () => randomBytes(random, 1 + random(2000)),
    ])();
    return [send(bytes), ...leave(random)];
  },
};

/** With or without a body. */
function anyRequest(random: Random, surface: Surface): WireRequest {
  const request = decentRequest(random, surface);
  return random(2) === 0 ? request : withBody(request, hostileBody(random));
}

function chunk(random: Random): Buffer {
  const { bytes } = hostileBody(random);
  const content = bytes.subarray(0, 3000);
  const size = content.length.toString(16);
  const [head, tail] = pick<[string, string]>(random, [
    [`${size}\r\n`, '\r\n'],
    [`${size}\r\n`, '\r\n'],
    [`${size}\r\n`, '\r\n'],
    [`${size};ext="a;b"\r\n`, '\r\n'],
    [`${(content.length + 7).toString(16)}\r\n`, '\r\n'],
    [`${size}\r\n`, ''],
    [`${size}\n`, '\n'],
    ['zz\r\n', '\r\n'],
    ['-1\r\n', '\r\n'],
    ['\r\n', '\r\n'],
    [`0x${size}\r\n`, '\r\n'],
    [`${'f'.repeat(17)}\r\n`, '\r\n'],
    [`${size};${'e'.repeat(20_000)}\r\n`, '\r\n'],
    [`${size}_0\r\n`, '\r\n'],
  ]);
  return Buffer.concat([bytesOf(head), content, bytesOf(tail)]);
}
