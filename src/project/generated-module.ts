import { render } from '../templates.ts';
import { withHeader } from './generated-header.ts';
import { PARTS, type Part } from './module-parts.ts';

/** Templates in templates/python/frameworks that import what they watch. */
const IMPORTING: ReadonlySet<string> = new Set([
  'aiohttp',
  'bottle',
  'celery',
  'dramatiq',
  'flask',
  'pyramid',
]);

export interface ModuleOptions {
  framework: string;
  /** Which wrappers the project needs; both where it is not said. */
  wsgi?: boolean;
  asgi?: boolean;
  /** Functions of templates/python/frameworks that the project calls, e.g. `watch_flask`. */
  calls?: readonly string[];
  /** What the project needs besides. */
  needed?: readonly Part[];
  /** What its people asked for with `init --with`. */
  asked?: readonly Part[];
}

/** The text of `abort_on_exception.py` for a project: a header with version and hash, then the rendered template. */
const SLOTS: Readonly<Record<string, string>> = { bottle: 'environ', falcon: 'env', falcon_asgi: 'scope' };

export function renderGeneratedModule({
  framework,
  wsgi = true,
  asgi = true,
  calls = [],
  needed = [],
  asked = [],
}: ModuleOptions): string {
  const parts = new Set([...needed, ...asked]);
  const watchers = [...new Set(calls.filter((call) => call.startsWith('watch_')))].sort().map(watcherOf);
  return withHeader(
    render('python/abort_on_exception.py.njk', {
      django: framework === 'django',
      wsgi,
      asgi,
      connections: wsgi || asgi || watchers.some((name) => name === 'aiohttp' || name === 'tornado'),
      // a callable of no framework is replaced, where the others are watched in place
      plain: framework === 'wsgi' || framework === 'asgi',
      messages: asgi || watchers.includes('aiohttp') || watchers.includes('tornado'),
      // where a request has no __dict__: the attribute that is the environ or the scope
      slot: SLOTS[watchers[0] ?? ''] ?? '',
      watchers,
      asked: PARTS.filter((part) => asked.includes(part)),
      crashRoute: parts.has('crash-route'),
      fork: parts.has('fork'),
      sampling: parts.has('sampling'),
      callbacks: parts.has('callbacks'),
      logFile: parts.has('log-file'),
      formatter: parts.has('formatter'),
      flush: parts.has('flush'),
      coreWarning: parts.has('core-warning'),
      gevent: parts.has('gevent'),
      uvloop: parts.has('uvloop'),
      threads: parts.has('threads'),
      tasks: parts.has('tasks') || parts.has('uvloop'),
      scripts: parts.has('scripts') || framework === 'script',
      imports:
        (['gevent', 'uvloop', 'callbacks'] as const).some((part) => parts.has(part)) ||
        watchers.some((name) => IMPORTING.has(name)),
    }),
  );
}

/** The name in templates/python/frameworks of the function, e.g. `flask` for `watch_flask`, `wsgi` for `wrap_wsgi`. */
function watcherOf(call: string): string {
  return call.replace(/^(watch|wrap)_/, '');
}

/** What the project's own test says of it. */
export interface ModuleTest {
  /** Dotted name of the generated module. */
  module: string;
  /** Its file, from the root of the repository. */
  moduleFile: string;
  /** Folder that Python imports from, from the root; '' for the root itself. */
  importRoot: string;
  /** The file that uses the module, from the root, and the text that shows it. */
  wired?: { file: string; call: string };
  /** The settings to run with, and their class in the module (django-configurations); else the function that watches the application. */
  by: { settings: string; configuration?: string } | { call: string; jobs: boolean };
}

/**
 * The text of the test that `init` puts into the project: an uncaught exception aborts a process, a 404, or a task that is
 * ignored, does not.
 */
export function renderModuleTest({ by, wired, ...options }: ModuleTest): string {
  const django = 'settings' in by;
  return render('python/test_abort_on_exception.py.njk', {
    configuration: '',
    jobs: false,
    wired: wired ?? false,
    watcher: django ? 'django' : watcherOf(by.call),
    ...options,
    ...by,
  });
}
