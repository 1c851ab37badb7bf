import type { Service } from '../project/project.ts';
import { endsWithWorker } from './ends-with-worker.ts';
import { SERVING } from './PYC026-fatal-while-starting.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { reachedStartLimit } from './start-limit.ts';
import { lastingUnits, type UnitService } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC013',
  slug: 'start-limit-reached',
  level: 'warning',
  summary: 'a crash loop reaches the start limit, and the service stays down for good',
  check: (project) => [...lastingUnits(project).flatMap(ofUnit), ...project.services.flatMap(ofOther)],
};

function ofUnit({ service, keys, start }: UnitService): RuleFinding[] {
  const reached = reachedStartLimit(keys);
  if (reached === undefined) return [];
  const action = keys.entry('StartLimitAction');
  const acts = action !== undefined && action.value !== 'none';
  return [
    {
      level: acts ? 'error' : 'warning',
      confidence: 'high',
      message:
        `${reached.starts} crashes within ${reached.interval}, ${reached.pause} apart, ` +
        (acts
          ? `make systemd do StartLimitAction=${action.value} to the whole machine`
          : `leave ${service.name} failed until \`systemctl reset-failed\``),
      help: 'set StartLimitIntervalSec=0 in [Unit] (and RestartSec=1s in [Service], so that a loop does not spin)',
      at:
        (acts ? action.at : undefined) ??
        keys.entry('StartLimitIntervalSec')?.at ??
        keys.entry('RestartSec')?.at ??
        start,
    },
  ];
}

/** supervisord's startretries, OpenRC's respawn_max, s6-permafailon, circus's flapping plugin … */
function ofOther(service: Service): RuleFinding[] {
  const { name, supervisor, restart, command } = service;
  const { leavesDown, givesUp } = restart;
  const at = leavesDown?.at ?? command?.at;
  if (leavesDown === undefined || restart.afterAbort === false || at === undefined) return [];
  // PYC026 says more where starting takes long
  if ((givesUp?.withinSeconds ?? 0) >= SERVING && endsWithWorker(service)) return [];
  return [
    {
      confidence: 'high',
      message: `${supervisor} gives ${name} up: ${leavesDown.detail} until somebody starts it`,
      help: HELP[supervisor] ?? 'let it be started again without a limit',
      at,
    },
  ];
}

const HELP: Readonly<Record<string, string>> = {
  supervisord: 'write startretries=100: the waits grow by a second each time',
  openrc: 'write respawn_max=0 and respawn_delay=1',
  nomad: 'write mode = "delay" in restart, or unlimited = true in reschedule',
  circus: 'write max_retry = -1 in the section of the plugin: it tries again for ever',
  s6: 'take s6-permafailon out of finish, or the signal out of its events',
};
