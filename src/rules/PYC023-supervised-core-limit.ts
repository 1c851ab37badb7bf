import type { Project, Service } from '../project/project.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { hasModule } from './wired.ts';
import { typedCommand } from '../typed-command.ts';

export const rule: Rule = {
  id: 'PYC023',
  slug: 'supervised-core-limit',
  level: 'error',
  summary: 'the start script or container lets no core be written, or nothing there lifts the limit',
  check: (project) => project.services.flatMap((service) => lookAt(service, project)),
};

/** These hand their own soft limit on, which is 0 nearly everywhere. */
const INHERITING = new Set(['supervisord', 'runit', 's6', 'daemontools', 'openrc', 'circus']);

/** Here it is the engine's: docker.service has LimitCORE=infinity, and podman hands on the limit of who starts it. */
const ENGINE = 'compose';

/** Less than any web service's core; the limit is compared with the whole file (core(5)). */
const SMALL = 4 * 1024 ** 3;

/** What takes no limit that is not a number, by supervisor. */
const HELP: Readonly<Record<string, string>> = {
  circus: 'write rlimit_core = -1: no limit',
  nomad: 'write core = "-1": no limit',
};

function lookAt(service: Service, project: Project): RuleFinding[] {
  const { coreLimit, supervisor, name, command } = service;
  // units have PYC015
  if (service.unit !== undefined) return [];
  const { soft, at, detail } = coreLimit;
  const { hard } = coreLimit;
  const lifted =
    (hard === 'unlimited' || (hard !== undefined && hard >= SMALL)) && hasModule(project, service);
  if (soft === 0 && at !== undefined) {
    return [
      {
        ...(lifted ? { level: 'info' as const } : {}),
        confidence: 'high',
        message: `the core limit of ${name} is set to 0: the kernel writes no core`,
        help: 'take the line out, or raise the limit there',
        at,
      },
    ];
  }
  if (typeof soft === 'number' && supervisor === ENGINE && soft < SMALL && at !== undefined) {
    return [
      {
        level: lifted ? 'info' : 'warning',
        confidence: 'medium',
        message: `${detail}: a core of ${name} is cut off at ${soft} bytes, and no debugger reads a part of one`,
        help: 'write -1: no limit',
        at,
      },
    ];
  }
  if (soft !== 'unknown') return [];
  if (at !== undefined && coreLimit.refused === true) {
    return [
      {
        confidence: 'high',
        message: `${name} never starts: ${detail}`,
        help:
          coreLimit.instead ??
          HELP[supervisor] ??
          'write `-c =` for s6-softlimit and softlimit; before chpst, `ulimit -S -c "$(ulimit -H -c)"`',
        at,
      },
    ];
  }
  const lifts = hasModule(project, service);
  if (at !== undefined || command === undefined || lifts) return [];
  if (supervisor === ENGINE && command.value.server !== undefined) {
    return [
      {
        level: 'unknown',
        confidence: 'low',
        message: `the container engine decides the core limit of ${name}: docker lets cores through as it is installed, podman hands on that of its own caller, mostly 0`,
        help: 'write ulimits: {core: -1}',
        at: command.at,
      },
    ];
  }
  if (!INHERITING.has(supervisor)) return [];
  return [
    {
      level: 'unknown',
      confidence: 'medium',
      message: `nothing lifts the soft core limit of ${name}, which is 0 nearly everywhere: ${detail}`,
      help: `grep core /proc/PID/limits on the host; ${typedCommand(`unit ${supervisor}`)} prints the line that lifts it`,
      at: command.at,
    },
  ];
}
