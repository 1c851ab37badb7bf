import type { Span } from '../project/project.ts';
import { isIn } from '../project/unit-keys.ts';
import type { UnitService } from './unit-services.ts';

/** A path of ReadWritePaths= without its prefixes (systemd.exec(5)) and the `/` at its end. */
function plain(name: string): string {
  return name.replace(/^[-+]+/, '').replace(/(.)\/+$/, '$1');
}

/** The key that makes `path` read-only (systemd.exec(5), Sandboxing); undefined where none does. */
export function readOnly(path: string, { keys, start }: UnitService): { key: string; at: Span } | undefined {
  const inOne = (key: string) => keys.wordEntries(key).findLast(({ word }) => isIn(path, plain(word)));
  // the deepest path decides, whichever key it stands in
  const opened = inOne('ReadWritePaths');
  const closed = inOne('ReadOnlyPaths') ?? inOne('InaccessiblePaths');
  if (
    closed !== undefined &&
    (opened === undefined || plain(opened.word).length < plain(closed.word).length)
  ) {
    return { key: `ReadOnlyPaths=${closed.word}`, at: closed.at };
  }
  if (opened !== undefined) return undefined;
  const isTemporary = isIn(path, '/tmp') || isIn(path, '/var/tmp');
  const dynamic = keys.isYes('DynamicUser');
  if (isTemporary && (dynamic || keys.isYes('PrivateTmp'))) return undefined;
  const home = ['/home', '/root', '/run/user'].some((name) => isIn(path, name));
  const protectHome = keys.entry('ProtectHome');
  const homeMode = protectHome?.value ?? (dynamic ? 'read-only' : 'no');
  if (home && !/^(no|n|false|f|off|0)$/i.test(homeMode)) {
    return {
      key: protectHome === undefined ? 'DynamicUser=' : `ProtectHome=${homeMode}`,
      at: protectHome?.at ?? start,
    };
  }
  if (['/dev', '/proc', '/sys'].some((name) => isIn(path, name))) return undefined;
  const system = keys.entry('ProtectSystem');
  // DynamicUser= implies ProtectSystem=strict and ProtectHome=read-only, and they cannot be turned off
  const systemMode = dynamic ? 'strict' : (system?.value ?? 'no');
  const key = system !== undefined && !dynamic ? `ProtectSystem=${systemMode}` : 'DynamicUser=';
  const place = dynamic ? keys.entry('DynamicUser') : system;
  const closes =
    systemMode === 'strict'
      ? !home || dynamic
      : (systemMode === 'full' && isIn(path, '/etc')) ||
        (!/^(no|n|false|f|off|0)$/i.test(systemMode) &&
          ['/usr', '/boot', '/efi'].some((name) => isIn(path, name)));
  return closes ? { key, at: place?.at ?? start } : undefined;
}
