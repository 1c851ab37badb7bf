import { execa } from 'execa';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { SetUp } from './set-ups.ts';
import { folderOf, verifiedOf, writeProject, type Ingredients, type Verified } from './verified-project.ts';

/** At a time: most of a run is waiting. */
const TOGETHER = 4;

/**
 * Makes each set-up on this machine, in a mount namespace of its own below `base`, and runs `pycrash verify` on it.
 * kernel.core_pattern is this machine's.
 */
export async function verifyInNamespaces(
  setUps: readonly SetUp[],
  base: string,
  ingredients: Ingredients,
): Promise<Map<string, Verified>> {
  const PATH = programs(join(base, 'bin'));
  const found = new Map<string, Verified>();
  const waiting = [...setUps];
  const take = async (): Promise<void> => {
    for (let setUp = waiting.shift(); setUp !== undefined; setUp = waiting.shift()) {
      const folder = folderOf(setUp, base);
      const words = writeProject(folder, setUp, ingredients);
      const script = [
        'set -e; mount -t tmpfs tmpfs /run; cd "$1"; shift',
        setUp.before ?? '',
        'cd /; exec "$@"',
      ];
      const ended = await execa(
        'unshare',
        ['--mount', 'sh', '-c', script.join('\n'), 'sh', folder, ...words],
        {
          reject: false,
          extendEnv: false,
          env: { PATH, LANG: 'C.UTF-8', XDG_STATE_HOME: `${folder}.state` },
        },
      );
      found.set(setUp.name, verifiedOf(ended));
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, take));
  return found;
}

/** A folder with every program of the system but gdb: most of the time of a run would be its. */
function programs(folder: string): string {
  mkdirSync(folder);
  const names = new Map(
    ['/usr/sbin', '/usr/bin'].flatMap((place) =>
      readdirSync(place).map((name): [string, string] => [name, join(place, name)]),
    ),
  );
  names.delete('gdb');
  for (const [name, file] of names) symlinkSync(file, join(folder, name));
  return folder;
}
