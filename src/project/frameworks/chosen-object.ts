import type { FoundObject } from './objects.ts';
import type { Meaning, PythonNames } from './python-names.ts';
import type { Syntax } from '../readers/python/syntax.ts';
import { statementsOf } from './blocks.ts';
import type { Named } from './named-application.ts';
import { assignedNames } from './python-names.ts';

/**
 * The objects that are deployed: those that start commands name (`named`, the surer ones first), and those that
 * programs import which services run (`programs`, files of the tree), directly or through modules and functions that lead to them. In an import root of which none names one it is the one
 * with the most usual name and place; beside others that are named, or that are no object (`alone` is false), only where
 * the root `isProject` of its own.
 */
export function choose(
  objects: readonly FoundObject[],
  named: readonly (readonly Named[])[],
  names: PythonNames,
  {
    alone,
    isProject,
    programs = [],
  }: { alone: boolean; isProject: (root: string) => boolean; programs?: readonly string[] },
): FoundObject[] {
  const lead = (some: readonly Named[]): FoundObject[] => some.flatMap((one) => ledToBy(one, objects, names));
  const started = new Set([
    ...(named.map(lead).find((found) => found.length > 0) ?? []),
    ...programs.flatMap((program) => importedBy(program, objects, names)),
  ]);
  const chosen = new Map<string, FoundObject>();
  const known = new Set([...started].map(({ importRoot }) => importRoot));
  for (const object of [...objects].sort((a, b) => rank(a) - rank(b))) {
    const { importRoot } = object;
    if (known.has(importRoot) || chosen.has(importRoot)) continue;
    if ((alone && started.size === 0) || isProject(importRoot)) chosen.set(importRoot, object);
  }
  const others = [...chosen.values()];
  return started.size === 0
    ? others
    : objects.filter((object) => started.has(object) || others.includes(object));
}

/** The objects that a name leads to: of the nearest folder that has such a module, else of any import root. */
export function ledToBy(
  { name, folders }: Named,
  objects: readonly FoundObject[],
  names: PythonNames,
): FoundObject[] {
  const [module = ''] = name.split(':');
  const near = folders.find((folder) => names.isIn(module, folder));
  const found = near === undefined ? undefined : startedBy(name, near, objects, names);
  if (found !== undefined) return [found];
  const roots = [...new Set(objects.map(({ importRoot }) => importRoot))];
  return roots.flatMap((root) => startedBy(name, root, objects, names) ?? []);
}

/** The objects in the modules that a program imports, of the nearest modules that have any. */
export function importedBy(
  program: string,
  objects: readonly FoundObject[],
  names: PythonNames,
): FoundObject[] {
  let level = [program];
  const seen = new Set<string>();
  while (level.length > 0 && seen.size < MOST_MODULES) {
    const found = objects.filter(
      ({ points, unlikely }) => unlikely < UNLIKELY && level.includes(points[0].file),
    );
    if (found.length > 0) return found;
    for (const path of level) seen.add(path);
    level = [...new Set(level.flatMap((path) => names.importedBy(path)))].filter((path) => !seen.has(path));
  }
  return [];
}

const MOST_MODULES = 300;

/** What a class keeps is served by what makes the class; what is bottle's default, by nothing else. */
const UNLIKELY = 160;

/** The object that `name`, e.g. `shop:create_app()` or `wsgi:app`, leads to where imports begin in `root`. */
function startedBy(
  name: string,
  root: string,
  objects: readonly FoundObject[],
  names: PythonNames,
): FoundObject | undefined {
  const [module = '', object = ''] = name.split(':');
  const wanted = object.replace(/\(.*$/s, '');
  for (const one of wanted === '' ? ['application', 'app'] : [wanted]) {
    const found = ledTo(names.inModule(module, one.split('.'), root), objects, names);
    if (found !== undefined) return found;
  }
  // a file of any name, for mod_wsgi and uWSGI's wsgi-file
  for (const file of names.filesAt(module)) {
    const found = ledTo(names.meaning(file, wanted === '' ? 'application' : wanted), objects, names);
    if (found !== undefined) return found;
  }
  const path = names.find(module, root);
  return wanted === '' ? objects.find(({ points }) => points[0].file === path) : undefined;
}

/** The first object on the way from a name through what it is made of, the nearest one first. */
function ledTo(
  start: Meaning | undefined,
  objects: readonly FoundObject[],
  names: PythonNames,
): FoundObject | undefined {
  const byKey = new Map(
    objects.map((object) => [
      `${object.points[0].file}:${object.points[0].object?.replace('()', '')}`,
      object,
    ]),
  );
  for (const meaning of wayFrom(start, names)) {
    const found = 'path' in meaning ? byKey.get(`${meaning.path}:${meaning.name}`) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a name means, then what that is made of, and so on; each once, the nearest first. */
export function* wayFrom(start: Meaning | undefined, names: PythonNames): Generator<Meaning, void> {
  const waiting = [start];
  const seen = new Set<string>();
  while (waiting.length > 0 && seen.size < 200) {
    const meaning = waiting.shift();
    if (meaning === undefined) continue;
    if ('external' in meaning) {
      yield meaning;
      continue;
    }
    const key = `${meaning.path}:${meaning.name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    yield meaning;
    for (const definition of meaning.definitions) {
      for (const name of madeOf(definition)) waiting.push(names.meaning(meaning.path, name));
    }
  }
}

/** The names in an expression; of a function those in what it returns, and then those in the rest of it. */
function madeOf(definition: Syntax): string[] {
  if (definition.type === 'class_definition') return [];
  const body = definition.type === 'function_definition' ? definition.field('body') : undefined;
  if (body === undefined) return namesIn(definition.text);
  const statements = statementsOf(body).map(({ statement }) => statement);
  const returned = statements
    .filter(({ type }) => type === 'return_statement')
    .flatMap(({ text }) => namesIn(text));
  const assigned = statements
    .flatMap(assignedNames)
    .filter(({ name }) => returned.includes(name))
    .flatMap(({ value }) => namesIn(value.text));
  return [...returned, ...assigned, ...namesIn(body.text)];
}

function namesIn(source: string): string[] {
  const code = source.replaceAll(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*/g, ' ');
  return [...new Set(code.match(/(?<![.\w])[A-Za-z_]\w*(?:\.\w+)*/g))];
}

/** The smaller, the more usual are the name and the place of an object. */
export function rank({ points: [point], unlikely }: FoundObject): number {
  const usual = /(^|\.)(app|main|wsgi|asgi|application|server|celery|celery_app)$/.test(point.module) ? 0 : 2;
  const name = /^(app|application|create_app\(\)|make_app\(\)|get_app\(\))$/.test(point.object ?? '') ? 0 : 1;
  return usual + name + point.module.split('.').length * 4 + unlikely;
}
