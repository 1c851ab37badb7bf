import type { Sources } from '../sources.ts';
import type { Framework } from './framework.ts';
import type { Meaning, PythonNames } from './python-names.ts';
import type { PythonFile } from '../readers/python/syntax.ts';

/** Too common to say anything without the name of their module. */
const COMMON = /^(app|default_app|App|FlaskApp|Application|API|run|\w*Worker)$/;

interface Word {
  word: string;
  pattern: RegExp;
  module?: string;
}

/** What `files` looks for at first, for `Sources.lookFor`. */
export function wordsOf(frameworks: readonly Framework[]): string[] {
  return frameworks.flatMap(({ constructors, methods = [] }) => [
    ...methods,
    ...Object.entries(constructors).flatMap(([module, classes]) =>
      classes.map((name) => (COMMON.test(name) ? (module.split('.')[0] ?? '') : name)),
    ),
  ]);
}

function wordOf(word: string, module: string | undefined): Word {
  const pattern = new RegExp(String.raw`\b${word}\b`);
  return module === undefined ? { word, pattern } : { word, pattern, module };
}

/** Which calls make an application: of the classes of frameworks, and of those in the tree that derive from them. */
export class Constructors {
  readonly #names: PythonNames;
  readonly #external = new Map<string, Framework>();
  readonly #derived = new Map<string, Framework | undefined>();
  readonly #methods = new Map<string, Framework>();
  readonly #byName: Framework[] = [];
  readonly #words: Word[] = [];
  readonly #isThere: (framework: Framework) => boolean;

  /** `isThere`: is a framework, of which only a method would be seen, used at all? */
  constructor(
    frameworks: readonly Framework[],
    names: PythonNames,
    isThere: (framework: Framework) => boolean,
  ) {
    this.#names = names;
    this.#isThere = isThere;
    for (const framework of frameworks) {
      for (const method of framework.methods ?? []) {
        this.#methods.set(method, framework);
        this.#words.push(wordOf(method, undefined));
      }
      for (const [module, classes] of Object.entries(framework.constructors)) {
        for (const name of classes) {
          this.#external.set(`${module}.${name}`, framework);
          const top = module.split('.')[0];
          this.#words.push(wordOf(name, COMMON.test(name) ? top : undefined));
        }
      }
      if (framework.derived !== undefined) {
        const [word = ''] = Object.values(framework.constructors)[0] ?? [];
        if (!COMMON.test(word))
          this.#words.push({ word, pattern: new RegExp(String.raw`\b[A-Z]\w*${word}\b`) });
        this.#byName.push(framework);
      }
    }
  }

  /** May a piece of code of a file make an application, by the names in it? */
  mayBeIn(code: string, file: string): boolean {
    return this.#words.some(
      ({ pattern, module }) => pattern.test(code) && (module === undefined || file.includes(module)),
    );
  }

  /** The framework whose application a call of `name`, any expression, in the file makes. */
  of(path: string, name: string): Framework | undefined {
    if (!this.#words.some(({ pattern }) => pattern.test(name))) return undefined;
    const meaning = this.#names.meaning(path, name);
    const [, object = '', method = ''] = /^(.*)\.(\w+)$/s.exec(name) ?? [];
    const framework = this.#methods.get(method);
    if (framework === undefined) return this.#derivedFrom(meaning, 0);
    // a function of a module, e.g. prometheus_client.make_wsgi_app, and a method of the same name that goes on to its base
    const isOther = (meaning !== undefined && 'external' in meaning) || /^super\b/.test(object);
    return isOther || !this.#isThere(framework) ? undefined : framework;
  }

  /** The Python files that may make an application, parsed; those that only a derived class of the tree tells, too. */
  files(
    sources: Sources,
    paths: readonly string[],
    parse: (path: string) => PythonFile | undefined,
  ): Map<string, PythonFile> {
    const found = new Map<string, PythonFile>();
    let words = this.#words;
    // a class that derives from a class that derives …
    for (let step = 0; step < 5 && words.length > 0 && paths.length > 0; step++) {
      const derived = new Set<string>();
      const asked = [...new Set(words.map(({ word, module }) => module ?? word))];
      sources.lookFor(asked);
      for (const path of paths) {
        if (found.has(path)) continue;
        const file = sources.containing(path, asked);
        if (file === undefined || file.path !== path) continue;
        const { text } = file;
        const named = words.some(
          ({ pattern, module }) => pattern.test(text) && (module === undefined || text.includes(module)),
        );
        const python = named ? parse(path) : undefined;
        if (python === undefined) continue;
        found.set(path, python);
        for (const name of this.#names.classNames(path, (code) => this.mayBeIn(code, text))) {
          if (this.#derivedFrom(this.#names.meaning(path, name), 0) !== undefined) derived.add(name);
        }
      }
      words = [...derived]
        .filter((name) => !this.#words.some(({ word }) => word === name))
        .map((word) => wordOf(word, undefined));
      this.#words.push(...words);
    }
    return found;
  }

  #derivedFrom(meaning: Meaning | undefined, depth: number): Framework | undefined {
    if (meaning === undefined || depth > 20) return undefined;
    if ('external' in meaning) {
      const { external } = meaning;
      return (
        this.#external.get(external) ?? this.#byName.find(({ derived }) => derived?.test(external) === true)
      );
    }
    const { path, name, definitions } = meaning;
    if (name.includes('.')) return undefined;
    const key = `${path}:${name}`;
    if (this.#derived.has(key)) return this.#derived.get(key);
    this.#derived.set(key, undefined); // a circle
    const definition = definitions.at(-1);
    const bases =
      definition?.type === 'class_definition'
        ? (definition.field('superclasses')?.named ?? [])
        : definition?.type === 'identifier' || definition?.type === 'attribute'
          ? [definition]
          : [];
    const framework = bases
      .map((base) => this.#derivedFrom(this.#names.meaning(path, base.text), depth + 1))
      .find((one) => one !== undefined);
    this.#derived.set(key, framework);
    return framework;
  }
}
