import { readFileSync } from 'node:fs';
import nunjucks from 'nunjucks';
import { packageFile } from './package-files.ts';

/** Every file below templates/, by its path there: one file of the package, because npx is as slow as there are files. */
let texts: Record<string, string> | undefined;

function allTexts(): Record<string, string> {
  texts ??= JSON.parse(readFileSync(packageFile('dist/templates.json'), 'utf8')) as Record<string, string>;
  return texts;
}

/** The names of the files in `templates/<folder>` (with `/` at its end), without the folder, sorted. */
export function templateNames(folder: string): string[] {
  return Object.keys(allTexts())
    .filter((name) => name.startsWith(folder))
    .map((name) => name.slice(folder.length))
    .sort();
}

/** The text of `templates/<name>` as it is. */
export function templateText(name: string): string {
  const text = allTexts()[name];
  if (text === undefined) throw new Error(`there is no template ${name}`);
  return text;
}

const LOADER: nunjucks.ILoader = {
  getSource: (name) => ({ src: templateText(name), path: name, noCache: false }),
};

const environments = new Map<boolean, nunjucks.Environment>();

/**
 * Renders `templates/<name>` with `context`.
 *
 * Output is plain text: nothing is escaped, an unknown variable is an error,
 * and block tags take their whole line with them.
 */
export function render(name: string, context: Record<string, unknown>): string {
  return environment(false).render(name, context);
}

/** Renders the page `templates/<name>`: like `render`, but every value is escaped for HTML. */
export function renderHtml(name: string, context: Record<string, unknown>): string {
  return environment(true).render(name, context);
}

function environment(autoescape: boolean): nunjucks.Environment {
  let made = environments.get(autoescape);
  if (made === undefined) {
    const options = { autoescape, throwOnUndefined: true, trimBlocks: true, lstripBlocks: true };
    environments.set(autoescape, (made = new nunjucks.Environment(LOADER, options)));
  }
  return made;
}
