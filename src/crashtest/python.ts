import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';

/**
 * The interpreter that has the project's packages: the one that was named, the active virtual environment, one inside
 * the repository, the one that the start command names, the first on PATH.
 */
export function findPython(root: string, named: string | undefined, program: string | undefined): string {
  if (named !== undefined) {
    if (existsSync(named)) return named;
    throw new UserError('no-python', `there is no ${named}`, {
      exitCode: 2,
      help: 'name the interpreter of the virtual environment, e.g. --python venv/bin/python',
    });
  }
  const environments = [
    process.env['VIRTUAL_ENV'],
    join(root, '.venv'),
    join(root, 'venv'),
    join(root, 'env'),
  ];
  const folders = [
    ...environments.flatMap((folder) => (folder === undefined ? [] : [join(folder, 'bin')])),
    ...(program?.startsWith('/') === true ? [dirname(program)] : []),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  for (const folder of folders) {
    for (const name of ['python3', 'python']) {
      if (existsSync(join(folder, name))) return join(folder, name);
    }
  }
  throw new UserError('no-python', 'no Python was found', {
    help: "name the interpreter of the project's virtual environment with --python",
  });
}
