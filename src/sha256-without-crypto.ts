// FIPS 180-4. Only for the few bytes of a fingerprint: loading node:crypto for them takes 6 of the 95 ms of a report. What
// hashes files (src/sha256.ts) loads it.

/** The SHA-256 of bytes, or of a text in UTF-8, in hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  const message = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
  // 5.1.1: the message, a bit, zeros, and its length in bits as 64 bits, in blocks of 64 bytes
  const padded = Buffer.alloc(64 * Math.ceil((message.length + 9) / 64));
  padded.set(message);
  padded[message.length] = 0x80;
  padded.writeUInt32BE(Math.floor(message.length / 0x2000_0000), padded.length - 8);
  padded.writeUInt32BE((message.length << 3) >>> 0, padded.length - 4);
  const hash = Uint32Array.from(SQUARE_ROOTS);
  const words = new Uint32Array(64);
  for (let at = 0; at < padded.length; at += 64) compress(hash, words, padded, at);
  return Array.from(hash, (word) => word.toString(16).padStart(8, '0')).join('');
}

/** 6.2.2: one block of the message into the hash. `words` is room for the message schedule. */
function compress(hash: Uint32Array, words: Uint32Array, message: Buffer, from: number): void {
  const word = (index: number): number => words[index] ?? 0;
  for (let t = 0; t < 16; t += 1) words[t] = message.readUInt32BE(from + 4 * t);
  for (let t = 16; t < 64; t += 1) {
    const [x, y] = [word(t - 15), word(t - 2)];
    const sigma0 = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3);
    const sigma1 = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10);
    words[t] = word(t - 16) + sigma0 + word(t - 7) + sigma1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
  for (let t = 0; t < 64; t += 1) {
    const sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + sum1 + choice + (CUBE_ROOTS[t] ?? 0) + word(t)) | 0;
    const sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + sum0 + majority) | 0;
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) hash[index] = (hash[index] ?? 0) + value;
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The first 32 bits of the fractions of the roots of the first primes: 4.2.2 and 5.3.3. */
function roots(count: number, root: (prime: number) => number): number[] {
  const found: number[] = [];
  for (let prime = 2; found.length < count; prime += 1) {
    let divisor = 2;
    while (divisor * divisor <= prime && prime % divisor !== 0) divisor += 1;
    if (divisor * divisor > prime) found.push(((root(prime) % 1) * 0x1_0000_0000) >>> 0);
  }
  return found;
}

const SQUARE_ROOTS = roots(8, Math.sqrt);
const CUBE_ROOTS = roots(64, Math.cbrt);
