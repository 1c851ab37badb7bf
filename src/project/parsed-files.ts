import type { Parser } from 'web-tree-sitter';
import { parsePython, type PythonFile } from './readers/python/syntax.ts';
import type { Sources } from './sources.ts';

const parsedOf = new WeakMap<Sources, Map<string, PythonFile | undefined>>();

/** Parses Python files of the tree, each once; undefined where there is none, or none that can be read. */
export function parsedFiles(sources: Sources, parser: Parser): (path: string) => PythonFile | undefined {
  const parsed = parsedOf.get(sources) ?? new Map<string, PythonFile | undefined>();
  parsedOf.set(sources, parsed);
  return (path) => {
    if (!parsed.has(path)) {
      const file = sources.read(path);
      parsed.set(path, file === undefined ? undefined : parsePython(parser, file));
    }
    return parsed.get(path);
  };
}
