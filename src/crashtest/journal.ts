import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { processEntry, processesWith, signal } from '../host/processes.ts';
import { removeProject, type ContainerEngine } from './containers.ts';
import { removeUserUnit } from './user-manager.ts';
import { waitFor } from './wait.ts';

interface Named {
  pid: number;
  startTime: number;
}

interface Entry {
  /** The run itself. */
  owner: Named;
  folders: string[];
  /** What `PYCRASH_VERIFY_RUN` is in the environment of every process that was started. */
  runs: string[];
  cgroups: string[];
  /** Compose projects, as the engine that runs their containers knows them. */
  projects?: { engine: ContainerEngine['name']; name: string }[];
  /** Units of this user's systemd. */
  units?: string[];
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
  static async open(): Promise<Journal> {
    const folder = join(
      process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'),
      'pycrash',
      'verify',
    );
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      const [, pid, startTime] = /^(\d+)-(\d+)\.json\.new$/.exec(name) ?? [];
      if (pid !== undefined && !isAlive({ pid: Number(pid), startTime: Number(startTime) })) rmSync(file);
      if (!name.endsWith('.json')) continue;
      const entry = readEntry(file);
      if (entry !== undefined && isAlive(entry.owner)) continue;
      if (entry !== undefined) await cleanUp(entry);
      rmSync(file, { force: true });
    }
    const owner = { pid: process.pid, startTime: processEntry(process.pid)?.startTime ?? 0 };
    const journal = new Journal(join(folder, `${owner.pid}-${owner.startTime}.json`), {
      owner,
      folders: [],
      runs: [],
      cgroups: [],
    });
    journal.#write();
    return journal;
  }

  folder(path: string): void {
    this.#entry.folders.push(path);
    this.#write();
  }

  /** The name of this run, before its first process is started. */
  run(token: string): void {
    this.#entry.runs.push(token);
    this.#write();
  }

  /** A compose project of this run, before its first container is made. */
  composeProject(engine: ContainerEngine['name'], name: string): void {
    (this.#entry.projects ??= []).push({ engine, name });
    this.#write();
  }

  /** A unit of this user's systemd, before its file is there. */
  userUnit(name: string): void {
    (this.#entry.units ??= []).push(name);
    this.#write();
  }

  /** A folder below /sys/fs/cgroup. */
  cgroup(path: string): void {
    this.#entry.cgroups.push(path);
    this.#write();
  }

  /** Ends every process and removes every folder; `keep` leaves the folders. */
  async close(keep = false): Promise<void> {
    await cleanUp(keep ? { ...this.#entry, folders: [] } : this.#entry);
    rmSync(this.#file, { force: true });
  }

  #write(): void {
    // whole or not at all: what half an entry names is never found again
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#entry), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function readEntry(file: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isEntry(value) ? value : undefined;
  } catch {
    // not one of ours
    return undefined;
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  return 'owner' in value && 'folders' in value && 'runs' in value && 'cgroups' in value;
}

function isAlive({ pid, startTime }: Named): boolean {
  return processEntry(pid)?.startTime === startTime;
}

async function cleanUp({ folders, runs, cgroups, projects = [], units = [] }: Entry): Promise<void> {
  // before their processes: these would start those again
  for (const unit of units) await removeUserUnit(unit);
  for (const { engine, name } of projects) await removeProject(engine, name);
  for (const token of runs) {
    await waitFor(10, () => {
      const left = processesOfRun(token);
      for (const pid of left) signal(pid, 'SIGKILL');
      return left.length === 0 ? true : undefined;
    });
  }
  // a pid namespace goes a moment after its first process
  for (const cgroup of cgroups) await waitFor(5, () => (removeCgroup(cgroup) ? true : undefined));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** Processes of that run, by their environment: no pid is lost between a start and a note of it. */
export function processesOfRun(token: string): number[] {
  return processesWith(`PYCRASH_VERIFY_RUN=${token}`);
}

/** Removes a cgroup and all below it; false while a process is left in one. */
export function removeCgroup(path: string): boolean {
  if (!existsSync(path)) return true;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory() && !removeCgroup(join(path, entry.name))) return false;
  }
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  }
}
