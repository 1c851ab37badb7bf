import { sectionsOf } from './systemd-keys.ts';
import type { Rule } from './rule.ts';
import { unitServices } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC014',
  slug: 'key-in-wrong-section',
  level: 'error',
  summary: 'a key stands in a section where systemd does not read it',
  check: (project) =>
    unitServices(project).flatMap(({ service }) =>
      (service.unit?.entries ?? []).flatMap(({ section, key, value, at }) => {
        const sections = sectionsOf(key);
        if (sections.length === 0 || sections.includes(section) || section.startsWith('X-')) return [];
        return [
          {
            confidence: 'high',
            message: `systemd ignores ${key}= in [${section}], with no more than a warning in its log`,
            help: `write ${key}=${value} in [${sections.join('] or [')}]`,
            at,
          },
        ];
      }),
    ),
};
