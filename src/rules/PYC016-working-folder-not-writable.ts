import type { Service } from '../project/project.ts';
import { isIn } from '../project/unit-keys.ts';
import type { Rule, RuleFinding } from './rule.ts';
import {
  keptFolders,
  unitServices,
  unprivilegedUser,
  workingFolder,
  type UnitService,
} from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC016',
  slug: 'working-folder-not-writable',
  level: 'warning',
  summary: 'the core would go where the service cannot write',
  check: (project) => [...unitServices(project).flatMap(lookAt), ...project.services.flatMap(lookAtOther)],
};

const PATTERN = 'unless kernel.core_pattern sends it elsewhere';

function lookAt(unit: UnitService): RuleFinding[] {
  const { keys, start, service } = unit;
  const folder = workingFolder(unit);
  const help = `write StateDirectory=NAME and WorkingDirectory=/var/lib/NAME in [Service]`;
  if (folder === undefined) return [];
  const { path } = folder;
  const at = folder.at ?? start;
  const kept = [...keptFolders(unit), ...keys.words('RuntimeDirectory').map((name) => `/run/${name}`)];
  if (kept.some((own) => isIn(path, own))) return [];
  const user = unprivilegedUser(unit);
  if (path === '/' && user !== undefined) {
    const why = folder.at === undefined ? 'without WorkingDirectory= it is /' : 'it is /';
    return [
      {
        confidence: 'high',
        message: `a core goes to the working directory (${PATTERN}), and ${why}, where ${user} cannot write`,
        help,
        at,
      },
    ];
  }
  const reason = readOnly(path, unit);
  if (reason === undefined) return [];
  return [
    {
      level: service.unit === undefined ? 'unknown' : 'warning',
      confidence: 'high',
      message: `a core goes to the working directory (${PATTERN}), and ${reason.key} makes ${path} read-only for this service`,
      help: path === '/' ? help : `write ReadWritePaths=${path}, or ${help.replace(/^write /, '')}`,
      at: reason.at ?? at,
    },
  ];
}

/** Where the supervisor starts a service that names no folder: one of root's. */
const PLACES: Readonly<Record<string, string>> = {
  supervisord: 'without directory= it is where supervisord was started, mostly /',
  circus: 'without working_dir it is where circusd was started, mostly /',
  openrc: 'without directory= it is /',
  runit: 'without a cd it is the folder of run',
  s6: 'without a cd it is the folder of run',
  daemontools: 'without a cd it is the folder of run',
};

function lookAtOther({ name, supervisor, unit, user, workingDirectory, command }: Service): RuleFinding[] {
  const place = PLACES[supervisor];
  if (unit !== undefined || place === undefined || command === undefined) return [];
  // a name that only the host knows may be root
  if (user === undefined || /^(?:root|0)(?::|$)|[$%{]/.test(user.value)) return [];
  if (workingDirectory !== undefined && workingDirectory.value !== '/') return [];
  return [
    {
      confidence: 'medium',
      message: `a core of ${name} goes to the working directory (${PATTERN}), and ${workingDirectory === undefined ? place : 'it is /'}, where ${user.value} cannot write`,
      help: `name a folder that belongs to ${user.value}: pycrash unit ${supervisor} prints how`,
      at: workingDirectory?.at ?? user.at,
    },
  ];
}

/** A path of ReadWritePaths= without its prefixes (systemd.exec(5)) and the `/` at its end. */
function plain(name: string): string {
  return name.replace(/^[-+]+/, '').replace(/(.)\/+$/, '$1');
}

/** The key that makes `path` read-only (systemd.exec(5), Sandboxing); undefined where none does. */
function readOnly(
  path: string,
  { keys, start }: UnitService,
): { key: string; at: UnitService['start'] } | undefined {
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
