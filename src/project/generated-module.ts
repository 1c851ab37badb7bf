import { render } from '../templates.ts';
import { withHeader } from './generated-header.ts';

export interface ModuleParts {
  framework: string;
  /** Which wrappers the project needs; both where it is not said. */
  wsgi?: boolean;
  asgi?: boolean;
  /** Does the framework serve HTTP by itself? */
  http?: boolean;
  /** Functions of templates/python/frameworks that the project calls, e.g. `watch_flask`. */
  calls?: readonly string[];
}

/** The text of `abort_on_exception.py` for a project: a header with version and hash, then the rendered template. */
export function renderGeneratedModule({
  framework,
  wsgi = true,
  asgi = true,
  http = false,
  calls = [],
}: ModuleParts): string {
  const django = framework === 'django';
  const watchers = [...new Set(calls.filter((call) => call.startsWith('watch_')))].sort().map(watcherOf);
  // a callable of no framework is replaced, where the others are watched in place
  const plain = framework === 'wsgi' || framework === 'asgi';
  return withHeader(
    render('python/abort_on_exception.py.njk', { django, wsgi, asgi, http, plain, watchers }),
  );
}

/** The name in templates/python/frameworks of the function, e.g. `flask` for `watch_flask`, `wsgi` for `wrap_wsgi`. */
function watcherOf(call: string): string {
  return call.replace(/^(watch|wrap)_/, '');
}

/**
 * The text of the test that `init` puts into the project: an unhandled exception aborts a process, a 404 does not.
 * `module` is the dotted name of the generated module, `settings` that of the settings to run with; for a framework
 * without settings `call` is the function that watches its application; `jobs`: it runs tasks instead of serving pages.
 */
export function renderModuleTest(
  options:
    | { module: string; settings: string }
    | { module: string; framework: string; call: string; jobs?: boolean },
): string {
  return render('python/test_abort_on_exception.py.njk', {
    framework: 'django',
    settings: '',
    call: '',
    jobs: false,
    watcher: 'call' in options ? watcherOf(options.call) : '',
    ...options,
  });
}
