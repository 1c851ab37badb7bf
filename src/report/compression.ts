import { execa } from 'execa';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Transform, type Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { UserError } from '../errors.ts';
import type { Compression } from './compression-format.ts';

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const HOLE = Buffer.alloc(64 * 1024);

export interface Unpacked {
  bytes: number;
  /** Why it ended before its end: the file is damaged or cut off. What came before is there. */
  broken?: string;
}

/**
 * Unpacks a core of that compression into `target`, a new file of mode 0600 in which long runs of zeros take no space.
 * `progress` gets the compressed bytes read so far. Stops at once where the content is no ELF file, so that a bomb
 * which is not even a core costs nothing. Throws UserError `no-program`, `not-a-core`, `no-space`.
 */
export async function unpackCore(
  source: string,
  compression: Compression,
  target: string,
  progress: (bytes: number) => void,
): Promise<Unpacked> {
  // counted behind a stream that waits for its reader: a listener on the file's own would let bytes pass unread
  let read = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      progress((read += chunk.length));
      done(null, chunk);
    },
  });
  const packed = through(createReadStream(source, { highWaterMark: 256 * 1024 }), counted);
  const unpacking = decompress(packed, compression);
  return writeCore(unpacking, source, target);
}

/** Writes a stream that has to be a core into `target`, as `unpackCore` says. */
export async function writeCore(
  stream: AsyncIterable<Buffer>,
  name: string,
  target: string,
): Promise<Unpacked> {
  const file = await open(target, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      if (bytes === 0 && !chunk.subarray(0, 4).equals(ELF.subarray(0, Math.min(4, chunk.length)))) {
        throw new UserError('not-a-core', `${name} has no core in it: what it unpacks to is not an ELF file`);
      }
      await writeWithHoles(file, chunk, bytes);
      bytes += chunk.length;
    }
    await file.truncate(bytes);
    return { bytes };
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
      throw new UserError('no-space', `the disk is full: ${target} has ${bytes} bytes of ${name} so far`, {
        help: 'Set TMPDIR to a folder with more space, or unpack the core yourself.',
      });
    }
    await file.truncate(bytes);
    return { bytes, broken: error instanceof Error ? firstLine(error.message) : String(error) };
  } finally {
    await file.close();
  }
}

/** Cores are full of zeros: blocks of them are skipped, and the file stays as sparse as the original was. */
async function writeWithHoles(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let at = 0; at < chunk.length; at += HOLE.length) {
    const block = chunk.subarray(at, at + HOLE.length);
    if (!block.equals(HOLE.subarray(0, block.length)))
      await file.write(block, 0, block.length, position + at);
  }
}

/** What a compressed stream unpacks to; throws where it is damaged or cut off. */
export function decompress(packed: Readable, compression: Compression): AsyncIterable<Buffer> {
  if (compression === 'gzip') return through(packed, zlib.createGunzip());
  if (compression === 'zstd') {
    // in node:zlib since 22.15 and 23.8
    const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
    if (typeof create === 'function') return through(packed, create() as Transform);
  }
  return throughProgram(packed, compression);
}

function through(packed: Readable, transform: Transform): Transform {
  packed.once('error', (error) => transform.destroy(error));
  return packed.pipe(transform);
}

/** Debian, Ubuntu, Fedora and Homebrew call the packages the same, but for xz. */
const PROGRAMS = {
  zstd: { words: ['zstd', '-dcq', '--long=31'], install: 'apt-get install zstd (brew install zstd)' },
  xz: { words: ['xz', '-dcq'], install: 'apt-get install xz-utils (brew install xz)' },
  lz4: { words: ['lz4', '-dcq'], install: 'apt-get install lz4 (brew install lz4)' },
} as const;

async function* throughProgram(packed: Readable, compression: 'zstd' | 'xz' | 'lz4'): AsyncIterable<Buffer> {
  const { words, install } = PROGRAMS[compression];
  const [program, ...args] = words;
  const running = execa(program, args, {
    input: packed,
    encoding: 'buffer',
    buffer: { stdout: false, stderr: true },
    reject: false,
  });
  for await (const chunk of running.iterable({ from: 'stdout', binary: true, preserveNewlines: true })) {
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  const result = await running;
  if (result.code === 'ENOENT') {
    throw new UserError(
      'no-program',
      `this core is compressed with ${compression}, and there is no program ${program}`,
      {
        help: `Install it: ${install}.`,
      },
    );
  }
  if (result.failed) {
    const said = Buffer.from(result.stderr).toString();
    throw new Error(firstLine(said.trim() === '' ? `${program} failed` : said));
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}
