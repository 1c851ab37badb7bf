import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { processEntry } from '../host/processes.ts';

interface Named {
  pid: number;
  startTime: number;
}

interface Entry {
  /** The run itself. */
  owner: Named;
  folders: string[];
  /** Leaders of the process groups that were started. */
  processes: Named[];
}

/**
 * What a run has created outside of its own memory, written down before it is used, so that the next run cleans up
 * after one that was killed. Lives in `$XDG_STATE_HOME/pycrash/verify`.
 */
export class Journal {
  readonly #file: string;
  readonly #entry: Entry;

  private constructor(file: string, entry: Entry) {
    this.#file = file;
    this.#entry = entry;
  }

  /** Cleans up after killed runs, and opens the journal of this one. */
  static open(): Journal {
    const folder = join(
      process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'),
      'pycrash',
      'verify',
    );
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
      const file = join(folder, name);
      const entry = readEntry(file);
      if (entry !== undefined && isAlive(entry.owner)) continue;
      if (entry !== undefined) cleanUp(entry);
      rmSync(file, { force: true });
    }
    const owner = { pid: process.pid, startTime: processEntry(process.pid)?.startTime ?? 0 };
    const journal = new Journal(join(folder, `${owner.pid}-${owner.startTime}.json`), {
      owner,
      folders: [],
      processes: [],
    });
    journal.#write();
    return journal;
  }

  folder(path: string): void {
    this.#entry.folders.push(path);
    this.#write();
  }

  /** The leader of a new process group. */
  process(pid: number): void {
    this.#entry.processes.push({ pid, startTime: processEntry(pid)?.startTime ?? 0 });
    this.#write();
  }

  /** Ends every process and removes every folder; `keep` leaves the folders. */
  close(keep = false): void {
    cleanUp(keep ? { ...this.#entry, folders: [] } : this.#entry);
    rmSync(this.#file, { force: true });
  }

  #write(): void {
    writeFileSync(this.#file, JSON.stringify(this.#entry), { mode: 0o600 });
  }
}

function readEntry(file: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isEntry(value) ? value : undefined;
  } catch {
    // half written by a run that was killed at that moment
    return undefined;
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  return 'owner' in value && 'folders' in value && 'processes' in value;
}

function isAlive({ pid, startTime }: Named): boolean {
  return processEntry(pid)?.startTime === startTime;
}

function cleanUp({ folders, processes }: Entry): void {
  for (const named of processes) {
    // the pid may belong to somebody else by now
    if (isAlive(named)) killGroup(named.pid);
  }
  for (const folder of folders) {
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

/** SIGKILL for a process group; one that is gone is fine. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
