import { render } from '../templates.ts';
import { withHeader } from './generated-header.ts';

export interface ModuleParts {
  framework: string;
  /** Which wrappers the project needs; both where it is not said. */
  wsgi?: boolean;
  asgi?: boolean;
}

/** The text of `abort_on_exception.py` for a project: a header with version and hash, then the rendered template. */
export function renderGeneratedModule({ framework, wsgi = true, asgi = true }: ModuleParts): string {
  const django = framework === 'django';
  return withHeader(render('python/abort_on_exception.py.njk', { django, wsgi, asgi }));
}

/**
 * The text of the test that `init` puts into the project: an unhandled exception aborts a process, a 404 does not.
 * `module` is the dotted name of the generated module, `settings` that of the settings to run with.
 */
export function renderModuleTest(options: { module: string; settings: string }): string {
  return render('python/test_abort_on_exception.py.njk', options);
}
