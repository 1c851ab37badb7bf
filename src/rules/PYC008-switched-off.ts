import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC008',
  slug: 'switched-off',
  level: 'warning',
  summary: 'the service switches crash handling off',
  check: (project) =>
    project.services.flatMap(({ name, environment }) => {
      const off = environment.get('PYCRASH');
      if (off === undefined || !/^(0|no|off|false)$/i.test(off.value)) return [];
      return [
        {
          confidence: 'high' as const,
          message: `PYCRASH=${off.value} switches the generated module off in ${name}: no exception leaves a core`,
          help: 'take the variable out',
          at: off.at,
        },
      ];
    }),
};
