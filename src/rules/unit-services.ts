import type { Project, Service, Span } from '../project/project.ts';
import { UnitKeys } from '../project/unit-keys.ts';

/** A service that a systemd unit defines, with the keys in force. */
export interface UnitService {
  service: Service;
  keys: UnitKeys;
  /** Where a key that is missing belongs: the start command, else the first key of the unit. */
  start: Span;
}

export function unitServices(project: Project): UnitService[] {
  return project.services.flatMap((service) => {
    const entries = service.unit?.entries ?? [];
    const keys = new UnitKeys(entries);
    const start = keys.entry('ExecStart')?.at ?? service.command?.at ?? entries[0]?.at;
    return service.unit === undefined || start === undefined ? [] : [{ service, keys, start }];
  });
}

export interface WorkingFolder {
  /** Absolute, without a `/` at its end. */
  path: string;
  /** The key or option that says so; absent where it is systemd's default. */
  at?: Span;
}

/**
 * Where the server's processes stand, and so where a plain core pattern puts the core; undefined where only the host
 * can tell (`~`, specifiers). The server's own `chdir` comes after systemd's.
 */
export function workingFolder({ service }: UnitService): WorkingFolder | undefined {
  const { value, at } = service.workingDirectory ?? { value: '/', at: undefined };
  const path = value.replace(/(.)\/+$/, '$1');
  if (!path.startsWith('/') || /[%$]/.test(path)) return undefined;
  return at === undefined ? { path } : { path, at };
}

/** The user of the unit, where it is one that is not root. */
export function unprivilegedUser({ keys }: UnitService): string | undefined {
  const user = keys.last('User');
  if (user === undefined) return keys.isYes('DynamicUser') ? 'the dynamic user' : undefined;
  return user === 'root' || user === '0' ? undefined : user;
}

/** Folders that systemd makes for the service, gives to its user and keeps: StateDirectory= and its kin. */
export function keptFolders({ keys }: UnitService): string[] {
  const places = [
    ['StateDirectory', '/var/lib'],
    ['CacheDirectory', '/var/cache'],
    ['LogsDirectory', '/var/log'],
  ] as const;
  // `name:link` also makes a symbolic link (systemd 251)
  return places.flatMap(([key, base]) =>
    keys.words(key).map((name) => `${base}/${name.replace(/:.*$/, '')}`),
  );
}
