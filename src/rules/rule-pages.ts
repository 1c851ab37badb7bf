import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The text of every rule's page, by the id of the rule, as .build/bundle.mjs writes it beside the bundle. */
export function rulePages(): Readonly<Record<string, string>> {
  const file = fileURLToPath(new URL('rule-pages.json', import.meta.url));
  const pages: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return Object.fromEntries(Object.entries(pages ?? {}).map(([id, page]) => [id, String(page)]));
}
