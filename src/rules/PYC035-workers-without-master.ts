import type { Service } from '../project/project.ts';
import { workersWithoutMaster } from '../project/servers/uwsgi.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const rule: Rule = {
  id: 'PYC035',
  slug: 'workers-without-master',
  level: 'error',
  summary: 'uWSGI has several workers and no master: one that crashed is never replaced',
  check: (project) => project.services.flatMap(lookAt),
};

function lookAt(service: Service): RuleFinding[] {
  const { name, supervisor } = service;
  const count = workersWithoutMaster(service);
  if (count === undefined) return [];
  const message = `uWSGI of ${name} has ${count.value} workers and no master: each that crashes is gone for good, and the supervisor sees the end of the first one alone`;
  // Debian's init script adds /usr/share/uwsgi/conf/default.ini, where the master is on
  const foreign = supervisor === 'unknown';
  return [
    {
      ...(foreign ? { level: 'unknown' as const } : {}),
      confidence: foreign ? 'low' : 'high',
      message: foreign ? `${message}, unless what starts it says master=true` : message,
      help: foreign
        ? 'write master = true; or look on the host: ps -C uwsgi -o pid,ppid, where a master is the parent of the others'
        : 'write master = true (--master)',
      at: count.at,
    },
  ];
}
