import { existsSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
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

/** `/srv/shop/venv/bin/gunicorn` is `gunicorn` of the environment that was found here. */
export function programOf(word: string, python: string): string {
  const name = basename(word);
  const own = join(dirname(python), name);
  if (/^python[\d.]*$/.test(name) && word.startsWith('/')) return python;
  if (existsSync(own)) return own;
  return existsSync(word) ? word : name;
}
