import type * as YamlParser from '../../yaml-parser.ts';
import type { Located, Span } from '../project.ts';
import type { SourceFile } from './text.ts';

/** A YAML (or JSON) value as plain data with positions. */
export type YamlValue =
  | { kind: 'scalar'; value: string; at: Span; type: 'string' | 'other' | 'null' }
  | { kind: 'mapping'; entries: readonly YamlEntry[]; at: Span }
  | { kind: 'sequence'; items: readonly YamlValue[]; at: Span };

export interface YamlEntry {
  key: Located<string>;
  value: YamlValue;
}

type Yaml = typeof YamlParser;

let loaded: Yaml | undefined;

/** What `readYaml` throws before the parser is there. */
const NOT_LOADED = new Error('the YAML parser is not loaded');

/**
 * Calls `read`, which may call `readYaml`, and gives its result. The parser is a quarter of the code that reads a
 * repository, and many have no YAML that starts anything: only where `read` asks for it is it loaded, and `read` called
 * a second time.
 */
export async function withYaml<Result>(read: () => Result): Promise<Result> {
  try {
    return read();
  } catch (error) {
    if (error !== NOT_LOADED) throw error;
    loaded = await import('../../yaml-parser.ts');
    return read();
  }
}

/** Deeper than any compose file or manifest. */
const MOST_DEPTH = 60;

/**
 * The documents of a YAML or JSON file. Aliases and merge keys (`<<`) are put in; what the file declares twice keeps
 * its last value. A file that does not parse gives what could be read of it, an empty list at worst.
 * Only for use inside of `withYaml`. `text` stands in for the file's own text, which must have the same length (a masked template).
 */
export function readYaml(file: SourceFile, text: string = file.text): YamlValue[] {
  if (loaded === undefined) throw NOT_LOADED;
  const yaml = loaded;
  try {
    // `maxAliasCount` does not apply to nodes, so aliases are followed here, and shared rather than copied
    const documents = yaml.parseAllDocuments(text, {
      strict: false,
      uniqueKeys: false,
      logLevel: 'silent',
      schema: 'core',
    });
    if (!Array.isArray(documents)) return [];
    const values: YamlValue[] = [];
    for (const document of documents) {
      const value = new Converter(yaml, file, document, text.length).value(document.contents, 0);
      if (value !== undefined) values.push(value);
    }
    return values;
  } catch {
    return [];
  }
}

class Converter {
  readonly #yaml: Yaml;
  readonly #file: SourceFile;
  readonly #document: YamlParser.Document;
  readonly #length: number;
  readonly #known = new Map<object, YamlValue | undefined>();

  constructor(yaml: Yaml, file: SourceFile, document: YamlParser.Document, length: number) {
    this.#yaml = yaml;
    this.#file = file;
    this.#document = document;
    this.#length = length;
  }

  value(node: unknown, depth: number): YamlValue | undefined {
    if (depth > MOST_DEPTH || typeof node !== 'object' || node === null) return undefined;
    if (this.#known.has(node)) return this.#known.get(node);
    // an anchor that holds itself ends here
    this.#known.set(node, undefined);
    const value = this.#convert(node, depth);
    this.#known.set(node, value);
    return value;
  }

  #convert(node: object, depth: number): YamlValue | undefined {
    const { isAlias, isMap, isPair, isScalar, isSeq } = this.#yaml;
    if (isAlias(node)) return this.value(node.resolve(this.#document), depth + 1);
    if (isScalar(node)) {
      const type = node.value === null ? 'null' : typeof node.value === 'string' ? 'string' : 'other';
      const value =
        type === 'other' ? (node.source ?? String(node.value)) : type === 'null' ? '' : String(node.value);
      return { kind: 'scalar', value, at: this.#span(node.range), type };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.value(item, depth + 1));
      return {
        kind: 'sequence',
        items: items.filter((item) => item !== undefined),
        at: this.#span(node.range),
      };
    }
    if (!isMap(node)) return undefined;
    const entries = new Map<string, YamlEntry>();
    const merged: YamlEntry[] = [];
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const key = String(pair.key.value);
      const value = this.value(pair.value, depth + 1) ?? {
        kind: 'scalar',
        value: '',
        at: this.#span(pair.key.range),
        type: 'null',
      };
      if (key === '<<') {
        for (const source of value.kind === 'sequence' ? value.items : [value])
          merged.push(...mappingOf(source));
      } else {
        entries.set(key, { key: { value: key, at: this.#span(pair.key.range) }, value });
      }
    }
    for (const entry of merged) if (!entries.has(entry.key.value)) entries.set(entry.key.value, entry);
    return { kind: 'mapping', entries: [...entries.values()], at: this.#span(node.range) };
  }

  #span(range: readonly number[] | null | undefined): Span {
    const start = Math.min(range?.[0] ?? 0, this.#length);
    const end = Math.min(Math.max(start, range?.[1] ?? start), this.#length);
    return this.#file.span(start, end);
  }
}

/** The entries of a mapping; none for anything else. */
export function mappingOf(value: YamlValue | undefined): readonly YamlEntry[] {
  return value?.kind === 'mapping' ? value.entries : [];
}

/** The items of a sequence; none for anything else. */
export function itemsOf(value: YamlValue | undefined): readonly YamlValue[] {
  return value?.kind === 'sequence' ? value.items : [];
}

/** What stands under the keys, one after the other. */
export function under(value: YamlValue | undefined, ...keys: readonly string[]): YamlValue | undefined {
  let found = value;
  for (const key of keys) found = mappingOf(found).find((entry) => entry.key.value === key)?.value;
  return found;
}

/** The text of a scalar that is not null. */
export function textOf(value: YamlValue | undefined): Located<string> | undefined {
  return value?.kind === 'scalar' && value.type !== 'null' ? { value: value.value, at: value.at } : undefined;
}
