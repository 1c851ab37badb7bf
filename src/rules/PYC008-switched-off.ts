import { productionSettings } from '../project/production-settings.ts';
import { pycrashOption } from './pycrash-options.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const rule: Rule = {
  id: 'PYC008',
  slug: 'switched-off',
  level: 'warning',
  summary: 'production switches crash handling off',
  check: ({ services, applications }) => {
    const findings: RuleFinding[] = services.flatMap(({ name, environment, notes }) => {
      const off = environment.get('PYCRASH') ?? environment.get('PYCRASH_MODE');
      // PYC052 asks for it
      if (off?.value === 'log' && notes.some(({ code }) => code === 'platform-core')) return [];
      return off === undefined || !/^(0|no|off|false|log)$/i.test(off.value)
        ? []
        : [finding(`the environment of ${name}`, off.value, off.at)];
    });
    for (const settings of applications.flatMap(productionSettings)) {
      const mode = pycrashOption(settings, 'MODE');
      if (mode?.value.kind === 'string' && /^(off|log)$/.test(mode.value.value))
        findings.push(finding(settings.module, mode.value.value, mode.at));
    }
    return findings;
  },
};

function finding(where: string, value: string, at: RuleFinding['at']): RuleFinding {
  return {
    confidence: 'high',
    message: `${where} sets the mode of the generated module to ${value}: no exception leaves a core`,
    help: "take it out (the mode is then 'abort'), or use 'fork' for a core without an outage",
    at,
  };
}
