import { exampleOf, isIgnored, valuesOf } from '../project/unit-values.ts';
import { nearest } from './nearest.ts';
import type { Rule } from './rule.ts';
import { unitServices } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC019',
  slug: 'unknown-unit-value',
  level: 'error',
  summary: 'systemd does not know this value and ignores the line',
  check: (project) =>
    unitServices(project).flatMap(({ service }) =>
      (service.unit?.entries ?? []).flatMap(({ key, value, at }) => {
        if (value === '' || !isIgnored(key, value)) return [];
        const values = valuesOf(key);
        const meant = values === undefined ? undefined : nearest(value, values);
        const help =
          meant === undefined
            ? `write ${values === undefined ? `for example ${key}=${exampleOf(key)}` : `one of ${values.filter((known) => known.length > 1).join(', ')}`}`
            : `write ${key}=${meant}`;
        return [
          {
            confidence: 'high',
            message: `systemd does not know ${key}=${value}: it ignores the line, with no more than a warning in its log`,
            help,
            at,
            ...(meant === undefined
              ? {}
              : { fix: { file: at.file, start: at.start, end: at.end, text: meant } }),
          },
        ];
      }),
    ),
};
