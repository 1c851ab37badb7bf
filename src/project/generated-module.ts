import { createHash } from 'node:crypto';
import { render } from '../templates.ts';
import { VERSION } from '../version.ts';
import type { GeneratedModule } from './project.ts';

export interface ModuleParts {
  framework: string;
  /** Which wrappers the project needs; both where it is not said. */
  wsgi?: boolean;
  asgi?: boolean;
}

const HEADER =
  /^# Written by pycrash-init (\S+); `pycrash upgrade` keeps it current\.\n# sha256 of the rest: ([0-9a-f]{64})\n/;

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

/** What a file that should be the generated module is: its version, and whether anybody changed it. */
export function inspectGeneratedModule(text: string): Pick<GeneratedModule, 'version' | 'state'> {
  // git may have turned the line ends (core.autocrlf)
  const normal = text.replaceAll('\r\n', '\n');
  const [header, version, hash] = HEADER.exec(normal) ?? [];
  if (header === undefined || version === undefined) return { state: 'unrecognised' };
  if (sha256(normal.slice(header.length)) !== hash) return { version, state: 'modified' };
  return { version, state: version === VERSION ? 'current' : 'outdated' };
}

function withHeader(body: string): string {
  return (
    `# Written by pycrash-init ${VERSION}; \`pycrash upgrade\` keeps it current.\n` +
    `# sha256 of the rest: ${sha256(body)}\n${body}`
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
