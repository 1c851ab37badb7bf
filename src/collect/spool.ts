import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeWhole } from '../cache-folder.ts';
import { UserError, reasonOf } from '../errors.ts';
import { sha256 } from '../sha256.ts';
import { withoutCore, type CrashLine } from '../store/crash-line.ts';
import { DirectoryStore } from '../store/directory-store.ts';
import { lineKey } from '../store/keys.ts';
import type { ObjectStore, UploadRecord, UploadState } from '../store/object-store.ts';

const VERSION = '1';
const RECORDS = ['shipped', 'uploads', 'stores'];
/** A server can be replaced by another one. */
const ANSWER_HOLDS = 30 * 86_400_000;

/** Where the spool is without `--spool`: of root below /var/lib, else below `XDG_STATE_HOME`. */
function defaultSpool(): string {
  if (process.getuid?.() === 0) return '/var/lib/pycrash';
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'pycrash');
}

/** The folder of `--spool`, or the default one. */
export function spoolFolder(option: unknown, cwd: string): string {
  return typeof option === 'string' ? resolve(cwd, option) : defaultSpool();
}

/**
 * Cores between the place where they were written and the store. `objects` has the keys of the store. A crash is in the
 * spool once its line is: the line is written last.
 */
export class Spool {
  readonly folder: string;
  readonly objects: DirectoryStore;
  #release: () => void = () => undefined;

  constructor(folder: string) {
    this.folder = folder;
    this.objects = new DirectoryStore(join(folder, 'objects'), folder);
  }

  /** Makes the spool where it is missing, waits until no other process works on it, and removes what one left half done. */
  async lock(waiting: () => void): Promise<void> {
    try {
      for (const name of RECORDS) mkdirSync(join(this.folder, name), { recursive: true, mode: 0o700 });
      if (!existsSync(join(this.folder, 'version')))
        writeWhole(join(this.folder, 'version'), Buffer.from(`${VERSION}\n`));
    } catch (error) {
      const why = reasonOf(error);
      throw new UserError('spool', `the spool ${this.folder} cannot be written: ${why}`, {
        help: 'Name a folder that this user can write to with --spool.',
      });
    }
    const version = readFileSync(join(this.folder, 'version'), 'utf8').trim();
    if (version !== VERSION) {
      throw new UserError(
        'spool',
        `the spool ${this.folder} has the format ${version}; this version writes ${VERSION}`,
        {
          help: 'Use the version of pycrash that made it, or name another folder with --spool.',
        },
      );
    }
    this.#release = await held(join(this.folder, 'lock'), waiting);
    rmSync(this.work, { recursive: true, force: true });
    mkdirSync(this.work, { mode: 0o700 });
    // drafts of `writeWhole`
    for (const folder of RECORDS.map((name) => join(this.folder, name))) {
      for (const name of readdirSync(folder).filter((each) => each.includes('.'))) rmSync(join(folder, name));
    }
  }

  unlock(): void {
    this.#release();
  }

  /** For what is half done. */
  get work(): string {
    return join(this.folder, 'work');
  }

  /** The store that has this crash; undefined where none has. */
  shippedTo(id: string): string | undefined {
    const file = join(this.folder, 'shipped', id);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  }

  setShipped(id: string, address: string): void {
    writeWhole(join(this.folder, 'shipped', id), Buffer.from(`${address}\n`));
    rmSync(join(this.folder, 'uploads', id), { force: true });
  }

  /** Gives the core of a crash up, and keeps the rest of it. */
  async drop(crash: CrashLine, reason: string): Promise<CrashLine> {
    const dropped = withoutCore(crash, reason);
    await this.objects.write(lineKey(crash), Buffer.from(`${JSON.stringify(dropped)}\n`));
    await this.objects.remove(crash.core);
    return dropped;
  }

  /** What is known of the upload of that crash's core. */
  upload(id: string): UploadRecord {
    const file = join(this.folder, 'uploads', id);
    return {
      read: () => (existsSync(file) ? uploadState(readFileSync(file, 'utf8')) : undefined),
      write: (state) => writeWhole(file, Buffer.from(JSON.stringify(state))),
    };
  }

  /** Does the store decide between writes that come together? undefined where that has not been tried of late. */
  conditionalWrites(store: ObjectStore): boolean | undefined {
    const file = this.#storeFile(store);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined || Date.now() - stat.mtimeMs > ANSWER_HOLDS) return undefined;
    return readFileSync(file, 'utf8') === 'conditional writes\n';
  }

  setConditionalWrites(store: ObjectStore, can: boolean): void {
    writeWhole(this.#storeFile(store), Buffer.from(can ? 'conditional writes\n' : 'none\n'));
  }

  #storeFile({ distinct, address }: ObjectStore): string {
    return join(this.folder, 'stores', sha256(distinct ?? address).slice(0, 32));
  }
}

function uploadState(text: string): UploadState | undefined {
  try {
    const { key, uploadId, partBytes } = JSON.parse(text) as Record<string, unknown>;
    if (typeof key !== 'string' || typeof uploadId !== 'string' || typeof partBytes !== 'number')
      return undefined;
    return { key, uploadId, partBytes };
  } catch {
    return undefined;
  }
}

/**
 * Holds flock(1) on the file until the returned function is called. The program ends, and with it the lock, when this
 * process does, however it does: its standard input is then at its end.
 */
async function held(file: string, waiting: () => void): Promise<() => void> {
  const child = spawn('flock', [file, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const patience = setTimeout(waiting, 500);
  try {
    await new Promise<void>((done, failed) => {
      child.once('error', failed);
      child.once('exit', (code) => failed(new Error(`flock ended with ${code}`)));
      child.stdout.once('data', () => done());
    });
  } catch (error) {
    const why = reasonOf(error);
    throw new UserError('spool', `the spool cannot be locked: ${why}`, {
      help: 'flock(1) of util-linux is needed: apt-get install util-linux.',
    });
  } finally {
    clearTimeout(patience);
  }
  return () => child.stdin.end();
}
