import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Journal } from './journal.ts';
import { writePlants } from './plants.ts';
import type { Target } from './target.ts';

/** The throw-away place of one run: a copy of the tree, what is planted, and what comes out. */
export interface Place {
  folder: string;
  /** The copy of the repository. */
  tree: string;
  /** On PYTHONPATH. */
  planted: string;
  /** Where planted code writes; everybody can. */
  reports: string;
  /** Cores are moved here. */
  cores: string;
  /** In the planted paths and in the environment of every process of this run. */
  token: string;
  /** The first part of the planted paths. */
  prefix: string;
}

/** What a copy of the tree can do without: it is made again, or belongs to other tools. */
const LEFT_OUT = new Set([
  '.git',
  '.hg',
  '.tox',
  '.nox',
  '.mypy_cache',
  '.ruff_cache',
  '__pycache__',
  'node_modules',
]);

/** Makes the place for `target` (a framework's application where it is not given) and copies the repository `root` into it. */
export function makePlace(root: string, journal: Journal, target?: Target): Place {
  const token = randomBytes(6).toString('hex');
  const folder = join(tmpdir(), `pycrash-verify-${token}`);
  // written down before it is there: this program may be killed at any moment
  journal.folder(folder);
  mkdirSync(folder, { mode: 0o700 });
  // a service runs as another user
  chmodSync(folder, 0o755);
  journal.run(token);
  const place: Place = {
    folder,
    tree: join(folder, 'tree'),
    planted: join(folder, 'planted'),
    reports: join(folder, 'reports'),
    cores: join(folder, 'cores'),
    token,
    prefix: `/pycrash-verify-${token}`,
  };
  mkdirSync(place.planted);
  mkdirSync(place.reports);
  chmodSync(place.reports, 0o1777);
  mkdirSync(place.cores, { mode: 0o700 });
  writePlants(place.planted, target);
  cpSync(root, place.tree, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) =>
      source === root || (!LEFT_OUT.has(basename(source)) && !existsSync(join(source, 'pyvenv.cfg'))),
  });
  return place;
}

/** The lines that planted code has written to a file of `reports`. */
export function reported(place: Place, file: string): Record<string, unknown>[] {
  const path = join(place.reports, file);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
