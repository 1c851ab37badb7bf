import { execa } from 'execa';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AMPLE_BUDGET, pathWith, plantedEnvironment } from './launch.ts';
import type { Place } from './place.ts';
import type { Target } from './target.ts';

/** Runs `manage.py migrate` in the copy of the tree, as the service would; what it wrote, and whether it went well. */
export async function migrate(
  target: Target,
  place: Place,
  python: string,
): Promise<{ ok: boolean; output: string }> {
  const folder = join(place.tree, target.folder);
  const words = existsSync(join(folder, 'manage.py')) ? ['manage.py'] : ['-m', 'django'];
  // an application whose migrations are not in the repository has tables, too; a database that stays is left to migrations
  const all = target.environment['PYCRASH_VERIFY_SQLITE'] === '1' ? ['--run-syncdb'] : [];
  const result = await execa(python, [...words, 'migrate', '--noinput', ...all], {
    cwd: folder,
    reject: false,
    all: true,
    timeout: 600_000,
    env: {
      ...target.environment,
      PATH: pathWith(python, target.environment),
      ...plantedEnvironment(target, place, place, { port: 0, budget: AMPLE_BUDGET }),
    },
  });
  // the service may run as another user
  for (const file of readdirSync(place.reports).filter((name) => name.endsWith('.sqlite3'))) {
    chmodSync(join(place.reports, file), 0o666);
  }
  return { ok: result.exitCode === 0, output: result.all };
}
