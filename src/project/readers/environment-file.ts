import type { Located } from '../project.ts';
import { linesOf, unquoted } from './ini.ts';
import type { SourceFile } from './text.ts';

/** The `NAME=value` lines of an environment file, as docker, systemd and dotenv read them. */
export function environmentFile(file: SourceFile): Map<string, Located<string>> {
  const environment = new Map<string, Located<string>>();
  for (const { text, start } of linesOf(file.text)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(text);
    if (match === null) continue;
    const [whole, name = '', value = ''] = match;
    const from = start + match.index + whole.trimEnd().length - value.length;
    environment.set(name, { value: unquoted(value), at: file.span(from, from + value.length) });
  }
  return environment;
}
