import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { SIZE_UNITS } from '../systemd-size.ts';

/** coredump.conf(5) as it is in force. Sizes in bytes, `Infinity` for `infinity`. */
export interface CoredumpConf {
  storage: 'none' | 'external' | 'journal';
  processSizeMax: number;
  externalSizeMax: number;
  /** The files that were read, in order; a later one overrides an earlier one. */
  files: string[];
  /** Keys that are not known, with their file: systemd ignores them with a warning. */
  unknownKeys: string[];
}

const FOLDERS = ['/etc/systemd', '/run/systemd', '/usr/local/lib/systemd', '/usr/lib/systemd'];
const KEYS = new Set([
  'Storage',
  'Compress',
  'ProcessSizeMax',
  'ExternalSizeMax',
  'JournalSizeMax',
  'MaxUse',
  'KeepFree',
  'EnterNamespace',
]);

/**
 * Reads the main file and all drop-ins below `root`.
 *
 * The defaults are those that `systemdVersion` was compiled with on 64 bit: 32G from 251 on (systemd #22448), 2G
 * before. The comments in the shipped file still say 2G in some 252 packages: they are only comments.
 */
export function readCoredumpConf(systemdVersion: number | undefined, root = ''): CoredumpConf {
  const sizeMax = systemdVersion !== undefined && systemdVersion < 251 ? 2 * 2 ** 30 : 32 * 2 ** 30;
  const conf: CoredumpConf = {
    storage: 'external',
    processSizeMax: sizeMax,
    externalSizeMax: sizeMax,
    files: [],
    unknownKeys: [],
  };
  for (const file of coredumpConfFiles(root)) {
    conf.files.push(file);
    for (const { section, key, value } of assignments(readFileSync(root + file, 'utf8'))) {
      if (section !== 'Coredump') continue;
      if (!KEYS.has(key)) conf.unknownKeys.push(`${key}= in ${file}`);
      else if (key === 'Storage' && (value === 'none' || value === 'external' || value === 'journal'))
        conf.storage = value;
      else if (key === 'ProcessSizeMax') conf.processSizeMax = size(value) ?? sizeMax;
      else if (key === 'ExternalSizeMax') conf.externalSizeMax = size(value) ?? sizeMax;
    }
  }
  return conf;
}

/** The first main file that is there, then the drop-ins of all folders sorted by name; a name in /etc masks the others. */
function coredumpConfFiles(root: string): string[] {
  const main = FOLDERS.map((folder) => `${folder}/coredump.conf`).find((file) => existsSync(root + file));
  const dropIns = new Map<string, string>();
  for (const folder of FOLDERS.toReversed()) {
    const dropInFolder = `${folder}/coredump.conf.d`;
    if (!existsSync(root + dropInFolder)) continue;
    for (const name of readdirSync(root + dropInFolder)) {
      if (name.endsWith('.conf')) dropIns.set(name, `${dropInFolder}/${name}`);
    }
  }
  const sorted = [...dropIns].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
  return [
    ...(main === undefined ? [] : [main]),
    ...sorted.filter((file) => realpathSync(root + file) !== '/dev/null'),
  ];
}

function assignments(text: string): { section: string; key: string; value: string }[] {
  const found = [];
  let section = '';
  for (const line of text.split('\n')) {
    const header = /^\[(.*)\]\s*$/.exec(line);
    const assignment = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (header !== null) section = header[1] ?? '';
    else if (assignment !== null)
      found.push({ section, key: assignment[1] ?? '', value: assignment[2] ?? '' });
  }
  return found;
}

/** A size as systemd reads it: `2G`, `infinity`; undefined where it is not one, and then the default stays. */
function size(text: string): number | undefined {
  if (text === 'infinity') return Infinity;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([BKMGTPE]?)$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (SIZE_UNITS[unit ?? ''] ?? 1);
}
