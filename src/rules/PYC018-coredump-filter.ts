import type { Rule } from './rule.ts';
import { lastingUnits } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC018',
  slug: 'coredump-filter',
  level: 'error',
  summary: 'CoredumpFilter= leaves the heap out of the core',
  check: (project) =>
    lastingUnits(project).flatMap(({ keys }) => {
      const entry = keys.entry('CoredumpFilter');
      if (entry === undefined || hasHeap(entry.value)) return [];
      return [
        {
          confidence: 'high',
          message: `CoredumpFilter=${entry.value} leaves private anonymous memory out: that is where every Python object is`,
          help: 'take CoredumpFilter= out (the default is fine), or add private-anonymous',
          at: entry.at,
        },
      ];
    }),
};

/** Bit 0 of the mask is private-anonymous (core(5), systemd.exec(5)). A mask is hexadecimal; words stand alone or with it. */
function hasHeap(value: string): boolean {
  return value.split(/\s+/).some((word) => {
    if (/^(private-anonymous|all|default)$/.test(word)) return true;
    return /^(0x)?[0-9a-f]+$/i.test(word) && Number.parseInt(word, 16) % 2 === 1;
  });
}
