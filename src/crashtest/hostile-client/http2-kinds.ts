import { bytesOf, send, type Surface } from './connection.ts';
import type { Kind } from './http-kinds.ts';
import { leave } from './leaving.ts';
import { damaged, pick, randomBytes, type Random } from './random.ts';
import { hostileTarget } from './requests.ts';

const PREFACE = bytesOf('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** RFC 9113, 6. */
const FRAMES = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
} as const;
const END_STREAM = 1;
const END_HEADERS = 4;

/** HTTP/2 without TLS and without asking first: servers that do not speak it answer with a 400, or close. */
export const HTTP2_KINDS: Readonly<Record<string, Kind>> = {
  h2c: (random, surface) => [
    send(Buffer.concat([PREFACE, settings(), ...requestFrames(random, surface, 1)])),
    ...leave(random),
  ],

  /** A stream that is reset, or given up with all others, while it is answered. */
  'h2c-leaves': (random, surface) => [
    send(
      Buffer.concat([
        PREFACE,
        settings(),
        ...requestFrames(random, surface, 1),
        ...requestFrames(random, surface, 3),
      ]),
    ),
    { do: 'wait', milliseconds: random(60) },
    send(
      pick(random, [
        http2Frame(FRAMES.reset, 0, 1, Buffer.from([0, 0, 0, 8])),
        http2Frame(FRAMES.goaway, 0, 0, Buffer.alloc(8)),
        http2Frame(FRAMES.window, 0, 1, Buffer.from([0, 0, 0, 0])),
      ]),
    ),
    ...leave(random),
  ],

  'h2c-frames': (random, surface) => {
    const frames = Array.from({ length: 1 + random(5) }, () => strangeFrame(random));
    const good = requestFrames(random, surface, 1);
    const bytes = Buffer.concat([PREFACE, settings(), ...good, ...frames]);
    return [send(random(3) === 0 ? damaged(random, bytes) : bytes), ...leave(random)];
  },

  'h2c-cut': (random, surface) => {
    const bytes = Buffer.concat([PREFACE, settings(), ...requestFrames(random, surface, 1)]);
    return [send(bytes.subarray(0, random(bytes.length))), ...leave(random)];
  },
};

function http2Frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header block of literals without indexing (RFC 7541, 6.2.2), not Huffman-coded. */
function headerBlock(headers: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), ...text(name), ...text(value)]));
}

function text(value: string): Buffer[] {
  return [integer(value.length, 7), bytesOf(value)];
}

/** RFC 7541, 5.1, with the bits above the prefix zero. */
function integer(value: number, prefix: number): Buffer {
  const limit = 2 ** prefix - 1;
  if (value < limit) return Buffer.from([value]);
  const bytes = [limit];
  let rest = value - limit;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

function settings(): Buffer {
  return http2Frame(FRAMES.settings, 0, 0, Buffer.alloc(0));
}

function requestFrames(random: Random, surface: Surface, stream: number): Buffer[] {
  const hasBody = random(2) === 0;
  const [[, authority] = ['', 'localhost'], ...others] = surface.headers;
  const pseudo: [string, string][] = [
    [':method', hasBody ? 'POST' : 'GET'],
    [':path', random(2) === 0 ? pick(random, surface.pages) : hostileTarget(random, surface)],
    [':scheme', 'http'],
    [':authority', authority],
  ];
  const lower = others.map(([name, value]) => [name.toLowerCase(), value] as const);
  const strange = pick<[string, string][]>(random, [
    [],
    [],
    [['Upper', 'case']],
    [['content-length', '77']],
    [[':path', '/twice']],
    [['connection', 'close']],
    [[':protocol', 'websocket']],
    [['x', '\xff\0']],
  ]);
  const flags = END_HEADERS | (hasBody ? 0 : END_STREAM);
  const block = headerBlock([...pseudo, ...lower, ...strange]);
  const frames = [http2Frame(FRAMES.headers, flags, stream, block)];
  if (!hasBody) return frames;
  const data = http2Frame(FRAMES.data, random(2), stream, randomBytes(random, random(500)));
  return [...frames, data];
}

function strangeFrame(random: Random): Buffer {
  const type = random(12);
  const stream = pick(random, [0, 1, 2, 3, 0x7fff_ffff]);
  return http2Frame(type, random(256), stream, randomBytes(random, random(40)));
}
