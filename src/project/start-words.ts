import type { Located } from './project.ts';
import { maskTemplate, unmasked } from './readers/template.ts';
import type { SourceFile } from './readers/text.ts';

/**
 * The words of a command line that no shell reads (supervisord's `command=`, circus' `cmd`): split as Python's shlex
 * does, over line ends too. `%(ENV_NAME)s` and `$(circus.env.NAME)` are put in where the environment is known.
 */
export function wordsOf(
  file: SourceFile,
  start: number,
  end: number,
  environment: ReadonlyMap<string, Located<string>>,
): Located<string>[] {
  const text = maskTemplate(file.text.slice(start, end)).text;
  const words: Located<string>[] = [];
  const known = (whole: string, name: string) => environment.get(name)?.value ?? whole;
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at] ?? '')) {
      at++;
      continue;
    }
    const from = at;
    let word = '';
    while (at < text.length && !/\s/.test(text[at] ?? '')) {
      const character = text[at] ?? '';
      if (character === '"' || character === "'") {
        const quoted = /^(?:"(?:[^"\\]|\\[\s\S])*"?|'[^']*'?)/.exec(text.slice(at))?.[0] ?? character;
        const inside = quoted.slice(1, quoted.length > 1 && quoted.endsWith(character) ? -1 : undefined);
        word += character === '"' ? inside.replace(/\\(["\\])/g, '$1') : inside;
        at += quoted.length;
      } else if (character === '\\') {
        word += text[at + 1] ?? '';
        at += 2;
      } else {
        word += character;
        at++;
      }
    }
    at = Math.min(at, text.length);
    const value = unmasked(word, file.text.slice(start + from, start + at))
      .replace(/%\(ENV_(\w+)\)s/g, known)
      .replace(/\$\(circus\.env\.(\w+)\)/gi, known);
    words.push({ value, at: file.span(start + from, start + at) });
  }
  return words;
}
