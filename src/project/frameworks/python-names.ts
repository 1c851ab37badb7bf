import { assignmentOf } from '../entry-points.ts';
import { lastParts } from '../deployed-paths.ts';
import { findModule, join, moduleName } from '../python-modules.ts';
import type { PythonFile, Syntax } from '../readers/python/syntax.ts';
import { statementsOf } from './blocks.ts';

/** What a name stands for: something that a module of the tree defines, or something of a module that is not there. */
export type Meaning = { path: string; name: string; definitions: readonly Syntax[] } | { external: string };

interface Scope {
  /** By the local name: the module, and the name in it where it is `from module import name`. */
  imports: ReadonlyMap<string, { module: string; name?: string }>;
  stars: readonly string[];
  /** Modules that are imported by themselves: `import shop.web`. */
  modules: readonly string[];
  definitions: ReadonlyMap<string, readonly Syntax[]>;
}

/** Follows imports from module to module, to where a name is defined. */
export class PythonNames {
  readonly #files: ReadonlySet<string>;
  readonly #parse: (path: string) => PythonFile | undefined;
  readonly #rootOf: (path: string) => string;
  readonly #roots: readonly string[];
  readonly #scopes = new Map<string, Scope | undefined>();

  /** `rootOf`: the folder that Python imports a file from; `roots`: folders that an image may have put beside it. */
  constructor(
    files: ReadonlySet<string>,
    parse: (path: string) => PythonFile | undefined,
    rootOf: (path: string) => string,
    roots: readonly string[] = [],
  ) {
    this.#roots = roots;
    this.#files = files;
    this.#parse = parse;
    this.#rootOf = rootOf;
  }

  /** The file of a module as seen from a folder of imports, from the root, and from their `src`. */
  find(module: string, root: string): string | undefined {
    if (!/^[^\s./]+(\.[^\s./]+)*$/.test(module)) return undefined;
    for (const each of [root, join(root, 'src'), '', 'src', ...this.#roots]) {
      const found = findModule(this.#files, each, module);
      if (found !== undefined) return found.path;
    }
    return undefined;
  }

  /** Is there such a module in this very folder, or in its `src`? */
  isIn(module: string, folder: string): boolean {
    return (
      /^[^\s./]+(\.[^\s./]+)*$/.test(module) &&
      [folder, join(folder, 'src')].some((each) => findModule(this.#files, each, module) !== undefined)
    );
  }

  /** The file that a path of the running system ends in, where it has to do with Python by its ending: `/srv/shop/shop.wsgi`. */
  filesAt(path: string): string[] {
    if (!/\.(wsgi|py)$/.test(path)) return [];
    return lastParts(path)
      .filter((part) => this.#files.has(part))
      .slice(0, 1);
  }

  /** The names of a module that may stand for a class that `isKnown` by its name: other names for it, what derives from it. */
  classNames(path: string, isKnown: (code: string) => boolean): string[] {
    const scope = this.#scope(path);
    if (scope === undefined) return [];
    const imported = [...scope.imports].filter(([, { name }]) => name !== undefined && isKnown(name));
    const defined = [...scope.definitions].filter(([, nodes]) =>
      nodes.some((node) => {
        if (node.type === 'class_definition') return isKnown(node.field('superclasses')?.text ?? '');
        return /^(identifier|attribute)$/.test(node.type) && isKnown(node.text);
      }),
    );
    return [...imported, ...defined].map(([name]) => name);
  }

  /** The files of the tree that a file imports, at module level and in its functions. */
  importedBy(path: string): string[] {
    const scope = this.#scope(path);
    const root = this.#rootOf(path);
    const named = [...(scope?.imports.values() ?? [])].map(({ module, name }) =>
      name === undefined ? [module] : [`${module}.${name}`, module],
    );
    // uvicorn.Config('shop.web:app') imports it, too
    const text = scope === undefined ? '' : (this.#parse(path)?.module.text ?? '');
    const strings = [...text.matchAll(/['"]([A-Za-z_][\w.]*):[A-Za-z_]\w*(?:\(\))?['"]/g)].map(
      ([, module = '']) => module,
    );
    const others = [...(scope?.stars ?? []), ...(scope?.modules ?? []), ...strings];
    return [...named, ...others.map((module) => [module])].flatMap((candidates) =>
      candidates.flatMap((module) => this.find(module, root) ?? []).slice(0, 1),
    );
  }

  /** What `name`, which may have dots, means at the end of the file; undefined for a built-in and what is nowhere. */
  meaning(path: string, name: string, depth = 0): Meaning | undefined {
    const scope = depth > 20 ? undefined : this.#scope(path);
    if (scope === undefined) return undefined;
    const [head = '', ...rest] = name.split('.');
    const definitions = scope.definitions.get(head);
    if (definitions !== undefined) return { path, name, definitions };
    const imported = scope.imports.get(head);
    if (imported !== undefined) {
      const names = imported.name === undefined ? rest : [imported.name, ...rest];
      return this.inModule(imported.module, names, this.#rootOf(path), depth + 1);
    }
    const fromStars = scope.stars.flatMap(
      (module) => this.inModule(module, [head, ...rest], this.#rootOf(path), depth + 1) ?? [],
    );
    return fromStars.find((one) => 'path' in one) ?? fromStars[0];
  }

  /** What the names, one in the other, mean in a module, e.g. `['app', 'Flask']`; `root` is where imports begin. */
  inModule(module: string, names: readonly string[], root: string, depth = 0): Meaning | undefined {
    for (let inner = names.length - 1; inner >= 0; inner--) {
      const found = this.find([module, ...names.slice(0, inner)].join('.'), root);
      if (found !== undefined) return this.meaning(found, names.slice(inner).join('.'), depth + 1);
    }
    if (this.find(module, root) !== undefined) return undefined;
    return { external: [module, ...names].join('.') };
  }

  #scope(path: string): Scope | undefined {
    if (!this.#scopes.has(path)) {
      const python = this.#parse(path);
      this.#scopes.set(path, python === undefined ? undefined : this.#read(path, python));
    }
    return this.#scopes.get(path);
  }

  #read(path: string, python: PythonFile): Scope {
    const imports = new Map<string, { module: string; name?: string }>();
    const stars: string[] = [];
    const modules: string[] = [];
    const definitions = new Map<string, Syntax[]>();
    const define = (name: string | undefined, node: Syntax): void => {
      if (name !== undefined) definitions.set(name, [...(definitions.get(name) ?? []), node]);
    };
    const own = moduleName(this.#rootOf(path), path);
    const around = path.endsWith('__init__.py') ? own : own.split('.').slice(0, -1).join('.');
    for (const { statement } of statementsOf(python.module)) {
      const definition =
        statement.type === 'decorated_definition' ? statement.field('definition') : statement;
      if (definition?.type === 'class_definition' || definition?.type === 'function_definition')
        define(definition.field('name')?.text, definition);
      for (const { name, value } of assignedNames(statement)) define(name, value);
    }
    // those in functions, too: what they name is the same in the whole file
    for (const node of importsIn(python.module)) {
      if (node.type === 'import_statement') {
        for (const part of node.named) {
          const dotted = (part.field('name') ?? part).text;
          const alias = part.field('alias')?.text;
          modules.push(dotted);
          imports.set(alias ?? dotted.split('.')[0] ?? '', {
            module: alias === undefined ? (dotted.split('.')[0] ?? '') : dotted,
          });
        }
        continue;
      }
      const from = node.field('module_name');
      const module = absolute(from?.text.replaceAll(/\s/g, '') ?? '', around);
      if (node.child('wildcard_import') !== undefined) stars.push(module);
      for (const part of node.named) {
        if (part.start === from?.start || part.type === 'wildcard_import') continue;
        const name = (part.field('name') ?? part).text;
        imports.set(part.field('alias')?.text ?? name, { module, name });
      }
    }
    return { imports, stars, modules, definitions };
  }
}

/** The plain names that a statement assigns to, `a = b = value` too. */
export function assignedNames(statement: Syntax): { name: string; value: Syntax }[] {
  const found = assignmentOf(statement);
  const names: string[] = [];
  let value = statement.type === 'expression_statement' ? statement.child('assignment') : undefined;
  if (found === undefined && value?.field('right')?.type !== 'assignment') return [];
  while (value?.type === 'assignment') {
    const left = value.field('left');
    if (left?.type === 'identifier') names.push(left.text);
    value = value.field('right');
  }
  const last = value;
  return last === undefined ? [] : names.map((name) => ({ name, value: last }));
}

function importsIn(node: Syntax): Syntax[] {
  if (node.type === 'import_statement' || node.type === 'import_from_statement') return [node];
  if (!/^[ \t]*(import|from)\b/m.test(node.text)) return [];
  return /^(module|block)$|_statement$|_clause$|_definition$/.test(node.type) &&
    node.type !== 'expression_statement'
    ? node.named.flatMap(importsIn)
    : [];
}

/** `..views` in the package `shop.web` is `shop.views`. */
function absolute(module: string, around: string): string {
  const dots = /^\.*/.exec(module)?.[0].length ?? 0;
  if (dots === 0) return module;
  const parts = around === '' ? [] : around.split('.');
  const base = parts.slice(0, parts.length - (dots - 1));
  return [...base, ...(module.length > dots ? [module.slice(dots)] : [])].join('.');
}
