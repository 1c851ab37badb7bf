import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, linkSync, mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError, reasonOf } from '../errors.ts';
import { compressionOf } from '../report/compression-format.ts';
import { unpackCore } from '../report/compression.ts';
import { typedCommand } from '../typed-command.ts';
import type { CrashLine } from './crash-line.ts';
import { hashOf } from './file-hash.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * Brings the core of a crash to `target`, a new file of mode 0600 with the time of the crash: what comes is compared with
 * its SHA-256, unpacked and compared again. There is nothing at `target` before all of it is right.
 */
export async function fetchCore(
  store: ObjectStore,
  crash: CrashLine,
  target: string,
  { identity, progress }: { identity: string | undefined; progress: (bytes: number) => void },
): Promise<void> {
  if (crash.dropped !== undefined) {
    throw new UserError('no-core', `the core of ${crash.id} was not kept: ${crash.dropped}`, {
      help: `Its report: ${typedCommand(`cores report ${crash.id}`)}. Others have their cores: fingerprint=${crash.fingerprint} dropped=undefined`,
    });
  }
  if (existsSync(target)) {
    const isSame = statSync(target).size === crash.bytes && (await hashOf(target)) === crash.sha256;
    if (isSame) return;
    throw new UserError('exists', `${target} is there already, and is not this core`, {
      help: 'Name another file with --output, or remove it.',
    });
  }
  const folder = workFolder(target);
  try {
    let stored = join(folder, 'stored');
    if (crash.encrypted && identity === undefined) throw withoutIdentity(crash);
    await download(store, crash, stored, progress);
    if (crash.encrypted && identity !== undefined) {
      // age is loaded only where it is used
      const { decryptFile } = await import('./age.ts');
      const decrypted = join(folder, 'decrypted');
      await decryptFile(stored, decrypted, identity);
      stored = decrypted;
    }
    const compression = compressionOf(stored);
    if (compression === undefined) throw damaged(crash, 'is in no compression that is known');
    const core = join(folder, 'core');
    const { broken } = await unpackCore(stored, compression, core, () => undefined);
    if (broken !== undefined) throw damaged(crash, `does not unpack: ${broken}`);
    if ((await hashOf(core)) !== crash.sha256)
      throw damaged(crash, 'does not unpack to the core that was collected');
    const time = new Date(crash.time);
    utimesSync(core, time, time);
    // not rename: that would replace a file which came meanwhile
    linkSync(core, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function download(
  store: ObjectStore,
  crash: CrashLine,
  target: string,
  progress: (bytes: number) => void,
): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  const copying = pipeline(
    store.open(crash.core),
    async function* counted(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        progress(bytes);
        if (bytes > crash.storedBytes) throw damaged(crash, 'is longer than what was stored');
        yield chunk;
      }
    },
    createWriteStream(target, { flags: 'wx', mode: 0o600 }),
  );
  await copying.catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    throw damaged(crash, `came only in part: ${reasonOf(error)}`);
  });
  if (hash.digest('hex') !== crash.storedSha256)
    throw damaged(crash, `is not what was stored (${bytes} of ${crash.storedBytes} bytes came)`);
}

/** On the file system of the target, so that the file can get its name at once. */
function workFolder(target: string): string {
  try {
    return mkdtempSync(join(dirname(target), '.pycrash-'));
  } catch (error) {
    const why = reasonOf(error);
    throw new UserError('not-written', `${target} cannot be written: ${why}`, {
      help: 'Name a file in a folder that you can write to with --output.',
    });
  }
}

function withoutIdentity({ id }: CrashLine): UserError {
  return new UserError('not-decrypted', `the core of ${id} is encrypted`, {
    help: 'Give the file of your age identity with --identity, or in PYCRASH_AGE_IDENTITY.',
  });
}

function damaged({ id }: CrashLine, how: string): UserError {
  return new UserError('store', `the core of ${id} ${how}`, {
    help: 'Run it again; where it stays so, the object in the store was changed.',
  });
}
