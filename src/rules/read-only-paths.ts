import type { Span } from '../project/project.ts';
import { isIn, NO } from '../project/unit-keys.ts';
import { ownFolder, OWN_FOLDERS, type UnitService } from './unit-services.ts';

/** A path of ReadWritePaths= and its kin without its prefixes (systemd.exec(5)) and the `/` at its end. */
function plain(name: string): string {
  return name.replace(/^[-+]+/, '').replace(/(.)\/+$/, '$1');
}

/**
 * What a key makes of a path. Of two for the same path the first one here counts (src/core/namespace.c, MountMode; seen
 * with systemd 252): `bind` is for what the host has there, `own` what a path is as long as nothing else is said.
 */
const MODES = ['inaccessible', 'bind', 'read-only', 'read-write', 'tmpfs', 'own'] as const;

interface Mount {
  path: string;
  mode: (typeof MODES)[number];
  key: string;
  at: Span;
  /** Is it closed for writing, or gone at the next start? */
  closes: boolean;
}

/** The key that makes `path` read-only or hides it (systemd.exec(5), Sandboxing); undefined where none does. */
export function readOnly(path: string, unit: UnitService): { key: string; at: Span } | undefined {
  const { keys } = unit;
  const isTemporary = isIn(path, '/tmp') || isIn(path, '/var/tmp');
  const isPrivate = isTemporary && (keys.isYes('DynamicUser') || keys.isYes('PrivateTmp'));
  const above = [...written(unit), ...(isPrivate ? [] : protections(unit))].filter((mount) =>
    isIn(path, mount.path),
  );
  // the deepest path decides, whichever key it stands in
  const [deepest] = above.sort(
    (a, b) => b.path.length - a.path.length || MODES.indexOf(a.mode) - MODES.indexOf(b.mode),
  );
  return deepest?.closes === true ? { key: deepest.key, at: deepest.at } : undefined;
}

function written({ keys }: UnitService): Mount[] {
  const of = (key: string, mode: Mount['mode'], closes: boolean): Mount[] =>
    keys.wordEntries(key).map(({ word, at }) => {
      const [source = '', target = source] = word.split(':');
      const path = plain(key.startsWith('Bind') ? target : source);
      return { path, mode, key: `${key}=${word}`, at, closes };
    });
  return [
    ...of('InaccessiblePaths', 'inaccessible', true),
    ...of('BindPaths', 'bind', false),
    ...of('BindReadOnlyPaths', 'bind', true),
    ...of('ReadOnlyPaths', 'read-only', true),
    ...of('ReadWritePaths', 'read-write', false),
    ...of('TemporaryFileSystem', 'tmpfs', true),
    // folders of the service itself stay writable under ProtectSystem=strict
    ...OWN_FOLDERS.flatMap(([key, base]) =>
      keys.wordEntries(key).map(({ word, at }): Mount => {
        const path = ownFolder(base, word);
        const hidden = keys
          .words('TemporaryFileSystem')
          .some((temporary) => isIn(path, plain(temporary.split(':')[0] ?? '')));
        // what a file system in memory would hide is bound into it
        return { path, mode: hidden ? 'bind' : 'own', key, at, closes: false };
      }),
    ),
  ];
}

/** ProtectSystem= and ProtectHome=; DynamicUser= implies strict and read-only, which cannot be turned off. */
function protections({ keys, start }: UnitService): Mount[] {
  const dynamic = keys.isYes('DynamicUser');
  const system = keys.entry('ProtectSystem');
  const mode = dynamic ? 'strict' : (system?.value ?? 'no');
  const key = system !== undefined && !dynamic ? `ProtectSystem=${mode}` : 'DynamicUser=';
  const at = (dynamic ? keys.entry('DynamicUser') : system)?.at ?? start;
  const close = (path: string): Mount => ({ path, mode: 'read-only', key, at, closes: true });
  const open = (path: string): Mount => ({ path, mode: 'own', key, at, closes: false });
  const usual = ['/usr', '/boot', '/efi'].map((path) => close(path));
  const home = keys.entry('ProtectHome');
  const homeMode = home?.value ?? (dynamic ? 'read-only' : 'no');
  const homeKey = home === undefined ? 'DynamicUser=' : `ProtectHome=${homeMode}`;
  return [
    ...(mode === 'strict'
      ? [close('/'), ...['/dev', '/proc', '/sys', '/home', '/root', '/run/user'].map((path) => open(path))]
      : NO.test(mode)
        ? []
        : mode === 'full'
          ? [...usual, close('/etc')]
          : usual),
    ...(NO.test(homeMode)
      ? []
      : ['/home', '/root', '/run/user'].map((path): Mount => ({
          path,
          mode: 'inaccessible',
          key: homeKey,
          at: home?.at ?? start,
          closes: true,
        }))),
  ];
}

/** The `…Mode=` that takes the right to write from the user of one of the service's own folders; undefined where none does. */
export function closedMode(path: string, { keys }: UnitService): { key: string; at: Span } | undefined {
  for (const [key, base] of OWN_FOLDERS) {
    const mode = keys.entry(`${key}Mode`);
    const owns = keys.words(key).some((word) => isIn(path, ownFolder(base, word)));
    if (mode === undefined || !owns || !/^[0-7]{3,5}$/.test(mode.value)) continue;
    if ((Number.parseInt(mode.value, 8) & 0o200) === 0)
      return { key: `${key}Mode=${mode.value}`, at: mode.at };
  }
  return undefined;
}
