import type { SystemdUnit } from '../../project/project.ts';
import { commandPrefix } from '../../project/unit-command.ts';
import { withPaths } from '../deployed-paths.ts';

/** What a unit becomes for the manager of one user. */
export interface UserUnit {
  /** The text of the file. */
  text: string;
  /** Keys that were left out, in order. */
  leftOut: string[];
}

export interface Translation {
  /** Name of the unit as it is deployed, for %n. */
  name: string;
  /** Paths of the deployment and where they are here; each stands for all below it. */
  paths: ReadonlyMap<string, string>;
  /** Name of RuntimeDirectory=, from its name in the unit. */
  runtimeDirectory(name: string): string;
  /** The command of ExecStart= with the address that it is to listen on. */
  moved(command: string): string;
  /** Can a file that the unit reads be read here? */
  readable(path: string): boolean;
  /** Lines that are added at the end of [Service]. */
  service: readonly string[];
}

/**
 * The unit for a systemd that is not root's. What that one takes is listed, and everything else is left out: other units
 * would be those of the user (OnFailure=, Requires=, Slice=), and what changes the user, the name space or the machine
 * takes root (systemd.exec(5): "only available for system services").
 */
export function userUnit(entries: SystemdUnit['entries'], translation: Translation): UserUnit {
  const kept: Record<'Unit' | 'Service', string[]> = { Unit: [], Service: [] };
  const leftOut = new Set<string>();
  for (const { section, key, value } of entries) {
    if (section !== 'Unit' && section !== 'Service') continue;
    if (UNSAID.has(key)) continue;
    const isKept = section === 'Unit' ? UNIT.test(key) : SERVICE.test(key);
    const translated = isKept ? translatedValue(key, value, translation) : undefined;
    if (translated !== undefined) kept[section].push(`${key}=${translated}`);
    else if (value !== '') leftOut.add(key);
  }
  const service = [...kept.Service, ...translation.service];
  return {
    text: `[Unit]\n${kept.Unit.map(line).join('')}\n[Service]\n${service.map(line).join('')}`,
    leftOut: [...leftOut],
  };
}

const UNIT = /^(?:StartLimit(?:IntervalSec|Interval|Burst)|CollectMode|JobTimeoutSec|JobRunningTimeoutSec)$/;

const SERVICE = new RegExp(
  `^(?:${[
    'Type|Exec(?:Start|StartPre|StartPost|Stop|StopPost|Reload|Condition)',
    'Restart|Restart(?:Sec|Steps|MaxDelaySec|Mode|PreventExitStatus|ForceExitStatus|KillSignal)',
    'StartLimit(?:Interval|IntervalSec|Burst)|SuccessExitStatus',
    'Timeout(?:Sec|StartSec|StopSec|AbortSec|StartFailureMode|StopFailureMode)|RuntimeMaxSec',
    'Watchdog(?:Sec|Signal)|NotifyAccess|PIDFile|RemainAfterExit|GuessMainPID|OOMPolicy',
    'Kill(?:Mode|Signal)|FinalKillSignal|SendSIGKILL|SendSIGHUP',
    'Environment|EnvironmentFile|PassEnvironment|UnsetEnvironment|WorkingDirectory|UMask',
    'RuntimeDirectory|RuntimeDirectory(?:Mode|Preserve)|Limit[A-Z]+|CoredumpFilter',
    'NoNewPrivileges|LockPersonality|MemoryDenyWriteExecute|SystemCall(?:Filter|Architectures|ErrorNumber)',
    'Restrict(?:AddressFamilies|Namespaces|Realtime|SUIDSGID)',
  ].join('|')})$`,
);

/** What is replaced, or says nothing of how it runs. */
const UNSAID = new Set([
  'Description',
  'Documentation',
  'StandardOutput',
  'StandardError',
  'SyslogIdentifier',
  'SyslogFacility',
  'SyslogLevel',
  'StateDirectory',
  'StateDirectoryMode',
  'CacheDirectory',
  'CacheDirectoryMode',
  'LogsDirectory',
  'LogsDirectoryMode',
]);

/** undefined where nothing of the value is left. */
function translatedValue(key: string, value: string, translation: Translation): string | undefined {
  if (value === '') return value;
  const here = withPaths(withSpecifiers(value, translation.name), translation.paths);
  if (key === 'RuntimeDirectory') return here.split(/\s+/).map(translation.runtimeDirectory).join(' ');
  if (key === 'EnvironmentFile') return translation.readable(here.replace(/^-/, '')) ? here : undefined;
  if (!key.startsWith('Exec')) return here;
  const prefix = commandPrefix(here);
  const command = here.slice(prefix.length);
  const kept = prefix.replaceAll(/[+!|]/g, '');
  if (key === 'ExecStart') return kept + translation.moved(command);
  // it would run on the real machine: only what belongs to the copy does
  const own = [...translation.paths.values()].some((path) => command.startsWith(`${path}/`));
  return kept === prefix && (own || key === 'ExecReload') ? here : undefined;
}

/** The system manager's values of specifiers that have others for a user (systemd.unit(5)). */
function withSpecifiers(value: string, name: string): string {
  const bare = name.replace(/\.service$/, '');
  const values: Record<string, string> = {
    n: name,
    N: bare,
    p: bare.replace(/@.*$/, ''),
    S: '/var/lib',
    C: '/var/cache',
    L: '/var/log',
    t: '/run',
    E: '/etc',
  };
  return value.replaceAll(/%(.)/g, (all, letter: string) => values[letter] ?? all);
}

function line(text: string): string {
  return `${text}\n`;
}
