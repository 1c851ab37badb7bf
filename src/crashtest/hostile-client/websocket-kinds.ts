import { JSON_TEXTS } from './bodies.ts';
import { bytesOf, send, type Action, type Header, type Surface } from './connection.ts';
import type { Kind } from './http-kinds.ts';
import { leave } from './leaving.ts';
import { damaged, pick, randomBytes, type Random } from './random.ts';
import {
  decentRequest,
  HEADERS,
  hostileTarget,
  onTheWire,
  withBody,
  withHeaders,
  type WireRequest,
} from './requests.ts';
import { closePayload, encodeFrame, OPCODES, type Frame } from './websocket-frames.ts';

/** Websockets (RFC 6455): at addresses that take one, and at others. */
export const WEBSOCKET_KINDS: Readonly<Record<string, Kind>> = {
  /** At an address that need not take one. */
  'websocket-anywhere': (random, surface) => {
    const page = random(2) === 0 ? pick(random, surface.pages) : hostileTarget(random, surface);
    const request = { ...handshake(random, surface), target: page };
    return [send(onTheWire(request)), ...waitForAnswer(random), ...messages(random), ...leave(random)];
  },

  'websocket-handshake': (random, surface) => {
    const wrong = pick<Header[]>(random, [
      [['Sec-WebSocket-Key', '']],
      [['Sec-WebSocket-Key', 'short']],
      [['Sec-WebSocket-Key', '\xff\xfe']],
      [['Sec-WebSocket-Version', '8']],
      [['Sec-WebSocket-Version', 'x']],
      [['Sec-WebSocket-Version', '13, 8']],
      [['Sec-WebSocket-Protocol', 'chat, \xff']],
      [['Sec-WebSocket-Protocol', ',,']],
      [['Sec-WebSocket-Protocol', 'graphql-ws, graphql-transport-ws']],
      [['Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits=99']],
      [['Sec-WebSocket-Extensions', 'permessage-deflate; =; "']],
      [['Sec-WebSocket-Extensions', 'permessage-deflate, permessage-deflate']],
      [['Sec-WebSocket-Extensions', '\xff']],
      [['Connection', 'keep-alive, Upgrade']],
      [['Upgrade', 'WebSocket, h2c']],
      [['Origin', 'http://[bad']],
      [['Content-Length', '5']],
      [pick(random, HEADERS)],
    ]);
    const request = withHeaders(handshake(random, surface), wrong);
    const method = pick(random, ['GET', 'GET', 'GET', 'POST', 'HEAD']);
    const version = pick(random, ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0']);
    const sent = onTheWire({ ...request, method, version });
    return [send(sent), ...waitForAnswer(random), ...messages(random), ...leave(random)];
  },

  'websocket-cut-handshake': (random, surface) => {
    const bytes = onTheWire(handshake(random, surface));
    return [send(bytes.subarray(0, random(bytes.length))), ...leave(random)];
  },

  /** The client leaves before, in or after the handshake. */
  'websocket-leaves': (random, surface) => [
    send(onTheWire(handshake(random, surface))),
    ...(random(2) === 0 ? [] : waitForAnswer(random)),
    ...leave(random),
  ],

  'websocket-messages': (random, surface) => [
    send(onTheWire(handshake(random, surface))),
    ...waitForAnswer(random),
    ...messages(random),
    ...leave(random),
  ],

  /** The first messages come with the handshake, before the server has accepted it. */
  'websocket-early-messages': (random, surface) => {
    const early = messages(random).flatMap((action) => (action.do === 'send' ? [action.bytes] : []));
    return [send(Buffer.concat([onTheWire(handshake(random, surface)), ...early])), ...leave(random)];
  },

  'websocket-frames': (random, surface) => {
    const frames = Array.from({ length: 1 + random(4) }, () => encodeFrame(random, brokenFrame(random)));
    const bytes = Buffer.concat(frames);
    return [
      send(onTheWire(handshake(random, surface))),
      ...waitForAnswer(random),
      send(random(3) === 0 ? damaged(random, bytes) : bytes),
      ...leave(random),
    ];
  },

  'websocket-close': (random, surface) => [
    send(onTheWire(handshake(random, surface))),
    ...waitForAnswer(random),
    ...(random(2) === 0 ? messages(random) : []),
    send(encodeFrame(random, closeFrame(random))),
    // a client must not send anything after it
    ...(random(4) === 0 ? messages(random) : []),
    ...leave(random),
  ],

  'websocket-not': (random, surface) => [
    send(onTheWire(handshake(random, surface))),
    ...waitForAnswer(random),
    send(random(2) === 0 ? randomBytes(random, 200) : onTheWire(decentRequest(random, surface))),
    ...leave(random),
  ],

  'websocket-with-body': (random, surface) => [
    send(onTheWire(withBody(handshake(random, surface), { type: '', bytes: randomBytes(random, 20) }))),
    ...leave(random),
  ],
};

function handshake(random: Random, surface: Surface): WireRequest {
  const { websockets, pages } = surface;
  const request = decentRequest(random, surface);
  const target = pick(random, websockets.length > 0 && random(8) > 0 ? websockets : pages);
  const headers: Header[] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', randomBytes(random, 16).toString('base64')],
    ['Sec-WebSocket-Version', '13'],
    ...(random(3) === 0 ? [['Sec-WebSocket-Extensions', 'permessage-deflate'] as const] : []),
  ];
  return withHeaders({ ...request, target }, headers);
}

function waitForAnswer(random: Random): Action[] {
  return [
    { do: 'await-bytes', milliseconds: 250 },
    { do: 'wait', milliseconds: random(10) },
  ];
}

/** Well-formed frames; what is in them is another matter. */
function messages(random: Random): Action[] {
  const actions: Action[] = [];
  for (let count = 1 + random(4); count > 0; count -= 1) {
    for (const frame of message(random)) actions.push(send(encodeFrame(random, frame)));
    if (random(2) === 0) actions.push({ do: 'wait', milliseconds: random(30) });
  }
  return actions;
}

function message(random: Random): Frame[] {
  const { text, binary, ping, pong, continuation } = OPCODES;
  const json = bytesOf(pick(random, JSON_TEXTS));
  return pick<() => Frame[]>(random, [
    () => [{ opcode: text, payload: bytesOf('{"name": "tea"}') }],
    () => [
      {
        opcode: text,
        payload: bytesOf(pick(random, ['', 'hello', '{oops', '[', 'null', '"\\ud800"', '{"type": "x"}'])),
      },
    ],
    // what is not UTF-8 ends the connection before any parser of JSON sees it
    () => [{ opcode: text, payload: Buffer.from(json.toString('latin1'), 'utf8') }],
    () => [{ opcode: text, payload: json }],
    () => [{ opcode: binary, payload: json }],
    () => [{ opcode: binary, payload: randomBytes(random, random(300)) }],
    () => [{ opcode: ping, payload: randomBytes(random, random(125)) }],
    () => [{ opcode: pong, payload: Buffer.alloc(0) }],
    () => [
      { opcode: text, payload: bytesOf('{"a": '), fin: false },
      { opcode: ping, payload: bytesOf('in between') },
      { opcode: continuation, payload: bytesOf('1}') },
    ],
    // a message that never ends
    () => [{ opcode: text, payload: bytesOf('{"a": '), fin: false }],
    () => [{ opcode: text, payload: Buffer.alloc(70_000, 0x61) }],
  ])();
}

function brokenFrame(random: Random): Frame {
  const { text, binary, ping, continuation } = OPCODES;
  return pick<Frame>(random, [
    { opcode: text, payload: bytesOf('\xff\xfe\xc3') },
    { opcode: text, payload: bytesOf('\xed\xa0\x80') },
    { opcode: text, payload: bytesOf('a'), masked: false },
    { opcode: text, payload: bytesOf('a'), reserved: 1 + random(7) },
    // RSV1 is permessage-deflate, and this is no deflate
    { opcode: text, payload: randomBytes(random, 30), reserved: 4 },
    { opcode: 3 + random(5), payload: bytesOf('a') },
    { opcode: 11 + random(5), payload: bytesOf('a') },
    { opcode: continuation, payload: bytesOf('of nothing') },
    { opcode: ping, payload: Buffer.alloc(126) },
    { opcode: ping, payload: bytesOf('a'), fin: false },
    { opcode: text, payload: bytesOf('a'), lengthBytes: 8 },
    { opcode: text, payload: bytesOf('a'), announced: 2 ** 40, lengthBytes: 8 },
    { opcode: binary, payload: bytesOf('a'), announced: -1, lengthBytes: 8 },
    { opcode: binary, payload: bytesOf('a'), announced: 100_000 },
    { opcode: text, payload: Buffer.alloc(1_100_000, 0x61) },
    closeFrame(random),
  ]);
}

const CLOSE_CODES = [
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 1012, 1015, 0, 999, 1016, 2999, 3000, 4000, 4999,
  5000, 65_535,
];

function closeFrame(random: Random): Frame {
  const payload = pick<() => Buffer>(random, [
    () => closePayload(pick(random, CLOSE_CODES), Buffer.alloc(0)),
    () => closePayload(pick(random, CLOSE_CODES), bytesOf('bye')),
    () => closePayload(1000, bytesOf('\xff\xfe')),
    () => closePayload(1000, Buffer.alloc(123, 0x61)),
    () => closePayload(1000, Buffer.alloc(200, 0x61)),
    () => Buffer.alloc(0),
    () => Buffer.alloc(1),
  ])();
  return { opcode: OPCODES.close, payload };
}
