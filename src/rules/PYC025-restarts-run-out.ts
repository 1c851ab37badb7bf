import { endsWithWorker } from './ends-with-worker.ts';
import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC025',
  slug: 'restarts-run-out',
  level: 'warning',
  summary: 'the container is started again so many times in its life, and then stays down',
  check: (project) =>
    project.services.flatMap((service) => {
      const { givesUp, afterAbort } = service.restart;
      if (givesUp === undefined || givesUp.withinSeconds !== undefined || afterAbort !== true) return [];
      if (!endsWithWorker(service)) return [];
      return [
        {
          confidence: 'high' as const,
          message: `crash ${givesUp.ends} of ${service.name} is its last: the restarts are counted for as long as the container is there, however far apart`,
          help: 'write restart: unless-stopped',
          at: givesUp.at,
        },
      ];
    }),
};
