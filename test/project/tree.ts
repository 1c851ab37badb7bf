import type { Found } from '../../src/project/supervisors/supervisor.ts';
import { SourceFile } from '../../src/project/readers/text.ts';
import { readYaml, withYaml } from '../../src/project/readers/yaml.ts';
import { findServices } from '../../src/project/supervisors/index.ts';
import { Sources } from '../../src/project/sources.ts';
import type { Service, Span } from '../../src/project/project.ts';

/** A repository that is only in memory. */
export function tree(files: Readonly<Record<string, string | Uint8Array>>): Sources {
  const bytes = Object.entries(files).map(([path, content]): [string, Uint8Array] => [
    path,
    typeof content === 'string' ? Buffer.from(content) : content,
  ]);
  return new Sources('/nowhere', [], new Map(bytes));
}

// loads the parser, so that the tests need not wait for it
await withYaml(() => readYaml(new SourceFile('', new Uint8Array())));

export function services(files: Readonly<Record<string, string | Uint8Array>>): Found {
  return findServices({ sources: tree(files), evaluate: () => undefined });
}

/** The one service that is expected. */
export function service(files: Readonly<Record<string, string | Uint8Array>>): Service {
  const found = services(files);
  const [only, ...more] = found.services;
  if (only === undefined || more.length > 0) {
    throw new Error(`not one service: ${JSON.stringify(found.services.map(({ name }) => name))}`);
  }
  return only;
}

/** What a span covers, as `file:line:text`. */
export function source(files: Readonly<Record<string, string | Uint8Array>>, span: Span | undefined): string {
  if (span === undefined) return 'nowhere';
  const text = tree(files).read(span.file)?.text ?? '';
  return `${span.file}:${span.line}:${text.slice(span.start, span.end)}`;
}

/** Every span in a value, however deep. */
export function spansIn(value: unknown, seen = new Set<unknown>()): Span[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  if (value instanceof Map) return [...value.values()].flatMap((inner) => spansIn(inner, seen));
  const own = isSpan(value) ? [value] : [];
  return [...own, ...Object.values(value).flatMap((inner) => spansIn(inner, seen))];
}

function isSpan(value: object): value is Span {
  return 'file' in value && 'start' in value && 'end' in value && 'line' in value;
}
