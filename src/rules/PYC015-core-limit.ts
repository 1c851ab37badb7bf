import type { Project } from '../project/project.ts';
import { SIZE_UNITS } from '../systemd-size.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { unitServices, type UnitService } from './unit-services.ts';
import { liftsLimit } from './wired.ts';

export const rule: Rule = {
  id: 'PYC015',
  slug: 'core-limit',
  level: 'error',
  summary: 'the core limit forbids the core or cuts it off',
  check: (project) =>
    unitServices(project).flatMap((unit) => coreLimit(unit, project).concat(fileLimit(unit))),
};

/** Less than any web service's core; the limit is compared with the whole file (core(5)). */
const SMALL = 4 * 1024 ** 3;

function coreLimit({ service, keys, start }: UnitService, project: Project): RuleFinding[] {
  const entry = keys.entry('LimitCORE');
  if (entry === undefined) {
    // a start command that says `ulimit -c unlimited` by itself
    if (service.coreLimit.soft === 'unlimited') return [];
    const module = liftsLimit(project, service);
    return [
      {
        level: module ? 'info' : 'error',
        confidence: 'high',
        message: module
          ? `without LimitCORE= the soft core limit of ${service.name} is 0 until the generated module lifts it: a crash before that leaves no core`
          : `without LimitCORE= the soft core limit of ${service.name} is 0: the kernel writes no core`,
        help: 'write LimitCORE=infinity in [Service]',
        at: start,
      },
    ];
  }
  const [soft = '', hard = soft] = entry.value.split(':');
  const help = 'write LimitCORE=infinity';
  const limit = bytes(hard);
  if (limit === 0) {
    return [
      {
        confidence: 'high',
        message: `LimitCORE=${entry.value} forbids every core of ${service.name}`,
        help,
        at: entry.at,
      },
    ];
  }
  if (bytes(soft) === 0) {
    return [
      {
        level: liftsLimit(project, service) ? 'info' : 'error',
        confidence: 'high',
        message: `LimitCORE=${entry.value} starts ${service.name} with a soft core limit of 0: no core unless the process lifts it`,
        help,
        at: entry.at,
      },
    ];
  }
  if (limit === undefined || limit >= SMALL) return [];
  return [
    {
      level: 'warning',
      confidence: 'medium',
      message: `LimitCORE=${entry.value} cuts a core off at ${limit} bytes, and no debugger reads a part of one`,
      help,
      at: entry.at,
    },
  ];
}

/** RLIMIT_FSIZE ends a core as it ends every file (core(5)). */
function fileLimit({ keys }: UnitService): RuleFinding[] {
  const entry = keys.entry('LimitFSIZE');
  const limit = entry === undefined ? undefined : bytes(entry.value.split(':')[0] ?? '');
  if (entry === undefined || limit === undefined || limit >= SMALL) return [];
  return [
    {
      level: limit === 0 ? 'error' : 'warning',
      confidence: 'medium',
      message: `LimitFSIZE=${entry.value} is for the core too: it is cut off at ${limit} bytes`,
      help: 'take LimitFSIZE= out, or limit the files that are meant in another way',
      at: entry.at,
    },
  ];
}

/** A size of systemd (base 1024: systemd.exec(5), Process Properties); undefined for infinity and for what is no size. */
function bytes(text: string): number | undefined {
  const match = /^(\d+)\s*([KMGTPE]?)$/.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1]) * (SIZE_UNITS[match[2] ?? ''] ?? 1);
}
