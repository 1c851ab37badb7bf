import type { Service } from '../project.ts';
import type { Syntax } from '../readers/python/syntax.ts';

export type CallableKind = 'wsgi' | 'asgi';

/** Does the start command name a function that makes the application? */
export function isFactory({ command }: Service): boolean {
  const { application = '', server, options } = command?.value ?? {};
  // uvicorn and granian: --factory; waitress: --call
  return application.endsWith(')') || options?.has(server === 'waitress' ? 'call' : 'factory') === true;
}

/** What a server takes the object for; what the definition itself says (`shape`) comes first. */
export function callableKind(service: Service, shape: CallableKind | undefined): CallableKind {
  if (shape !== undefined) return shape;
  const { application = '', server = '', options } = service.command?.value ?? {};
  const said = /^(wsgi|asgi):/.exec(application)?.[1] ?? options?.get('interface')?.value;
  if (said !== undefined && said.startsWith('wsgi')) return 'wsgi';
  if (said !== undefined && said.startsWith('asgi')) return 'asgi';
  if (['uvicorn', 'hypercorn', 'daphne', 'granian'].includes(server)) return 'asgi';
  return /uvicorn|asgi/i.test(options?.get('worker-class')?.value ?? '') ? 'asgi' : 'wsgi';
}

/** What a function, or an object of a class, that a server calls is, by its parameters; undefined where they do not tell. */
export function shapeOf(definition: Syntax): CallableKind | undefined {
  if (definition.type === 'function_definition') return byParameters(definition, false);
  if (definition.type !== 'class_definition') return undefined;
  const call = methodOf(definition, '__call__');
  return call === undefined ? undefined : byParameters(call, true);
}

/** A class that a server calls itself: `def __init__(self, environ, start_response)`. */
export function shapeOfClass(definition: Syntax): CallableKind | 'asgi2' | undefined {
  const made = methodOf(definition, '__init__');
  if (made === undefined) return undefined;
  return parametersOf(made).length === 2 ? 'asgi2' : byParameters(made, true);
}

function byParameters(definition: Syntax, isMethod: boolean): CallableKind | undefined {
  if (/^async\b/.test(definition.text)) return 'asgi';
  const count = parametersOf(definition).length - (isMethod ? 1 : 0);
  return count === 2 ? 'wsgi' : count === 3 ? 'asgi' : undefined;
}

function parametersOf(definition: Syntax): readonly Syntax[] {
  return (definition.field('parameters')?.named ?? []).filter(({ type }) =>
    /^(identifier|typed_parameter|default_parameter|typed_default_parameter)$/.test(type),
  );
}

function methodOf(definition: Syntax, name: string): Syntax | undefined {
  for (const statement of definition.field('body')?.named ?? []) {
    const method = statement.type === 'decorated_definition' ? statement.field('definition') : statement;
    if (method?.type === 'function_definition' && method.field('name')?.text === name) return method;
  }
  return undefined;
}
