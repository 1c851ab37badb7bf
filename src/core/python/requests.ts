import type { ReportedRequest } from '../../report/model.ts';
import { instanceDict } from './attributes.ts';
import { dictEntries } from './dicts.ts';
import type { Frame, Frames } from './frames.ts';
import type { Objects } from './objects.ts';
import { attempt } from './process.ts';
import { FLAG } from './types.ts';
import { repr } from './value.ts';

/** The HTTP request in the locals of these frames, of the frameworks and gateways that we know; a framework's first. */
export function readRequest(where: readonly Frame[], frames: Frames): ReportedRequest | undefined {
  const { objects } = frames;
  let gateway: ReportedRequest | undefined;
  const looked = new Set<number>();
  for (const frame of where) {
    for (const { value } of frames.locals(frame)) {
      if (looked.has(value)) continue;
      looked.add(value);
      const found = attempt(() => ofFramework(objects, value), undefined);
      if (found !== undefined) return found;
      gateway ??= attempt(() => ofGateway(objects, value), undefined);
    }
  }
  return gateway;
}

function ofFramework(objects: Objects, address: number): ReportedRequest | undefined {
  const { types } = objects.process;
  const type = types.of(address);
  if (!type.heap || (type.flags & (FLAG.dict | FLAG.type)) !== 0) return undefined;
  const attribute = (name: string): number | undefined => objects.attribute(address, name);
  if (types.is(type, 'django.http.request.HttpRequest')) {
    const environ = attribute('META');
    const request = environ === undefined ? undefined : ofEnviron(objects, environ, 'django');
    const method = objects.text(attribute('method')) ?? request?.method;
    const path = objects.text(attribute('path')) ?? request?.path;
    const view = viewOf(objects, attribute('resolver_match'));
    const user = userOf(objects, attribute('_cached_user') ?? attribute('user'));
    return {
      framework: 'django',
      headers: request?.headers ?? {},
      ...(method === undefined ? {} : { method }),
      ...(path === undefined ? {} : { path }),
      ...(request?.query === undefined ? {} : { query: request.query }),
      ...(view === undefined ? {} : { view }),
      ...(user === undefined ? {} : { user }),
    };
  }
  if (
    types.is(type, 'werkzeug.sansio.request.Request') ||
    types.is(type, 'werkzeug.wrappers.request.Request')
  ) {
    const environ = attribute('environ');
    const request = environ === undefined ? undefined : ofEnviron(objects, environ, 'flask');
    if (request === undefined) return undefined;
    const rule = attribute('url_rule');
    const endpoint = rule === undefined ? undefined : objects.text(objects.attribute(rule, 'endpoint'));
    return { ...request, ...(endpoint === undefined ? {} : { view: endpoint }) };
  }
  if (types.is(type, 'starlette.requests.HTTPConnection')) {
    const scope = attribute('scope');
    return scope === undefined ? undefined : ofScope(objects, scope, 'starlette');
  }
  if (types.is(type, 'falcon.request.Request')) {
    const scope = attribute('scope');
    const environ = attribute('env');
    if (scope !== undefined) return ofScope(objects, scope, 'falcon');
    return environ === undefined ? undefined : ofEnviron(objects, environ, 'falcon');
  }
  return undefined;
}

/** A WSGI environment or an ASGI scope: a dict that has what only those have. */
function ofGateway(objects: Objects, address: number): ReportedRequest | undefined {
  const type = objects.process.types.of(address);
  if ((type.flags & FLAG.dict) === 0) return undefined;
  const request = ofEnviron(objects, address, 'wsgi') ?? ofScope(objects, address, 'asgi');
  // nearly every dict is something else
  if (request === undefined) return undefined;
  const known = entries(objects, address);
  const attribute = (key: string, name: string): number | undefined => {
    const value = known.get(key);
    return value === undefined ? undefined : objects.attribute(value, name);
  };
  // what Bottle and Litestar leave in it; the generated module says it for those that have neither environ nor scope
  const framework = known.has('bottle.request')
    ? 'bottle'
    : known.has('litestar_app')
      ? 'litestar'
      : objects.text(known.get('framework'));
  const endpoint =
    attribute('bottle.route', 'callback') ??
    attribute('route_handler', '_fn') ??
    attribute('route_handler', 'fn');
  const view = endpoint === undefined ? undefined : callableName(objects, endpoint);
  return {
    ...request,
    ...(framework === undefined ? {} : { framework }),
    ...(view === undefined ? {} : { view }),
  };
}

function entries(objects: Objects, dict: number): Map<string, number> {
  const found = new Map<string, number>();
  const type = objects.process.types.of(dict);
  if ((type.flags & FLAG.dict) === 0) return found;
  for (const { key, value } of dictEntries(objects.process, dict)) {
    const name = objects.text(key);
    if (name !== undefined) found.set(name, value);
  }
  return found;
}

function ofEnviron(objects: Objects, dict: number, framework: string): ReportedRequest | undefined {
  const environ = entries(objects, dict);
  const text = (name: string): string | undefined => objects.text(environ.get(name));
  const method = text('REQUEST_METHOD');
  if (method === undefined) {
    // Django builds META of an ASGI request itself; always with a method.
    return undefined;
  }
  const headers: [string, string][] = [];
  for (const [name, value] of environ) {
    const header = name.startsWith('HTTP_')
      ? name.slice(5)
      : /^CONTENT_(TYPE|LENGTH)$/.test(name)
        ? name
        : undefined;
    const shown = header === undefined ? undefined : objects.text(value);
    if (header === undefined || shown === undefined) continue;
    if (shown !== '' || name.startsWith('HTTP_')) headers.push([headerName(header), shown]);
  }
  const path = `${text('SCRIPT_NAME') ?? ''}${text('PATH_INFO') ?? ''}`;
  const query = text('QUERY_STRING');
  return {
    framework,
    method,
    path,
    ...(query === undefined ? {} : { query }),
    headers: listed(objects, headers, headers.length),
  };
}

/** The headers, as many as the limit has. */
function listed(
  { limits, leftOut }: Objects,
  headers: readonly [string, string][],
  count: number,
): Record<string, string> {
  const shown = headers.slice(0, limits.headers);
  if (count > shown.length) leftOut.add(`${count - shown.length} more headers of the request are not listed`);
  return Object.fromEntries(shown);
}

/** `X_REQUEST_ID` as `X-Request-Id`, which is how Django shows them. */
function headerName(name: string): string {
  return name
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join('-');
}

function ofScope(objects: Objects, dict: number, framework: string): ReportedRequest | undefined {
  const scope = entries(objects, dict);
  const kind = objects.text(scope.get('type'));
  if ((kind !== 'http' && kind !== 'websocket') || !scope.has('headers') || !scope.has('path'))
    return undefined;
  const headers: [string, string][] = [];
  const pairs = sequence(objects, scope.get('headers') ?? 0);
  for (const pair of pairs.slice(0, objects.limits.headers)) {
    const [name, value] = sequence(objects, pair).map((each) => objects.local(each).string);
    if (name !== undefined && value !== undefined) headers.push([name, value]);
  }
  const rest = Math.max(0, pairs.length - objects.limits.headers);
  const method = objects.text(scope.get('method'));
  const path = objects.text(scope.get('path'));
  const query = scope.get('query_string');
  const endpoint = scope.get('endpoint');
  const view = endpoint === undefined ? undefined : callableName(objects, endpoint);
  const queryText = query === undefined ? undefined : objects.local(query).string;
  return {
    framework,
    ...(method === undefined ? {} : { method }),
    ...(path === undefined ? {} : { path }),
    ...(queryText === undefined ? {} : { query: queryText }),
    ...(view === undefined ? {} : { view }),
    headers: listed(objects, headers, headers.length + rest),
  };
}

/** The items of a list or tuple. */
function sequence(objects: Objects, address: number): number[] {
  return [...objects.list(address), ...objects.tuple(address)];
}

/** Django's ResolverMatch says it as `module.function`. */
function viewOf(objects: Objects, match: number | undefined): string | undefined {
  if (match === undefined) return undefined;
  const path = objects.text(objects.attribute(match, '_func_path'));
  if (path !== undefined && path !== '') return path;
  const view = objects.attribute(match, 'func');
  return view === undefined ? undefined : callableName(objects, view);
}

function callableName(objects: Objects, address: number): string | undefined {
  return attempt(() => {
    const { memory, layout, types } = objects.process;
    if (types.of(address).dotted !== 'function') return undefined;
    const module = objects.text(memory.u64(address + layout.at('function.func_module')));
    const name = objects.text(memory.u64(address + layout.at('function.func_qualname')));
    return module === undefined ? name : `${module}.${name ?? '?'}`;
  }, undefined);
}

/** The user that was loaded already: its name, or its class and key. */
function userOf(objects: Objects, address: number | undefined): string | undefined {
  if (address === undefined) return undefined;
  return attempt(() => {
    const type = objects.process.types.of(address);
    // SimpleLazyObject: not loaded is `_wrapped = empty`, an instance of object.
    const wrapped = objects.attribute(address, '_wrapped');
    if (wrapped !== undefined) return userOf(objects, wrapped);
    if (type.dotted === 'object' || type.dotted === 'NoneType') return undefined;
    if (type.name === 'AnonymousUser') return 'AnonymousUser';
    const name =
      objects.text(objects.attribute(address, 'username')) ??
      objects.text(objects.attribute(address, 'email'));
    if (name !== undefined) return name;
    if (instanceDict(objects.process, address, type) === 0 && !type.heap) return undefined;
    const key = objects.attribute(address, 'id') ?? objects.attribute(address, 'pk');
    return key === undefined ? undefined : `${type.name} ${repr(objects.local(key))}`;
  }, undefined);
}
