import { nearest } from './nearest.ts';
import type { Rule } from './rule.ts';
import { keysOf, sectionsOf } from './systemd-keys.ts';
import { unitServices } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC020',
  slug: 'unknown-unit-key',
  level: 'error',
  summary: 'systemd does not know this key and ignores the line',
  check: (project) =>
    unitServices(project).flatMap(({ service }) =>
      (service.unit?.entries ?? []).flatMap(({ section, key, keyAt, value }) => {
        const keys = keysOf(section);
        // X-…: for other programs (systemd.unit(5)); another section is not for services
        if (keys.length === 0 || key.startsWith('X-') || sectionsOf(key).length > 0) return [];
        const meant = nearest(key, keys);
        return [
          {
            // without a likely meaning it may be a key of a systemd that is newer than this table
            level: meant === undefined ? ('warning' as const) : ('error' as const),
            confidence: meant === undefined ? ('medium' as const) : ('high' as const),
            message: `systemd does not know ${key}=: it ignores the line, with no more than a warning in its log`,
            help:
              meant === undefined ? 'look the key up in systemd.directives(7)' : `write ${meant}=${value}`,
            at: keyAt,
            ...(meant === undefined
              ? {}
              : { fix: { file: keyAt.file, start: keyAt.start, end: keyAt.end, text: meant } }),
          },
        ];
      }),
    ),
};
