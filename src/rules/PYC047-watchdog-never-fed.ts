import { seconds } from '../project/unit-keys.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { unitServices, type UnitService } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC047',
  slug: 'watchdog-never-fed',
  level: 'error',
  summary: 'WatchdogSec= kills a server that does not know of it, or leaves no core of one that hangs',
  check: (project) => unitServices(project).flatMap((unit) => lookAt(unit, project.notifiesSystemd)),
};

/** Signals that leave a core (signal(7)). */
const DUMPS = /^(?:SIG)?(?:ABRT|QUIT|SEGV|TRAP|BUS|FPE|ILL|SYS|XCPU|XFSZ)$|^(?:3|4|5|6|7|8|11|24|25|31)$/;

function lookAt({ service, keys }: UnitService, notifies: boolean): RuleFinding[] {
  const entry = keys.entry('WatchdogSec');
  const every = entry === undefined ? undefined : seconds(entry.value);
  if (entry === undefined || every === undefined || every === 0 || every === Infinity) return [];
  if (!notifies) {
    const { server } = service.command?.value ?? {};
    return [
      {
        level: server === undefined ? 'unknown' : 'error',
        confidence: server === undefined ? 'low' : 'high',
        message: `${server === undefined ? 'nothing in the repository' : `${server} never`} says WATCHDOG=1 to systemd, which kills ${service.name} after every ${entry.value} without it`,
        help: 'take WatchdogSec= out, or say it from the program (sd_notify(3)) at half that time',
        at: entry.at,
      },
    ];
  }
  const signal = keys.entry('WatchdogSignal');
  if (signal === undefined || DUMPS.test(signal.value)) return [];
  return [
    {
      level: 'warning',
      confidence: 'high',
      message: `WatchdogSignal=${signal.value} leaves no core of ${service.name} when it hangs`,
      help: 'take WatchdogSignal= out: the default is SIGABRT',
      at: signal.at,
    },
  ];
}
