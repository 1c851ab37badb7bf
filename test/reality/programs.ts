import { readFileSync } from 'node:fs';
import { packageFile } from '../../src/package-files.ts';
import { renderGeneratedModule } from '../../src/project/generated-module.ts';

const text = (name: string): string => readFileSync(packageFile(`test/reality/${name}`), 'utf8');

/** The files of the program that is crashed, by name. */
export const PLAIN: Readonly<Record<string, string>> = { 'crash.py': text('crash.py') };

/** The same as `pycrash-init` leaves it. */
export const WITH_MODULE: Readonly<Record<string, string>> = {
  'crash_with_module.py': text('crash_with_module.py'),
  'abort_on_exception.py': renderGeneratedModule({ framework: 'script', wsgi: false, asgi: false }),
};

/** The command that starts one of the two, whose files are in `folder`; it says that it is `name` to the port. */
export function commandOf(withModule: boolean, folder: string, port: number, name: string): string {
  const file = withModule ? 'crash_with_module.py' : 'crash.py';
  return `/usr/bin/python3.11 -S ${folder}/${file} ${port} ${name}`;
}
