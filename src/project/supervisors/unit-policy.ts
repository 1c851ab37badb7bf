import { systemdLimit } from '../../systemd-size.ts';
import type { CoreLimit, RestartPolicy, StartCommand } from '../project.ts';
import { commandPrefix } from '../unit-command.ts';
import type { UnitKeys } from '../unit-keys.ts';

/** A number would be an exit status, never a signal (systemd.service(5)). */
const ABORT = /^(SIG)?ABRT$/;

/** Does systemd start the service again when its main process dies by SIGABRT (systemd.service(5), table 1)? Behind a shell that is exit status 134. */
export function restartOf(
  keys: UnitKeys,
  command: StartCommand | undefined,
  { soft }: CoreLimit,
): RestartPolicy {
  const behindShell = command?.behindShell ?? false;
  const entry = keys.entry('Restart') ?? keys.ignored('Restart');
  const policy = entry?.value ?? 'no';
  const place = entry === undefined ? {} : { at: entry.at };
  const means = (word: string) => (behindShell ? word === '134' : ABORT.test(word));
  const listed = (key: string) =>
    keys.entries([key]).find(({ value }) => value.split(/\s+/).some((word) => means(word)));
  const what = behindShell ? 'exit status 134 (SIGABRT behind a shell)' : 'SIGABRT';
  const prevented = listed('RestartPreventExitStatus');
  if (prevented !== undefined) {
    return {
      afterAbort: false,
      at: prevented.at,
      detail: `RestartPreventExitStatus=${prevented.value} takes ${what} out of Restart=`,
    };
  }
  const forced = listed('RestartForceExitStatus');
  if (forced !== undefined) {
    return {
      afterAbort: true,
      at: forced.at,
      detail: `RestartForceExitStatus=${forced.value} restarts after ${what}`,
    };
  }
  // a signal that left a core is never a clean end (src/shared/exit-status.c, is_clean_exit: CLD_KILLED, not CLD_DUMPED)
  const clean = behindShell || soft === 0 ? listed('SuccessExitStatus') : undefined;
  const text = `Restart=${policy}${entry === undefined ? ' (the default)' : ''}`;
  const start = keys.entries(['ExecStart'])[0];
  if (start !== undefined && commandPrefix(start.value).includes('-') && policy.startsWith('on-')) {
    return {
      afterAbort: policy === 'on-success',
      at: start.at,
      detail: `the - before the command makes every end a success, and ${text} counts`,
    };
  }
  switch (policy) {
    case 'always':
      return { afterAbort: true, ...place, detail: text };
    case 'on-success':
      if (command?.hiddenBy !== undefined) return { afterAbort: true, ...place, detail: text };
      return {
        afterAbort: clean !== undefined,
        ...place,
        detail: clean === undefined ? `${text} does not restart after ${what}` : text,
      };
    case 'on-failure':
    case 'on-abnormal':
    case 'on-abort': {
      if (clean !== undefined) {
        return {
          afterAbort: false,
          at: clean.at,
          detail: `SuccessExitStatus=${clean.value} makes ${what} a success, and ${text} restarts failures only`,
        };
      }
      const restarts = policy === 'on-failure' || !behindShell;
      return {
        afterAbort: restarts,
        ...place,
        detail: restarts ? text : `${text} does not restart after ${what}`,
      };
    }
    case 'no':
    case 'on-watchdog':
      return { afterAbort: false, ...place, detail: `${text} does not restart after ${what}` };
    default:
      return {
        afterAbort: /\$|%|</.test(policy) ? 'unknown' : false,
        ...place,
        detail: `${text} is no policy that systemd knows`,
      };
  }
}

/** The soft limit on cores: `LimitCORE=soft[:hard]`; without it systemd hands its own on, on Debian 0 as the kernel gave it (systemd-system.conf(5)). */
export function coreLimitOf(keys: UnitKeys): CoreLimit {
  const entry = keys.entry('LimitCORE') ?? keys.ignored('LimitCORE');
  if (entry === undefined)
    return { soft: 0, detail: "no LimitCORE=: systemd's default is 0 soft, unlimited hard" };
  const detail = `LimitCORE=${entry.value}`;
  const place = entry.at;
  const limit = systemdLimit(entry.value);
  if (limit === undefined)
    return { soft: 'unknown', at: place, detail: `${detail} is no size that systemd knows` };
  return { soft: limit.soft === Infinity ? 'unlimited' : limit.soft, at: place, detail };
}
