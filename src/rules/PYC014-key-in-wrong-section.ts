import { sectionsOf } from './systemd-keys.ts';
import type { UnitKeys } from '../project/unit-keys.ts';
import type { Rule } from './rule.ts';
import { reachedStartLimit } from './start-limit.ts';
import { unitServices } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC014',
  slug: 'key-in-wrong-section',
  level: 'error',
  summary: 'a key stands in a section where systemd does not read it',
  check: (project) =>
    unitServices(project).flatMap(({ service, keys }) =>
      (service.unit?.entries ?? []).flatMap(({ section, key, value, at }) => {
        const sections = sectionsOf(key);
        if (sections.length === 0 || sections.includes(section) || section.startsWith('X-')) return [];
        return [
          {
            confidence: 'high',
            message: `systemd ignores ${key}= in [${section}], with no more than a warning in its log`,
            help: `set ${key}=${right(key, value, keys)} in [${sections.join('] or [')}]`,
            at,
          },
        ];
      }),
    ),
};

/** What to set where systemd reads it: the same, but no interval in which a crash loop uses the starts up (PYC013). */
function right(key: string, value: string, keys: UnitKeys): string {
  const isInterval = key === 'StartLimitIntervalSec' || key === 'StartLimitInterval';
  return isInterval && reachedStartLimit(keys, value) !== undefined ? '0' : value;
}
