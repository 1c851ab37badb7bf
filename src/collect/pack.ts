import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Duplex, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import type { Encrypter } from 'age-encryption';
import { UserError } from '../errors.ts';
import { decompress } from '../report/compression.ts';
import { hashOf } from '../store/file-hash.ts';
import type { Compression } from '../report/compression-format.ts';

const LEVEL = 3;
const CHUNK = 1 << 20;

export interface Compressor {
  format: Compression & ('zstd' | 'gzip');
  suffix: '.zst' | '.gz';
  make: () => Duplex;
}

/** What was written, and what it was made from. */
export interface Packed {
  bytes: number;
  sha256: string;
  storedBytes: number;
  storedSha256: string;
}

/** zstd, which node:zlib has since 22.15 and 23.8 and the program of the same name has; else gzip. */
export async function findCompressor(): Promise<Compressor> {
  const create: unknown = Reflect.get(zlib, 'createZstdCompress');
  if (typeof create === 'function') {
    const { ZSTD_c_compressionLevel: level, ZSTD_c_checksumFlag: checksum } =
      zlib.constants as unknown as Record<string, number>;
    const params = { [level ?? 0]: LEVEL, [checksum ?? 0]: 1 };
    return { format: 'zstd', suffix: '.zst', make: () => create({ params }) as Duplex };
  }
  if (await isProgram('zstd'))
    return { format: 'zstd', suffix: '.zst', make: () => throughProgram('zstd', ['-q', '-c', `-${LEVEL}`]) };
  return { format: 'gzip', suffix: '.gz', make: () => zlib.createGzip({ level: LEVEL }) };
}

/** Compresses the file into a new one, and proves that it unpacks to the same bytes. */
export async function pack(source: string, target: string, compressor: Compressor): Promise<Packed> {
  const plain = counted();
  const stored = counted();
  await pipeline(
    createReadStream(source, { highWaterMark: CHUNK }),
    plain.stream,
    compressor.make(),
    stored.stream,
    createWriteStream(target, { flags: 'wx', mode: 0o600 }),
  );
  const packed = {
    bytes: plain.bytes(),
    sha256: plain.sha256(),
    storedBytes: stored.bytes(),
    storedSha256: stored.sha256(),
  };
  await syncFile(target);
  await prove(target, compressor.format, packed);
  return packed;
}

/** Encrypts what was packed into a new file, and proves that the disk has it. What was packed stays. */
export async function encrypt(
  source: string,
  target: string,
  encrypter: Encrypter,
  packed: Packed,
): Promise<Packed> {
  const { encryptFile } = await import('../store/age.ts');
  const storedSha256 = await encryptFile(source, target, encrypter);
  await syncFile(target);
  if ((await hashOf(target)) !== storedSha256) throw notAsWritten(target, 'has not what was written to it');
  return { ...packed, storedBytes: statSync(target).size, storedSha256 };
}

async function prove(file: string, format: Compression, packed: Packed): Promise<void> {
  const stored = counted();
  const plain = createHash('sha256');
  const bytes = createReadStream(file, { highWaterMark: CHUNK }).pipe(stored.stream);
  for await (const chunk of decompress(bytes, format)) plain.update(chunk);
  if (stored.sha256() !== packed.storedSha256 || plain.digest('hex') !== packed.sha256) {
    throw notAsWritten(file, 'does not unpack to the core that it was made from');
  }
}

function notAsWritten(file: string, how: string): UserError {
  return new UserError('spool', `${file} ${how}`, {
    help: 'The core stays where it is. Is the disk sound? dmesg shows its errors.',
  });
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A stream that lets everything pass, counts and hashes. */
function counted() {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, bytes: () => bytes, sha256: () => hash.digest('hex') };
}

async function isProgram(name: string): Promise<boolean> {
  const child = spawn(name, ['--version'], { stdio: 'ignore' });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

/** How it ends is not asked: what it made is unpacked and compared. */
function throughProgram(program: string, args: readonly string[]): Duplex {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  // where the disk is full nothing reads what it writes, and it would wait for ever
  stream.once('close', () => child.kill('SIGKILL'));
  return stream;
}
