import { dirname } from 'node:path';
import type { Service } from '../../project/project.ts';

/** The value in force of a key of the unit that takes one. */
export function lastValue(service: Service, key: string): string | undefined {
  const value = service.unit?.entries.findLast((entry) => entry.key === key)?.value;
  return value === '' ? undefined : value;
}

/** The user that the service runs as and that its files belong to; undefined for root and for a dynamic one. */
export function userOf(service: Service): string | undefined {
  if (service.unit === undefined) return service.user?.value;
  if (/^(yes|true|on|1)$/i.test(lastValue(service, 'DynamicUser') ?? '')) return undefined;
  const user = lastValue(service, 'User');
  return user === 'root' || user === '0' ? undefined : user;
}

/** Paths of EnvironmentFile= in force; a leading `-` says that it may be missing, and then nothing is needed. */
export function environmentFiles(service: Service): string[] {
  const values = (service.unit?.entries ?? [])
    .filter(({ key }) => key === 'EnvironmentFile')
    .map(({ value }) => value);
  return values
    .slice(values.lastIndexOf('') + 1)
    .filter((value) => value.startsWith('/') && !/[*?%]/.test(value));
}

/**
 * Where the unit expects the repository and its virtual environment. The working directory says it, unless a drop-in
 * has moved that to a state directory; then PYTHONPATH does, or the place of the virtual environment.
 */
export function deployedFolders(
  service: Service,
  importRoot: string,
): { tree: string; environment: string | undefined } {
  const entries = service.unit?.entries ?? [];
  const directories = entries
    .filter(({ key }) => key === 'WorkingDirectory')
    .map(({ value }) => value.replace(/^-/, ''));
  const pythonPath = service.environment.get('PYTHONPATH')?.value.split(':') ?? [];
  const [program = ''] = service.command?.value.argv ?? [];
  const environment = /^\/.*\/bin\/[^/]+$/.test(program) ? dirname(dirname(program)) : undefined;
  const candidates = [
    ...directories,
    ...(service.unit === undefined ? [service.workingDirectory?.value ?? ''] : []),
    service.command?.value.options.get('chdir')?.value ?? '',
    ...pythonPath,
    environment === undefined || environment === '/usr' ? '' : dirname(environment),
  ];
  const folder = (candidates.find(isOwn) ?? '/srv/application').replace(/(.)\/+$/, '$1');
  const suffix = `/${importRoot}`;
  const tree = importRoot !== '' && folder.endsWith(suffix) ? folder.slice(0, -suffix.length) : folder;
  return { tree, environment: environment === '/usr' ? undefined : environment };
}

/** A folder that was made for the application, unlike /, and that no start or restart empties. */
function isOwn(folder: string): boolean {
  const elsewhere = /^\/(var\/(lib|cache|log)|run|tmp)\//;
  return folder.startsWith('/') && folder !== '/' && !folder.includes('%') && !elsewhere.test(folder);
}

/** The folders of the deployment, and where they are where nothing but the tree is copied: `python` is in their environment. */
export function foldersHere(
  service: Service,
  importRoot: string,
  copy: string,
  python: string,
): Map<string, string> {
  const { tree, environment } = deployedFolders(service, importRoot);
  const home = service.command?.value.options.get('home')?.value ?? environment;
  const folders = new Map([[tree, copy]]);
  if (home?.startsWith('/') === true) folders.set(home.replace(/(.)\/+$/, '$1'), dirname(dirname(python)));
  return folders;
}
