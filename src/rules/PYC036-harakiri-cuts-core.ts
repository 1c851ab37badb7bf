import { shortHarakiri } from '../project/servers/uwsgi.ts';
import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC036',
  slug: 'harakiri-cuts-core',
  level: 'warning',
  summary: "uWSGI's harakiri kills the worker while its core is being written",
  check: (project) =>
    project.services.flatMap((service) => {
      const harakiri = shortHarakiri(service);
      if (harakiri === undefined) return [];
      return [
        {
          confidence: 'medium' as const,
          message: `uWSGI kills a worker whose request takes ${harakiri.value} s, and the core is written within the request: what takes longer is cut off`,
          help: 'write harakiri = 30 or more',
          at: harakiri.at,
        },
      ];
    }),
};
