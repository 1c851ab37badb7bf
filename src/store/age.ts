import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { Decrypter, Encrypter } from 'age-encryption';
import { UserError, usageError, reasonOf } from '../errors.ts';

/** Encrypts to these recipients: `age1…`, or files of them, one a line, as of `age -R`. Throws where one is none. */
export function encrypterFor(recipients: readonly string[]): Encrypter {
  const encrypter = new Encrypter();
  for (const recipient of recipients.flatMap(recipientsOf)) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw usageError(
        `${JSON.stringify(recipient)} is not an age recipient`,
        'age-keygen makes a key and prints its recipient: age1…',
      );
    }
  }
  return encrypter;
}

/** Encrypts the file into a new one of mode 0600. The SHA-256 of what was written. */
export async function encryptFile(source: string, target: string, encrypter: Encrypter): Promise<string> {
  const encrypted = await encrypter.encrypt(webStream(source));
  return writeStream(encrypted, target);
}

/** Decrypts the file into a new one of mode 0600, with the keys of an identity file (age-keygen(1)). */
export async function decryptFile(source: string, target: string, identities: string): Promise<void> {
  const decrypter = new Decrypter();
  for (const identity of linesOf(identities, 'the identity')) {
    try {
      decrypter.addIdentity(identity);
    } catch {
      throw usageError(
        `${identities} is not a file of age identities`,
        'It has lines of AGE-SECRET-KEY-1…, as age-keygen writes them.',
      );
    }
  }
  try {
    await writeStream(await decrypter.decrypt(webStream(source)), target);
  } catch (error) {
    const why = reasonOf(error);
    throw new UserError('not-decrypted', `the core cannot be decrypted with ${identities}: ${why}`, {
      help: 'Give the identity of one of the recipients that it was encrypted to.',
    });
  }
}

function recipientsOf(given: string): string[] {
  return given.startsWith('age1') ? [given] : linesOf(given, 'the recipients');
}

function linesOf(file: string, what: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = reasonOf(error);
    throw usageError(`${what} cannot be read: ${why}`);
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw usageError(`${file} has no key in it`);
  return lines.map((line) => line.trim());
}

function webStream(file: string): ReadableStream<Uint8Array> {
  return Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
}

async function writeStream(stream: ReadableStream<Uint8Array>, target: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(
    Readable.fromWeb(stream),
    async function* hashed(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(target, { flags: 'wx', mode: 0o600 }),
  );
  return hash.digest('hex');
}
