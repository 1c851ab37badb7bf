import type { Parser } from 'web-tree-sitter';
import type { Modules } from './readers/python/run.ts';
import { parsePython, type PythonFile } from './readers/python/syntax.ts';
import type { Sources } from './sources.ts';

/** Finds and parses modules of the tree as Python's import would, from one import root first and then from others. */
export class TreeModules implements Modules {
  readonly #sources: Sources;
  readonly #parser: Parser;
  readonly #roots: readonly string[];
  readonly #parsed: Map<string, PythonFile | undefined>;

  constructor(
    sources: Sources,
    parser: Parser,
    roots: readonly string[],
    parsed: Map<string, PythonFile | undefined>,
  ) {
    this.#sources = sources;
    this.#parser = parser;
    this.#roots = roots;
    this.#parsed = parsed;
  }

  find(module: string): { path: string; isPackage: boolean } | undefined {
    if (!/^[^\s./]+(\.[^\s./]+)*$/.test(module)) return undefined;
    for (const root of this.#roots) {
      const found = findModule(this.#sources.files, root, module);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  parse(path: string): PythonFile | undefined {
    if (this.#parsed.has(path)) return this.#parsed.get(path);
    const file = this.#sources.read(path);
    const parsed = file === undefined ? undefined : parsePython(this.#parser, file);
    this.#parsed.set(path, parsed);
    return parsed;
  }

  glob(pattern: string, from: string): string[] {
    const folder = from.split('/').slice(0, -1);
    const parts = pattern.split('/');
    while (parts[0] === '.' || parts[0] === '..') {
      if (parts[0] === '..') folder.pop();
      parts.shift();
    }
    const path = [...folder, ...parts].join('/');
    if (!/[*?[]/.test(path)) return this.#sources.files.has(path) ? [path] : [];
    const source = path
      .replace(/[.+^${}()|\\]/g, String.raw`\$&`)
      .replaceAll('**/', '(.*/)?')
      .replace(/(?<!\.)\*/g, '[^/]*')
      .replaceAll('?', '.');
    const expression = new RegExp(`^${source.replaceAll('(.*/).', '(.*/)?')}$`);
    return [...this.#sources.files].filter((file) => expression.test(file)).sort();
  }
}

/** The file of a dotted module below an import root; a package is its `__init__.py`. */
export function findModule(
  files: ReadonlySet<string>,
  root: string,
  module: string,
): { path: string; isPackage: boolean } | undefined {
  const path = join(root, module.replaceAll('.', '/'));
  if (files.has(`${path}/__init__.py`)) return { path: `${path}/__init__.py`, isPackage: true };
  if (files.has(`${path}.py`)) return { path: `${path}.py`, isPackage: false };
  return undefined;
}

/** A path below a folder; '' is the root. */
export function join(folder: string, path: string): string {
  return folder === '' ? path : path === '' ? folder : `${folder}/${path}`;
}

/** The folder that a file or folder is in; '' for the root. */
export function parent(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Can an import statement say the dotted name? Files of other names are only loaded by their path. */
export function isImportable(module: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*$/u.test(module);
}

/** The dotted name of a file below an import root. */
export function moduleName(root: string, path: string): string {
  const inside = root === '' ? path : path.slice(root.length + 1);
  return inside
    .replace(/\.py$/, '')
    .replace(/(^|\/)__init__$/, '')
    .replaceAll('/', '.');
}
