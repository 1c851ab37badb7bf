import type { Parser } from 'web-tree-sitter';
import { assignmentOf, isImported } from '../entry-points.ts';
import type { EntryPoint, Span } from '../project.ts';
import { baseName, moduleName, parent } from '../python-modules.ts';
import { parsePython, type PythonFile, type Syntax } from '../readers/python/syntax.ts';
import type { Sources } from '../sources.ts';
import type { Framework } from './framework.ts';

/** An application object in the tree. */
export interface FoundObject {
  framework: Framework;
  importRoot: string;
  point: EntryPoint;
}

/** Folders and files whose applications nobody deploys. */
const NOT_DEPLOYED =
  /(^|\/)(tests?|testing|docs?|docs_src|examples?|fixtures|samples?|benchmarks?)\/|(^|\/)(conftest|test_[^/]*|[^/]*_test|setup|abort_on_exception)\.py$/;

/** Every `app = Flask(…)` at module level, and in a factory that returns it; in order of framework, path and place. */
export function findObjects(
  sources: Sources,
  parser: Parser,
  frameworks: readonly Framework[],
): FoundObject[] {
  const packages = [...new Set(frameworks.flatMap(packagesOf))];
  const found = frameworks.map((framework) => ({ framework, objects: new Array<FoundObject>() }));
  for (const path of [...sources.files].sort()) {
    if (!path.endsWith('.py') || NOT_DEPLOYED.test(path) || !sources.mayContain(path, packages)) continue;
    const file = sources.read(path);
    if (file === undefined || file.path !== path) continue;
    for (const { framework, objects } of found) {
      if (!isNamed(framework, file.text)) continue;
      const importRoot = rootOf(sources, path, file.text);
      for (const point of pointsIn(parsePython(parser, file), framework, moduleName(importRoot, path)))
        objects.push({ framework, importRoot, point });
    }
  }
  return found.flatMap(({ objects }) => objects);
}

/** Are a package of the framework and a class of it named in the text? */
function isNamed(framework: Framework, text: string): boolean {
  const names = Object.values(framework.constructors).flat();
  return [packagesOf(framework), names].every((words) =>
    new RegExp(String.raw`\b(${words.join('|')})\b`).test(text),
  );
}

function packagesOf({ constructors }: Framework): string[] {
  return [...new Set(Object.keys(constructors).map((module) => module.split('.')[0] ?? module))];
}

/** The folder that Python imports the file from: above its packages, also where one has no `__init__.py` but is imported. */
function rootOf(sources: Sources, path: string, text: string): string {
  let folder = parent(path);
  while (folder !== '' && sources.files.has(`${folder}/__init__.py`)) folder = parent(folder);
  const name = baseName(folder);
  const isNamespace =
    folder !== '' &&
    folder === parent(path) &&
    /^[A-Za-z_]\w*$/.test(name) &&
    new RegExp(String.raw`^[ \t]*(from|import)\s+(${name}\b|\.)`, 'm').test(text);
  return isNamespace ? parent(folder) : folder;
}

function pointsIn(python: PythonFile, framework: Framework, module: string): EntryPoint[] {
  const { file, error } = python;
  const constructors = constructorsIn(python.module, framework);
  if (constructors.size === 0) return [];
  const points: EntryPoint[] = [];
  const unreadable =
    error === undefined
      ? {}
      : { unreadable: `line ${file.span(error.start, error.end).line} is not valid Python 3` };
  for (const statement of python.module.named) {
    const made = madeBy(statement, constructors);
    if (made !== undefined && !isMounted(made.name, file.text)) {
      const place = file.span(statement.start, statement.end);
      const wrapped = callIn(python.module, framework.call, made.name, file.text);
      points.push({
        kind: framework.kind,
        file: file.path,
        module,
        object: made.name,
        assignment: {
          statement: place,
          value: file.span(made.value.start, made.value.end),
          source: made.value.text,
        },
        inPlace: { call: framework.call, target: made.name, statement: place },
        ...(wrapped === undefined ? {} : { wrapped }),
        ...unreadable,
      });
    }
    const point = factoryPoint(statement, constructors, framework, module);
    if (point !== undefined) points.push({ ...point, ...unreadable });
  }
  return points;
}

/** Names in this file that make an application when they are called: `Flask`, `flask.Flask`, an alias. */
function constructorsIn(module: Syntax, { constructors }: Framework): Set<string> {
  const names = new Set<string>();
  for (const statement of module.named) {
    if (statement.type === 'import_statement') {
      for (const part of statement.named) {
        const dotted = (part.field('name') ?? part).text;
        const local = part.field('alias')?.text ?? dotted;
        for (const name of constructors[dotted] ?? []) names.add(`${local}.${name}`);
      }
    } else if (statement.type === 'import_from_statement') {
      const from = statement.field('module_name')?.text ?? '';
      const wanted = constructors[from] ?? [];
      for (const part of statement.named.slice(1)) {
        const name = (part.field('name') ?? part).text;
        const local = part.field('alias')?.text ?? name;
        if (wanted.includes(name)) names.add(local);
        // from aiohttp import web
        for (const inside of constructors[`${from}.${name}`] ?? []) names.add(`${local}.${inside}`);
      }
    }
  }
  return names;
}

function madeBy(
  statement: Syntax,
  constructors: ReadonlySet<string>,
): { name: string; value: Syntax } | undefined {
  const found = assignmentOf(statement);
  const called = found?.value.type === 'call' ? found.value.field('function')?.text : undefined;
  return called !== undefined && constructors.has(called) ? found : undefined;
}

/** A part of another application is watched with it. */
function isMounted(name: string, text: string): boolean {
  return new RegExp(String.raw`\b[mM]ount\((?:[^()]|\([^()]*\))*?[,(=]?\s*\b${name}\s*[,)]`).test(text);
}

/** A function at module level that makes an application and returns it by one `return` at its end. */
function factoryPoint(
  statement: Syntax,
  constructors: ReadonlySet<string>,
  framework: Framework,
  module: string,
): EntryPoint | undefined {
  const definition = statement.type === 'decorated_definition' ? statement.field('definition') : statement;
  if (definition?.type !== 'function_definition') return undefined;
  const body = definition.field('body')?.named ?? [];
  const made = body.map((inner) => madeBy(inner, constructors)).find((one) => one !== undefined);
  const last = body.at(-1);
  const name = definition.field('name')?.text;
  if (made === undefined || name === undefined || last?.type !== 'return_statement') return undefined;
  const { file } = definition;
  const returned = last.named[0]?.text;
  const wrapped = callIn(definition.field('body'), framework.call, made.name, file.text);
  return {
    kind: framework.kind,
    file: file.path,
    module,
    object: `${name}()`,
    inPlace: {
      call: framework.call,
      target: made.name,
      statement: file.span(last.start, last.end),
      factory: name,
    },
    ...(wrapped === undefined ? {} : { wrapped }),
    ...(returned === made.name ? {} : { unreadable: `${name}() does not return ${made.name} itself` }),
  };
}

/** The statement `call(target)` of a block. */
function callIn(block: Syntax | undefined, call: string, target: string, text: string): Span | undefined {
  for (const statement of block?.named ?? []) {
    const made = statement.type === 'expression_statement' ? statement.child('call') : undefined;
    const name = made?.field('function')?.text ?? '';
    if (made === undefined || (name !== call && !name.endsWith(`.${call}`))) continue;
    if (made.field('arguments')?.named[0]?.text !== target || !isImported(made, text)) continue;
    return made.file.span(made.start, made.end);
  }
  return undefined;
}
