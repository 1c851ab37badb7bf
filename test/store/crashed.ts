import { execa } from 'execa';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interpreter } from '../python-environment.ts';

const SERVICE = fileURLToPath(new URL('service.py', import.meta.url));

interface CrashOptions {
  release?: string;
  /** So many bytes of the core cannot be compressed. */
  padding?: number;
}

/** Crashes the service, and leaves its core at `path`. */
export async function crash(path: string, { release, padding }: CrashOptions = {}): Promise<void> {
  const python = interpreter('3.11');
  if (python === undefined) throw new Error('no Python 3.11 on this machine');
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-crashed-'));
  try {
    const { signal } = await execa(
      'prlimit',
      ['--core=unlimited:unlimited', '--', python.path, SERVICE, '5'],
      {
        cwd: folder,
        reject: false,
        env: {
          PADDING: String(padding ?? 0),
          ...(release === undefined ? {} : { PYCRASH_RELEASE: release }),
        },
      },
    );
    const core = readdirSync(folder).find((name) => name.startsWith('core'));
    if (core === undefined || signal !== 'SIGABRT') throw new Error(`the service left no core (${signal})`);
    renameSync(join(folder, core), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder for one test: with a place for cores, a spool and a cache of its own. */
export interface Host {
  folder: string;
  cores: string;
  spool: string;
  env: Record<string, string>;
  remove(): void;
}

export function makeHost(): Host {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-host-'));
  const cores = join(folder, 'cores');
  mkdirSync(cores);
  return {
    folder,
    cores,
    spool: join(folder, 'spool'),
    env: { HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), TMPDIR: folder },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
