import type { Located } from './project.ts';
import { findModule, join, parent } from './python-modules.ts';
import type { SourceFile } from './readers/text.ts';
import type { Sources } from './sources.ts';

/** A command that a package of the repository installs (entry points specification, `console_scripts`). */
export interface ConsoleScript {
  name: string;
  /** What it imports, and calls from that: `main`, `cli.main`. */
  module: string;
  object: string;
}

const known = new WeakMap<Sources, readonly Located<ConsoleScript>[]>();

/** The commands that packaging files at the root, or up to two folders below it, declare. */
export function consoleScripts(sources: Sources): readonly Located<ConsoleScript>[] {
  const found = known.get(sources) ?? readAll(sources);
  known.set(sources, found);
  return found;
}

/** The file of the module that the installed command of this name imports; undefined for any other program. */
export function consoleScript(
  sources: Sources,
  name: string,
): { script: Located<ConsoleScript>; path: string } | undefined {
  for (const script of consoleScripts(sources)) {
    if (script.value.name !== name) continue;
    const folder = parent(script.at.file);
    for (const root of [folder, join(folder, 'src'), join(folder, 'lib')]) {
      const path = findModule(sources.files, root, script.value.module)?.path;
      if (path !== undefined) return { script, path };
    }
  }
  return undefined;
}

function readAll(sources: Sources): Located<ConsoleScript>[] {
  return [...sources.files]
    .filter((path) => /^([^/]+\/){0,2}(pyproject\.toml|setup\.cfg|setup\.py)$/.test(path))
    .flatMap((path) => {
      const file = sources.read(path);
      if (file === undefined) return [];
      return path.endsWith('.toml')
        ? scriptsIn(file, /^\[(?:project|tool\.poetry)\.scripts\][^\n]*\n((?:(?!\[).*\n?)*)/dm)
        : scriptsIn(file, /\bconsole_scripts\b["']?\s*[:=]\s*([^\]}]*?)(?=[\]}]|\n\s*\n|\n\[|\n\w|$)/d);
    });
}

const SCRIPT = /^[ \t]*["']*([\w.-]+)["']?\s*=\s*["']?([A-Za-z_][\w.]*):([\w.]+)/gm;

function scriptsIn(file: SourceFile, section: RegExp): Located<ConsoleScript>[] {
  const match = section.exec(file.text);
  const [start] = match?.indices?.[1] ?? [];
  if (start === undefined) return [];
  // in setup.py the first one may stand behind the bracket
  const text = (match?.[1] ?? '').replaceAll(/[[,]/g, '\n');
  return [...text.matchAll(SCRIPT)].map(
    ({ 0: whole, 1: name = '', 2: module = '', 3: object = '', index }) => ({
      value: { name, module, object },
      at: file.span(start + index, start + index + whole.length),
    }),
  );
}
