import { assignmentOf, findWrap, isImported } from '../entry-points.ts';
import type { EntryPoint, Note, Span } from '../project.ts';
import type { PythonFile, Syntax } from '../readers/python/syntax.ts';
import { hasOwnLine, statementsOf, type Placed } from './blocks.ts';
import { shapeOf, shapeOfClass, type CallableKind } from './callable-kind.ts';
import { wayFrom } from './chosen-object.ts';
import type { Meaning, PythonNames } from './python-names.ts';
import { typedCommand } from '../../typed-command.ts';

export interface CallableRequest {
  module: string;
  /** As the start command names it, e.g. `application`, `create_app()`. */
  object: string;
  python: PythonFile;
  names: PythonNames;
  parse: (path: string) => PythonFile | undefined;
  kindOf: (shape: CallableKind | undefined) => CallableKind;
  isFactory: boolean;
}

/** The places where a callable has to be wrapped; undefined where the file has no object of that name. */
export function readCallable(
  request: CallableRequest,
): { points: readonly EntryPoint[]; notes: Note[] } | undefined {
  const { object, python, names } = request;
  const wanted = object.replace(/\(.*$/s, '');
  const path = python.file.path;
  const start = names.meaning(path, wanted);
  if (start === undefined) return undefined;
  const swallowing = swallowedBy(start, names);
  if (request.isFactory) return readFactory(request, wanted, start, swallowing);
  const binding = lastBinding(python.module, wanted);
  const shape = shapeOfMeaning(start, names);
  if (shape === 'asgi2')
    return onlySaid(request, 'asgi', wanted, 'it is an application of ASGI 2, which is called twice');
  const kind = request.kindOf(shape);
  const common = {
    kind,
    file: path,
    module: request.module,
    object: wanted,
    ...problemOf(python),
  };
  const why = swallowing?.why ?? (wanted.includes('.') ? `${wanted} is a part of another object` : undefined);
  if (why !== undefined) return onlySaid(request, kind, wanted, why, swallowing?.byHand);
  const wrapped = wrapOf(python, wanted);
  const point: EntryPoint = {
    ...common,
    ...(wrapped === undefined ? {} : { wrapped }),
    ...(binding === undefined ? {} : placeOf(binding, python, wanted)),
  };
  return { points: [point], notes: notesOn(start, names, point) };
}

function onlySaid(
  { python, module }: CallableRequest,
  kind: CallableKind,
  object: string,
  unreadable: string,
  byHand?: string,
): { points: readonly EntryPoint[]; notes: Note[] } {
  const { file } = python;
  const called = byHand === undefined ? null : HANDLE.exec(file.text);
  const point: EntryPoint = {
    kind,
    file: file.path,
    module,
    object,
    unreadable,
    ...(byHand === undefined ? {} : { byHand }),
    ...(called === null ? {} : { wrapped: file.span(called.index, called.index + called[0].length) }),
  };
  return { points: [point], notes: [] };
}

/** A file that imports `handle` of the generated module. */
const HANDLE = /^[ \t]*from\s+[\w.]*\babort_on_exception\s+import\b[^\n]*\bhandle\b/m;

function problemOf({ file, error }: PythonFile): Pick<EntryPoint, 'unreadable'> {
  return error === undefined
    ? {}
    : { unreadable: `line ${file.span(error.start, error.end).line} is not valid Python 3` };
}

/** The last statement of the module that binds the name, also in `if` and `try`. */
function lastBinding(module: Syntax, name: string): Placed | undefined {
  return statementsOf(module).findLast(({ statement }) => bindingOf(statement) === name);
}

function bindingOf(statement: Syntax): string | undefined {
  const definition = statement.type === 'decorated_definition' ? statement.field('definition') : statement;
  if (definition?.type === 'function_definition' || definition?.type === 'class_definition') {
    return definition.field('name')?.text;
  }
  return assignmentOf(statement)?.name;
}

/** Where the wrapper goes; nothing where it goes to the end of the file: for what is imported, or bound under a condition. */
function placeOf(
  { statement, path }: Placed,
  { file, module }: PythonFile,
  name: string,
): Pick<EntryPoint, 'assignment' | 'definition'> {
  const assigned = assignmentOf(statement);
  if (path.length > 1) return {};
  const pattern = new RegExp(String.raw`(?<![.\w])${name}\b`);
  const later = module.named.filter(
    (one) =>
      one.start > statement.start && !/^if\s*\(?\s*__name__\s*==/.test(one.text) && pattern.test(one.text),
  );
  if (assigned === undefined) {
    // what derives from a class needs it as it is
    const isBase = later.some(({ text }) =>
      new RegExp(String.raw`^class\s+\w+\(.*\b${name}\b`, 'm').test(text),
    );
    return isBase ? {} : { definition: file.span(statement.start, statement.end) };
  }
  // an object that is still worked with is wrapped when that is over
  if (later.length > 0) return {};
  return {
    assignment: {
      statement: file.span(statement.start, statement.end),
      value: file.span(assigned.value.start, assigned.value.end),
      source: assigned.value.text,
    },
  };
}

/** The call of the generated module's wrapper around the object, as a decorator or in an assignment to its name. */
function wrapOf({ file, module }: PythonFile, name: string): Span | undefined {
  for (const { statement } of statementsOf(module).toReversed()) {
    if (bindingOf(statement) !== name) continue;
    const assigned = assignmentOf(statement);
    const wrap = assigned === undefined ? decorating(statement) : findWrap(assigned.value);
    if (wrap === undefined) continue;
    const called = assigned === undefined ? wrap.text : (wrap.field('function')?.text ?? '');
    if (isImported(called, file.text)) return file.span(wrap.start, wrap.end);
  }
  return undefined;
}

function decorating(statement: Syntax): Syntax | undefined {
  const decorators = statement.named.filter(({ type }) => type === 'decorator');
  return decorators.flatMap(({ named }) => named).find(({ text }) => /(^|\.)wrap_(w|a)sgi$/.test(text));
}

/** Every `return` of a factory gives away what has to be wrapped there. */
function readFactory(
  request: CallableRequest,
  wanted: string,
  start: Meaning,
  swallowing: Swallowing | undefined,
): { points: readonly EntryPoint[]; notes: Note[] } | undefined {
  const definition = 'path' in start ? start.definitions.at(-1) : undefined;
  const kind = request.kindOf(undefined);
  const said = (why: string) => onlySaid(request, kind, `${wanted}()`, why);
  if (swallowing !== undefined)
    return onlySaid(request, kind, `${wanted}()`, swallowing.why, swallowing.byHand);
  const body = definition?.type === 'function_definition' ? definition.field('body') : undefined;
  if (definition === undefined || body === undefined)
    return said(`${wanted}() is not defined in the repository`);
  const python = request.parse(definition.file.path);
  if (python === undefined) return undefined;
  const returns = statementsOf(body).filter(({ statement }) => statement.type === 'return_statement');
  const points = returns.flatMap((placed): EntryPoint[] => {
    const value = placed.statement.named[0];
    if (value === undefined) return [];
    const wrap = findWrap(value);
    const isWrapped = wrap !== undefined && isImported(wrap.field('function')?.text ?? '', python.file.text);
    return [
      {
        kind,
        file: python.file.path,
        module: request.module,
        object: `${wanted}()`,
        inPlace: {
          call: `wrap_${kind}`,
          target: value.text.replaceAll(/\s+/g, ' '),
          statement: python.file.span(value.start, value.end),
          where: 'around',
        },
        ...(isWrapped ? { wrapped: python.file.span(wrap.start, wrap.end) } : {}),
        ...problemOf(python),
        ...(hasOwnLine(placed) ? {} : { unreadable: 'the application is returned in the middle of a line' }),
      },
    ];
  });
  const [first] = points;
  if (first === undefined) return said(`${wanted}() returns nothing that could be seen`);
  return { points, notes: notesOn(start, request.names, first) };
}

/** What the object is, by what its definition says: a function or class itself, or an object of a class of the tree. */
function shapeOfMeaning(start: Meaning, names: PythonNames): CallableKind | 'asgi2' | undefined {
  if ('external' in start) return undefined;
  const definition = start.definitions.at(-1);
  if (definition === undefined) return undefined;
  if (definition.type === 'class_definition') return shapeOfClass(definition);
  if (definition.type === 'function_definition') return shapeOf(definition);
  if (definition.type !== 'call') return undefined;
  const made = names.meaning(start.path, definition.field('function')?.text ?? '');
  const class_ = made !== undefined && 'path' in made ? made.definitions.at(-1) : undefined;
  return class_?.type === 'class_definition' ? shapeOf(class_) : undefined;
}

/** Frameworks that answer every exception by a 500 of their own: what is around their application sees none. */
const SWALLOWING: readonly { made: RegExp; title: string; paste: string }[] = [
  {
    made: /^web(\.application)?\.application$/,
    title: 'web.py',
    paste: 'app.internalerror = … with a function that calls handle(sys.exc_info()[1])',
  },
  {
    made: /^cherrypy(\.\w+)*\.(mount|Application|Tree|tree)$/,
    title: 'CherryPy',
    paste:
      'request.error_response in its configuration, with a function that calls handle(sys.exc_info()[1])',
  },
  {
    made: /^quart(\.app)?\.Quart$/,
    title: 'Quart',
    paste: 'a receiver of quart.got_request_exception that calls handle(exception)',
  },
  {
    made: /^sanic(\.app)?\.Sanic$/,
    title: 'Sanic',
    // Observed with Sanic 25.12: the signal comes for NotFound and Forbidden as well, and gives `exception` alone
    paste:
      "@app.signal('server.exception.report') above `async def report(exception, **_)`, which calls handle(exception) " +
      'where that is not a sanic.exceptions.SanicException (404 is one)',
  },
  {
    made: /^(Zope2|ZPublisher|Products|plone)\./,
    title: 'Zope',
    // Observed with Zope 6.3: the event comes for Forbidden as well, and for attempts that are repeated
    paste:
      'a subscriber of ZPublisher.interfaces.IPubFailure that calls handle(event.exc_info[1]) where that is not a ' +
      'zExceptions.HTTPException (404 is one) and event.retry is false',
  },
];

interface Swallowing {
  why: string;
  byHand: string;
}

function swallowedBy(start: Meaning, names: PythonNames): Swallowing | undefined {
  for (const meaning of wayFrom(start, names)) {
    if (!('external' in meaning)) continue;
    const known = SWALLOWING.find(({ made }) => made.test(meaning.external));
    if (known !== undefined) {
      return {
        why: `${known.title} answers every exception by itself, so that nothing around its application sees one`,
        byHand: `Let \`${typedCommand('init --only library')}\` write the module, import handle from it there, and paste ${known.paste}`,
      };
    }
  }
  return undefined;
}

/** Packages whose wrappers let exceptions through. */
const TRANSPARENT =
  /^(werkzeug|whitenoise|dj_static|static|paste|prometheus_client|sentry_sdk|raven|elasticapm|opentelemetry|newrelic|ddtrace|asgiref|a2wsgi|wsgiref|starlette|uvicorn|beaker|asgi_correlation_id|importlib|functools|os|sys|logging|pathlib|json)(\.|$)/;

/** Said where something is around, or is, the application that nobody here knows. */
function notesOn(start: Meaning, names: PythonNames, { file, object = '' }: EntryPoint): Note[] {
  const made = directlyMadeBy(start, names);
  if (made === undefined || TRANSPARENT.test(made)) return [];
  return [
    {
      code: 'unknown-callable',
      message: `${file}: ${object} is made by ${made}, which is not known: exceptions that it answers by itself are not seen from outside`,
    },
  ];
}

/** The class or function of a package that the object is made by, through the wrappers that are known. */
function directlyMadeBy(start: Meaning, names: PythonNames): string | undefined {
  if ('external' in start) return start.external;
  const definition = start.definitions.at(-1);
  if (definition?.type !== 'call') return undefined;
  const maker = names.meaning(start.path, definition.field('function')?.text ?? '');
  return maker !== undefined && 'external' in maker ? maker.external : undefined;
}
