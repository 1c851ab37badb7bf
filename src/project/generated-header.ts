import { sha256 } from '../sha256.ts';
import { VERSION } from '../version.ts';
import type { Application, GeneratedModule } from './project.ts';
import { join } from './python-modules.ts';
import type { Sources } from './sources.ts';

// Apart from generated-module.ts, because checking a header must not load the template engine.

const HEADER =
  /^# Written by pycrash-init (\S+); `pycrash upgrade` keeps it current\.\n# sha256 of the rest: ([0-9a-f]{64})\n/;

/** The generated module of an application, where it is there. */
export function generatedIn(packageFolder: string, sources: Sources): Pick<Application, 'generated'> {
  const generated = sources.read(join(packageFolder, 'abort_on_exception.py'));
  return generated === undefined
    ? {}
    : { generated: { file: generated.path, ...inspectGeneratedModule(generated.text) } };
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

/** The text with its header before it. */
export function withHeader(body: string): string {
  return (
    `# Written by pycrash-init ${VERSION}; \`pycrash upgrade\` keeps it current.\n` +
    `# sha256 of the rest: ${sha256(body)}\n${body}`
  );
}
