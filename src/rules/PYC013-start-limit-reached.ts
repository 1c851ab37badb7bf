import type { Service } from '../project/project.ts';
import { seconds } from '../project/unit-keys.ts';
import { endsWithWorker } from './ends-with-worker.ts';
import { SERVING } from './PYC026-fatal-while-starting.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { lastingUnits, type UnitService } from './unit-services.ts';

/** DefaultRestartSec=100ms, DefaultStartLimitIntervalSec=10s, DefaultStartLimitBurst=5 (systemd-system.conf(5)). */
const DEFAULT_PAUSE = '100ms';
const DEFAULT_INTERVAL = '10s';
const DEFAULT_BURST = '5';

export const rule: Rule = {
  id: 'PYC013',
  slug: 'start-limit-reached',
  level: 'warning',
  summary: 'a crash loop reaches the start limit, and the service stays down for good',
  check: (project) => [...lastingUnits(project).flatMap(ofUnit), ...project.services.flatMap(ofOther)],
};

function ofUnit({ service, keys, start }: UnitService): RuleFinding[] {
  if ((keys.last('Restart') ?? 'no') === 'no') return [];
  const interval = keys.entry('StartLimitIntervalSec');
  const burst = keys.entry('StartLimitBurst');
  const pause = keys.entry('RestartSec');
  const intervalSeconds = seconds(interval?.value ?? DEFAULT_INTERVAL);
  const pauseSeconds = seconds(pause?.value ?? DEFAULT_PAUSE);
  const starts = Number(burst?.value ?? DEFAULT_BURST);
  if (intervalSeconds === undefined || pauseSeconds === undefined || Number.isNaN(starts)) return [];
  if (intervalSeconds === 0 || starts === 0 || pauseSeconds * starts >= intervalSeconds) return [];
  const action = keys.entry('StartLimitAction');
  const acts = action !== undefined && action.value !== 'none';
  return [
    {
      level: acts ? 'error' : 'warning',
      confidence: 'high',
      message:
        `${starts} crashes within ${interval?.value ?? DEFAULT_INTERVAL}, ${pause?.value ?? DEFAULT_PAUSE} apart, ` +
        (acts
          ? `make systemd do StartLimitAction=${action.value} to the whole machine`
          : `leave ${service.name} failed until somebody resets it`),
      help: 'write StartLimitIntervalSec=0 in [Unit] (and RestartSec=1s in [Service], so that a loop does not spin)',
      at: (acts ? action.at : undefined) ?? interval?.at ?? pause?.at ?? start,
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
