import type { Project, Service } from '../project/project.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { hasModule } from './wired.ts';

export const rule: Rule = {
  id: 'PYC023',
  slug: 'supervised-core-limit',
  level: 'error',
  summary: 'the start script or container lets no core be written, or nothing there lifts the limit',
  check: (project) => project.services.flatMap((service) => lookAt(service, project)),
};

/** These hand their own soft limit on, which is 0 nearly everywhere. */
const INHERITING = new Set(['supervisord', 'runit', 's6', 'daemontools', 'openrc', 'circus']);

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
  if (soft === 0 && at !== undefined) {
    return [
      {
        confidence: 'high',
        message: `the core limit of ${name} is set to 0: the kernel writes no core`,
        help: 'take the line out, or raise the limit there',
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
  if (at !== undefined || command === undefined || lifts || !INHERITING.has(supervisor)) return [];
  return [
    {
      level: 'unknown',
      confidence: 'medium',
      message: `nothing lifts the soft core limit of ${name}, which is 0 nearly everywhere: ${detail}`,
      help: `grep core /proc/PID/limits on the host; pycrash unit ${supervisor} prints the line that lifts it`,
      at: command.at,
    },
  ];
}
