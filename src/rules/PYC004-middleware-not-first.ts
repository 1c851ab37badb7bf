import { productionSettings } from '../project/production-settings.ts';
import type { StaticValue } from '../project/project.ts';
import type { Rule } from './rule.ts';
import { isOurMiddleware } from './wired.ts';

export const rule: Rule = {
  id: 'PYC004',
  slug: 'middleware-not-first',
  level: 'info',
  summary: 'AbortOnUncaughtExceptionMiddleware is not the first entry of MIDDLEWARE',
  check: (project) =>
    project.applications.flatMap((application) =>
      productionSettings(application).flatMap(({ module, middleware }) => {
        const elements = middleware?.elements ?? [];
        const place = elements.findIndex(({ value }) => isOurMiddleware(value));
        const other = elements.slice(0, Math.max(0, place)).find(({ byDefault }) => byDefault !== false);
        const own = elements[place];
        if (other === undefined || own === undefined) return [];
        return [
          {
            confidence: other.byDefault === true ? ('high' as const) : ('medium' as const),
            message: `in ${module} ${nameOf(other.value)} comes before the middleware, which init puts first; crashes are seen there too`,
            help: 'move the middleware to the first place, or say with a comment why another entry has to be there',
            at: own.at,
          },
        ];
      }),
    ),
};

function nameOf(value: StaticValue): string {
  return value.kind === 'string' ? value.value : 'an entry that is not known';
}
