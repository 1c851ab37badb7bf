import { whatToPaste } from '../project/blind-spots.ts';
import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC061',
  slug: 'failures-answered-elsewhere',
  level: 'warning',
  summary: 'a library answers the exceptions of the application itself, so that none of them aborts',
  check: ({ applications, blindSpots }) => {
    const application = applications.find(({ generated }) => generated !== undefined);
    if (application === undefined) return [];
    const unhandled = blindSpots.filter(({ handled }) => !handled);
    return unhandled.map((spot) => ({
      level: spot.does.startsWith('may ') ? ('info' as const) : ('warning' as const),
      confidence: 'medium' as const,
      message: `${spot.name} ${spot.does}: no such exception aborts or is logged by the module`,
      help: whatToPaste(spot, application),
      at: spot.at,
    }));
  },
};
