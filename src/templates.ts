import { readFileSync } from 'node:fs';
import nunjucks from 'nunjucks';
import { packageFile } from './package-files.ts';

const FOLDER = packageFile('templates/');

let environment: nunjucks.Environment | undefined;
let htmlEnvironment: nunjucks.Environment | undefined;

/**
 * Renders `templates/<name>` with `context`.
 *
 * Output is plain text: nothing is escaped, an unknown variable is an error,
 * and block tags take their whole line with them.
 */
export function render(name: string, context: Record<string, unknown>): string {
  environment ??= new nunjucks.Environment(new nunjucks.FileSystemLoader(FOLDER), {
    autoescape: false,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  });
  return environment.render(name, context);
}

/** Renders the page `templates/<name>`: like `render`, but every value is escaped for HTML. */
export function renderHtml(name: string, context: Record<string, unknown>): string {
  htmlEnvironment ??= new nunjucks.Environment(new nunjucks.FileSystemLoader(FOLDER), {
    autoescape: true,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  });
  return htmlEnvironment.render(name, context);
}

/** The text of `templates/<name>` as it is. */
export function templateText(name: string): string {
  return readFileSync(FOLDER + name, 'utf8');
}
