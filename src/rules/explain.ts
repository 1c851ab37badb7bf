import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { usageError } from '../errors.ts';
import { RULES } from './index.generated.ts';

/** The page of a rule; throws a usage error where there is no such rule. */
export function explain(id: string): string {
  const rule = RULES.find((known) => known.id === id.toUpperCase());
  if (rule === undefined) {
    throw usageError(`there is no rule ${id}`, `the rules are ${RULES.map((known) => known.id).join(', ')}`);
  }
  // Written beside the bundle by .build/bundle.mjs.
  const file = fileURLToPath(new URL('rule-pages.json', import.meta.url));
  const pages: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return String(Object.entries(pages ?? {}).find(([name]) => name === rule.id)?.[1]);
}
