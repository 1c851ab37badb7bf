import type { Service } from './project.ts';

/** `/srv/shop/worker.py` may be `srv/shop/worker.py`, `shop/worker.py` and `worker.py` of the tree. */
export function lastParts(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.map((_, index) => parts.slice(index).join('/'));
}

/** The folders that a file of the tree is in, from the innermost to the root. */
function ancestors(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('/')), ''];
}

/** Where the paths and modules of a service's command may begin in the tree. */
export function foldersOf({ command, file, workingDirectory }: Service): string[] {
  const given = command?.value.options.get('chdir')?.value ?? '';
  return [...lastParts(given), ...lastParts(workingDirectory?.value ?? ''), ...ancestors(file), 'src'];
}
