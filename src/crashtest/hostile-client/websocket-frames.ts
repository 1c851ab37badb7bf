import { randomBytes, type Random } from './random.ts';

/** RFC 6455, 5.2. */
export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** The last one of its message; true where it is absent. */
  readonly fin?: boolean;
  /** Three bits that only extensions use. */
  readonly reserved?: number;
  /** A client that does not mask is to be refused. */
  readonly masked?: boolean;
  /** Bytes that the length takes (0, 2 or 8) where it is not the shortest. */
  readonly lengthBytes?: 0 | 2 | 8;
  /** What it says of its length where that is not so. */
  readonly announced?: number;
}

export function encodeFrame(random: Random, frame: Frame): Buffer {
  const { opcode, payload, fin = true, reserved = 0, masked = true } = frame;
  const length = frame.announced ?? payload.length;
  const wide = frame.lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8);
  const head = Buffer.alloc(2 + wide);
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (wide === 0 ? length & 0x7f : wide === 2 ? 126 : 127);
  if (wide === 2) head.writeUInt16BE(length & 0xffff, 2);
  if (wide === 8) head.writeBigUInt64BE(BigInt.asUintN(64, BigInt(length)), 2);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomBytes(random, 4);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/** A close frame's payload. */
export function closePayload(code: number, reason: Buffer): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code & 0xffff);
  return Buffer.concat([bytes, reason]);
}
