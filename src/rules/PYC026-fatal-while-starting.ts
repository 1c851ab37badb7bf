import { endsWithWorker } from './ends-with-worker.ts';
import type { Rule } from './rule.ts';

/** A server is there after a second or two; from here on it serves while supervisord still calls it starting. */
export const SERVING = 5;

export const rule: Rule = {
  id: 'PYC026',
  slug: 'fatal-while-starting',
  level: 'warning',
  summary:
    'supervisord gives up a program that crashes a few times soon after its start, and startsecs makes that long',
  check: (project) =>
    project.services.flatMap((service) => {
      const { givesUp } = service.restart;
      const { ends, withinSeconds = 0, at } = givesUp ?? { ends: 0, at: undefined };
      if (at === undefined || withinSeconds < SERVING || !endsWithWorker(service)) return [];
      return [
        {
          confidence: 'high' as const,
          message: `${ends === 1 ? 'a crash' : `${ends} crashes in a row, each`} within ${withinSeconds} s of the start ${ends === 1 ? 'leaves' : 'leave'} ${service.name} in FATAL until somebody acts, autorestart or not`,
          help: 'write startsecs=1 (the default), and a startretries that outlasts a crash loop',
          at,
        },
      ];
    }),
};
