import { LEAST_MEMORY } from '../project/launchers.ts';
import type { Project } from '../project/project.ts';
import { commandPrefix } from '../project/unit-command.ts';
import { systemdLimit } from '../systemd-size.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { lastingUnits, type UnitService } from './unit-services.ts';
import { hasModule } from './wired.ts';

export const rule: Rule = {
  id: 'PYC015',
  slug: 'core-limit',
  level: 'error',
  summary: 'the core limit forbids the core or cuts it off',
  check: (project) =>
    lastingUnits(project).flatMap((unit) =>
      coreLimit(unit, project).concat(fileLimit(unit), memoryLimits(unit)),
    ),
};

/** Less than any web service's core; the limit is compared with the whole file (core(5)). */
const SMALL = 4 * 1024 ** 3;

function coreLimit({ service, keys, start }: UnitService, project: Project): RuleFinding[] {
  const entry = keys.entry('LimitCORE');
  const { coreLimit: own } = service;
  const help = 'write LimitCORE=infinity';
  const limit = entry === undefined ? undefined : systemdLimit(entry.value);
  if (entry !== undefined && limit?.hard === 0) {
    return [
      {
        confidence: 'high',
        message: `LimitCORE=${entry.value} forbids every core of ${service.name}`,
        help,
        at: entry.at,
      },
    ];
  }
  const command = keys.entry('ExecStart');
  // the start command says it by itself: `ulimit -c`, `prlimit --core`
  if (own.at !== undefined && own.at.start !== entry?.at.start) {
    if (own.refused === true) {
      return [
        {
          confidence: 'high',
          message: `${service.name} never starts: ${own.detail}`,
          help: own.instead ?? 'write a limit that the program takes',
          at: own.at,
        },
      ];
    }
    if (own.soft !== 0) return [];
    return [
      {
        confidence: 'high',
        message: `the start command of ${service.name} sets the core limit to 0: the kernel writes no core`,
        help: 'take that out of the command, or raise the limit there',
        at: own.at,
      },
    ];
  }
  if (command !== undefined && commandPrefix(command.value).includes('+')) {
    return [
      {
        level: 'unknown',
        confidence: 'medium',
        message: `the + before the command takes every limit of the unit out of effect: the core limit of ${service.name} is that of systemd itself`,
        help: 'take the + out, or start with prlimit --core=unlimited',
        at: command.at,
      },
    ];
  }
  if (entry === undefined) {
    // PYC019
    if (keys.ignored('LimitCORE') !== undefined) return [];
    const module = hasModule(project, service);
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
  if (limit === undefined || limit.soft >= SMALL) return [];
  const lifts = limit.hard >= SMALL && hasModule(project, service);
  if (limit.soft === 0) {
    return [
      {
        level: lifts ? 'info' : 'error',
        confidence: 'high',
        message: `LimitCORE=${entry.value} starts ${service.name} with a soft core limit of 0: no core unless the process lifts it`,
        help,
        at: entry.at,
      },
    ];
  }
  return [
    {
      level: lifts ? 'info' : 'warning',
      confidence: 'medium',
      message: `LimitCORE=${entry.value} cuts a core off at ${limit.soft} bytes, and no debugger reads a part of one`,
      help,
      at: entry.at,
    },
  ];
}

/** RLIMIT_FSIZE ends a core as it ends every file (core(5)). */
function fileLimit({ keys }: UnitService): RuleFinding[] {
  const entry = keys.entry('LimitFSIZE');
  const limit = entry === undefined ? undefined : systemdLimit(entry.value)?.soft;
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

/** Too little for any Python: RLIMIT_AS forbids the start, and the kernel kills what MemoryMax= does not let grow. */
function memoryLimits({ keys, service }: UnitService): RuleFinding[] {
  return ['LimitAS', 'MemoryMax', 'MemoryHigh'].flatMap((key): RuleFinding[] => {
    const entry = keys.entry(key);
    const limit = entry === undefined ? undefined : systemdLimit(entry.value)?.soft;
    if (entry === undefined || limit === undefined || limit >= LEAST_MEMORY) return [];
    return [
      {
        ...(key === 'LimitAS' ? {} : { level: 'unknown' as const }),
        confidence: key === 'LimitAS' ? 'high' : 'medium',
        message: `no Python starts with ${key}=${entry.value}: ${service.name} never serves`,
        help: `take ${key}= out, or write ${key}=1G or more`,
        at: entry.at,
      },
    ];
  });
}
