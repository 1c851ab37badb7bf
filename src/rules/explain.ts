import { usageError } from '../errors.ts';
import { RULES } from './index.generated.ts';
import { rulePages } from './rule-pages.ts';

/** The page of a rule; throws a usage error where there is no such rule. */
export function explain(id: string): string {
  const rule = RULES.find((known) => known.id === id.toUpperCase());
  const page = rule === undefined ? undefined : rulePages()[rule.id];
  if (page === undefined) {
    throw usageError(`there is no rule ${id}`, `the rules are ${RULES.map((known) => known.id).join(', ')}`);
  }
  return page;
}
