import { isImported } from '../entry-points.ts';
import type { EntryPoint, Span } from '../project.ts';
import { moduleName } from '../python-modules.ts';
import type { PythonFile, Syntax } from '../readers/python/syntax.ts';
import type { Sources } from '../sources.ts';
import {
  functionsOf,
  hasOwnLine,
  precedes,
  statementsOf,
  type DefinedFunction,
  type Placed,
} from './blocks.ts';
import type { Constructors } from './constructors.ts';
import { defaultApplication } from './default-application.ts';
import type { Framework } from './framework.ts';
import { assignedNames } from './python-names.ts';
import { typedCommand } from '../../typed-command.ts';

/** An application object in the tree; `points` has every place that has to be edited for it. */
export interface FoundObject {
  framework: Framework;
  importRoot: string;
  points: readonly [EntryPoint, ...EntryPoint[]];
  /** More, the less likely it is that a server imports it: 0 where nothing speaks against it. */
  unlikely: number;
  /** The class in a method of which it is made and kept: nothing can import it. */
  madeIn?: string;
}

/** Folders and files whose applications nobody deploys. */
export const NOT_DEPLOYED =
  /(^|\/)(tests?|testing|\w+[-_]tests?|docs?|docs_src|examples?|fixtures|samples?|benchmarks?|mock\w*)\/|[{}]|(^|\/)(conftest|test_[^/]*|[^/]*_test|setup|abort_on_exception)\.py$/;

/** The Python files that a server may import, in order. */
export function deployedFiles(sources: Sources): string[] {
  return [...sources.files].filter((path) => path.endsWith('.py') && !NOT_DEPLOYED.test(path)).sort();
}

/** Every application object of one of the frameworks, made at module level or in a function; in order of path and place. */
export function findObjects(
  files: ReadonlyMap<string, PythonFile>,
  constructors: Constructors,
  rootOf: (path: string) => string,
): FoundObject[] {
  const found: FoundObject[] = [];
  for (const [path, python] of [...files].toSorted(compareByPath)) {
    const importRoot = rootOf(path);
    const module = { path, name: moduleName(importRoot, path), constructors, python };
    const objects = [
      ...objectsOfScope(module, python.module, undefined),
      ...functionsOf(python.module).flatMap((defined) => objectsOfFunction(module, defined)),
    ];
    for (const object of objects) found.push({ ...object, importRoot });
  }
  return found;
}

function compareByPath([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Module {
  path: string;
  name: string;
  constructors: Constructors;
  python: PythonFile;
}

/** A call that makes an application. */
interface Making {
  framework: Framework;
  /** The names that it is given; none where it is a part of another expression. */
  names: readonly string[];
  /** The call of the constructor. */
  call: Syntax;
  /** The call that watches it right there. */
  watched?: Syntax;
  placed: Placed;
}

type Found = Omit<FoundObject, 'importRoot'>;

function objectsOfFunction(module: Module, defined: DefinedFunction): Found[] {
  const body = defined.definition.field('body');
  if (body === undefined || /\bfixture\b/.test(defined.decorators)) return [];
  // tornado.testing.AsyncHTTPTestCase and aiohttp.test_utils.AioHTTPTestCase ask a method for the application to test
  if (/TestCase\b/.test(defined.bases ?? '')) return [];
  return objectsOfScope(module, body, defined);
}

function objectsOfScope(module: Module, block: Syntax, defined: DefinedFunction | undefined): Found[] {
  if (!module.constructors.mayBeIn(block.text, block.file.text)) return [];
  const statements = statementsOf(block);
  const makings = statements.flatMap((placed) => makingsOf(placed, module));
  if (makings.length === 0) return [];
  const scope = { module, statements, defined, block };
  const found = new Map<string, Found>();
  const returned = makings.filter((making) => placesOfReturn(scope, making).length > 0);
  const isReturned = defined === undefined || returned.length > 0;
  for (const making of returned.length > 0 ? returned : makings) {
    const { framework, names, placed } = making;
    const [target] = names;
    if (target !== undefined && isMounted(target, block)) continue;
    const points =
      framework.runsDefault === true
        ? startOfServer(scope, making)
        : target === undefined || framework.methods !== undefined
          ? [around(scope, making)]
          : inPlace(scope, making, target);
    const object = points[0]?.object ?? '';
    const known = found.get(object);
    const all = [...(known?.points ?? []), ...points].filter(
      (point, index, every) =>
        every.findIndex((one) => one.inPlace?.statement.start === point.inPlace?.statement.start) === index,
    );
    const [first, ...others] = all;
    if (first === undefined) continue;
    const isMethod = defined?.name.includes('.') === true;
    const unlikely =
      (framework.runsDefault === true ? 160 : 0) +
      (placed.inMain ? 40 : 0) +
      (isServed(placed, block) ? 0 : (isReturned ? 0 : 80) + (isMethod ? 20 : 0));
    const kept = isReturned ? undefined : /^(.*)\.\w+$/.exec(defined?.name ?? '')?.[1];
    found.set(object, {
      framework,
      points: [first, ...others],
      unlikely,
      ...(kept === undefined ? {} : { madeIn: kept }),
    });
  }
  return [...found.values()];
}

interface Scope {
  module: Module;
  statements: readonly Placed[];
  defined: DefinedFunction | undefined;
  block: Syntax;
}

/** What a statement makes: the value of an assignment, or any part of an expression. */
function makingsOf(placed: Placed, { path, constructors }: Module): Making[] {
  const { statement } = placed;
  if (!SIMPLE.has(statement.type) || !constructors.mayBeIn(statement.text, statement.file.text)) return [];
  const assigned = assignedNames(statement);
  const value = assigned[0]?.value;
  const makings: Making[] = [];
  for (const { call, watched } of callsIn(statement)) {
    const framework = constructors.of(path, call.field('function')?.text ?? '');
    if (framework === undefined) continue;
    const watchedBy =
      watched !== undefined && isCallOf(watched.field('function')?.text ?? '', framework.call)
        ? watched
        : undefined;
    const whole = value !== undefined && (value.start === call.start || value.start === watchedBy?.start);
    const isAll = whole && (value.end === call.end || value.end === watchedBy?.end);
    makings.push({
      framework,
      names: isAll ? assigned.map(({ name }) => name) : [],
      call,
      ...(watchedBy === undefined ? {} : { watched: watchedBy }),
      placed,
    });
  }
  return makings;
}

const SIMPLE = new Set(['expression_statement', 'return_statement']);

/** Every call below a node, with the call whose only argument it is. */
function callsIn(node: Syntax, outer?: Syntax): { call: Syntax; watched?: Syntax }[] {
  if (node.type === 'lambda') return [];
  const own =
    node.type === 'call' ? [{ call: node, ...(outer === undefined ? {} : { watched: outer }) }] : [];
  const only = node.type === 'call' ? node.field('arguments')?.named : undefined;
  return [
    ...own,
    ...node.named.flatMap((child) =>
      child.type === 'argument_list'
        ? child.named.flatMap((inner) => callsIn(inner, only?.length === 1 ? node : undefined))
        : callsIn(child),
    ),
  ];
}

function isCallOf(name: string, call: string): boolean {
  return name === call || name.endsWith(`.${call}`);
}

function startOfServer({ module, statements }: Scope, { framework, call, placed }: Making): EntryPoint[] {
  const point = defaultApplication(call, placed, statements, framework);
  return point === undefined ? [] : [{ ...common(module, framework), ...point }];
}

/** An object without a name of its own is watched where it is made: `watch_flask(Flask(…))`. */
function around({ module, defined }: Scope, making: Making): EntryPoint {
  const { framework, call, watched, placed } = making;
  const { file } = call;
  const outer = assignedNames(placed.statement)[0]?.name;
  const name = defined === undefined ? outer : `${defined.name}()`;
  const imported = watched !== undefined && isImported(watched, file.text) ? watched : undefined;
  return {
    ...common(module, framework),
    ...(name === undefined ? {} : { object: name }),
    inPlace: {
      call: framework.call,
      target: call.text.replaceAll(/\s+/g, ' '),
      statement: file.span(call.start, call.end),
      where: 'around',
    },
    ...(imported === undefined ? {} : { wrapped: file.span(imported.start, imported.end) }),
    ...(framework.part === undefined
      ? {}
      : {
          unreadable: `the application is an attribute, ${framework.part}, of what is made there`,
          byHand:
            `Let \`${typedCommand('init --only library')}\` write the module, import ${framework.call} from it there, give what is ` +
            `made a name, and paste ${framework.call}(NAME.${framework.part}) behind it`,
        }),
  };
}

/** A named object is watched behind its assignment, or before each `return` of the factory that makes it. */
function inPlace(scope: Scope, making: Making, target: string): EntryPoint[] {
  const { module, defined } = scope;
  const { framework, placed } = making;
  const returns = placesOfReturn(scope, making);
  const changed = scope.statements.some(
    ({ statement }) =>
      statement.start > placed.statement.start &&
      assignedNames(statement).some(
        ({ name, value }) => name === target && !isMaking(value, module, framework.call),
      ),
  );
  const before = defined !== undefined && returns.length > 0 && !changed && returns.every(hasOwnLine);
  const places = before ? returns : [placed];
  return places.map((place) => pointAt(scope, making, target, place, before ? 'before' : 'after'));
}

function pointAt(
  scope: Scope,
  making: Making,
  name: string,
  place: Placed,
  where: 'before' | 'after',
): EntryPoint {
  const { module, defined } = scope;
  const { framework, placed, watched, call: value } = making;
  const target = framework.part === undefined ? name : `${name}.${framework.part}`;
  const { file } = value;
  const statement = file.span(place.statement.start, place.statement.end);
  const point: EntryPoint = {
    ...common(module, framework),
    object: defined === undefined ? name : `${defined.name}()`,
    inPlace: {
      call: framework.call,
      target,
      statement,
      ...(defined === undefined ? {} : { factory: defined.name }),
      where,
    },
  };
  if (defined === undefined) {
    point.assignment = { statement, value: file.span(value.start, value.end), source: value.text };
  }
  const call =
    watched !== undefined && isImported(watched, file.text)
      ? file.span(watched.start, watched.end)
      : watching(scope, framework.call, target, placed, place);
  if (call !== undefined) point.wrapped = call;
  if (where === 'after' && !hasOwnLine(placed))
    point.unreadable = `${target} is made in the middle of a line`;
  return point;
}

/** The `return` statements of the function that give away what was made, or something around it. */
function placesOfReturn({ defined, statements }: Scope, { names, placed }: Making): Placed[] {
  if (defined === undefined) return [];
  return statements.filter(
    ({ statement }) =>
      statement.type === 'return_statement' &&
      (statement.start === placed.statement.start ||
        (statement.start > placed.statement.start &&
          names.some((name) => new RegExp(String.raw`(?<![.\w])${name}\b`).test(statement.text)))),
  );
}

function isMaking(value: Syntax, { path, constructors }: Module, call: string): boolean {
  if (value.type !== 'call') return false;
  const name = value.field('function')?.text ?? '';
  return isCallOf(name, call) || constructors.of(path, name) !== undefined;
}

/** The statement `call(target)` that runs after the object is made, and before it is given away. */
function watching(
  { statements }: Scope,
  call: string,
  target: string,
  made: Placed,
  place: Placed,
): Span | undefined {
  for (const placed of statements) {
    const { statement } = placed;
    const inner = statement.type === 'expression_statement' ? statement.child('call') : undefined;
    if (inner === undefined || !isCallOf(inner.field('function')?.text ?? '', call)) continue;
    if (inner.field('arguments')?.named[0]?.text !== target || !isImported(inner, statement.file.text))
      continue;
    const surely = precedes(placed, place) || (place === made && follows(placed, made));
    if (surely && statement.start > made.statement.start) return statement.file.span(inner.start, inner.end);
  }
  return undefined;
}

/** Does `later` stand below `made` in one of the blocks that this stands in? */
function follows(later: Placed, made: Placed): boolean {
  const at = later.path.at(-1);
  return made.path.some(({ block, index }) => at?.block === block && index < at.index);
}

function common({ path, name, python: { file, error } }: Module, { kind }: Framework) {
  return {
    kind,
    file: path,
    module: name,
    ...(error === undefined
      ? {}
      : { unreadable: `line ${file.span(error.start, error.end).line} is not valid Python 3` }),
  };
}

/** Does the same scope start a server with what the statement makes: `AppRunner(self.app)`, `app.listen(80)`? */
function isServed({ statement }: Placed, block: Syntax): boolean {
  const made = statement.child('assignment')?.field('left')?.text ?? '';
  if (!/^[\w.]+$/.test(made)) return false;
  const name = made.replaceAll('.', String.raw`\.`);
  return new RegExp(
    String.raw`\b(?:AppRunner|run_app|HTTPServer|make_server|WSGIServer|run_simple|serve)\(\s*(?:\w+\s*=\s*)?${name}\b|(?<![.\w])${name}\.listen\(`,
  ).test(block.text);
}

/** A part of another application is watched with it. */
function isMounted(name: string, block: Syntax): boolean {
  const given = String.raw`\s*(?:\w+\s*=\s*)?(?<![.\w])${name}\s*[,)]`;
  return new RegExp(
    String.raw`\b(?:[mM]ount|add_subapp)\((?:${given}|(?:[^()]|\([^()]*\))*?[,(]${given})`,
  ).test(block.text);
}
