import type { Project, Service, Span } from '../project/project.ts';
import { UnitKeys } from '../project/unit-keys.ts';
import { sectionsOf } from './systemd-keys.ts';

/** A service that a systemd unit defines, with the keys in force. */
export interface UnitService {
  service: Service;
  keys: UnitKeys;
  /** Where a key that is missing belongs: the start command, else the first key of the unit. */
  start: Span;
}

export function unitServices(project: Project): UnitService[] {
  return project.services.flatMap((service) => unitService(service) ?? []);
}

/** Undefined for a service that something else than systemd looks after. */
export function unitService(service: Service): UnitService | undefined {
  // what stands in a section where systemd does not read it decides nothing (PYC014)
  const read = (service.unit?.entries ?? []).filter(({ section, key }) => isRead(section, key));
  const entries = read.map(({ section, key, keyAt, value, at }) => {
    const isCommand = key.startsWith('Exec');
    return { section, key, keyAt, value: isCommand ? value : withSpecifiers(value, service.name), at };
  });
  const keys = new UnitKeys(entries);
  const start = keys.entry('ExecStart')?.at ?? service.command?.at ?? entries[0]?.at;
  return service.unit === undefined || start === undefined ? undefined : { service, keys, start };
}

/** Those that systemd keeps running. */
export function lastingUnits(project: Project): UnitService[] {
  return unitServices(project).filter(({ service }) => service.unit?.endsByItself !== true);
}

/** Folders of the system's own manager (systemd.unit(5), SPECIFIERS). */
const FOLDERS: Readonly<Record<string, string>> = {
  '%S': '/var/lib',
  '%C': '/var/cache',
  '%L': '/var/log',
  '%E': '/etc',
  '%t': '/run',
  '%T': '/tmp',
  '%V': '/var/tmp',
  '%%': '%',
};

/** A value with those specifiers put in that the files decide; the name of an instance is not among them. */
function withSpecifiers(text: string, unit: string): string {
  const name = unit.replace(/\.service$/, '');
  const known: Readonly<Record<string, string>> = {
    ...FOLDERS,
    '%p': name.replace(/@.*$/, ''),
    ...(name.endsWith('@') ? {} : { '%n': unit, '%N': name }),
  };
  return text.replace(/%[A-Za-z%]/g, (specifier) => known[specifier] ?? specifier);
}

function isRead(section: string, key: string): boolean {
  const sections = sectionsOf(key);
  return sections.length === 0 || sections.includes(section);
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
export function workingFolder({ service, keys }: UnitService): WorkingFolder | undefined {
  const { value, at } = service.workingDirectory ?? { value: '/', at: undefined };
  const ofRoot = mayBeRoot(keys.last('User') ?? (keys.isYes('DynamicUser') ? 'dynamic' : 'root'));
  const path = withSpecifiers(value === '~' && ofRoot ? '/root' : value, service.name)
    .replace(/\/(?:\.?\/)+/g, '/')
    .replace(/(.)\/+$/, '$1');
  if (!path.startsWith('/') || /[%$]/.test(path)) return undefined;
  return at === undefined ? { path } : { path, at };
}

/** Root, or a name that only the host knows. */
export function mayBeRoot(user: string): boolean {
  return /^(?:root|0)(?::|$)|[$%{]/.test(user);
}

/** The user of the processes, where it is one that is not root: that of the unit, or one that the command changes to. */
export function unprivilegedUser({ keys, service }: UnitService): string | undefined {
  const user = keys.last('User');
  if (user === undefined && keys.isYes('DynamicUser')) return 'the dynamic user';
  const all = user === undefined || user === 'root' || user === '0';
  const changed = service.command?.value.startedAs?.value;
  if (!all) return user;
  return changed === undefined || mayBeRoot(changed) ? undefined : changed;
}

/** Keys by which systemd makes folders for the service and gives them to its user, and where it makes them (systemd.exec(5)). */
export const OWN_FOLDERS = [
  ['StateDirectory', '/var/lib'],
  ['CacheDirectory', '/var/cache'],
  ['LogsDirectory', '/var/log'],
  ['ConfigurationDirectory', '/etc'],
  ['RuntimeDirectory', '/run'],
] as const;

/** The folder of one word of such a key; `name:link` also makes a symbolic link (systemd 251). */
export function ownFolder(base: string, word: string): string {
  return `${base}/${word.replace(/:.*$/, '')}`;
}

const KEPT: ReadonlySet<string> = new Set(['StateDirectory', 'CacheDirectory', 'LogsDirectory']);

/** Folders that systemd makes for the service, gives to its user and keeps: StateDirectory= and its kin. */
export function keptFolders({ keys }: UnitService): string[] {
  return OWN_FOLDERS.filter(([key]) => KEPT.has(key)).flatMap(([key, base]) =>
    keys.words(key).map((word) => ownFolder(base, word)),
  );
}
