import type { Located } from '../project.ts';
import type { Word } from '../readers/words.ts';

/** What a server's own command line (and configuration file) says. */
export interface ServerCommand {
  server: string;
  application?: string;
  options: Map<string, Located<string>>;
  /** Variables that the server sets for the application. */
  environment: Map<string, Located<string>>;
}

/** A word with its place. */
export function located(word: Word, text = word.text): Located<string> {
  return { value: text, at: word.source.span(word.start, word.end) };
}

/** The words after the program where `argv` starts that server: `NAME …`, `python -m MODULE …`. */
export function argumentsOf(
  argv: readonly Word[],
  program: RegExp,
  module: RegExp,
): readonly Word[] | undefined {
  const name = argv[0]?.text.slice((argv[0]?.text.lastIndexOf('/') ?? -1) + 1) ?? '';
  if (program.test(name)) return argv.slice(1);
  if (!/^(python|pypy)[\d.]*$/.test(name)) return undefined;
  for (let index = 1; index < argv.length; index++) {
    const text = argv[index]?.text ?? '';
    if (text === '-m') return module.test(argv[index + 1]?.text ?? '') ? argv.slice(index + 2) : undefined;
    if (text === '-X' || text === '-W') index++;
    else if (!text.startsWith('-')) {
      // python /srv/venv/bin/gunicorn
      return program.test(text.slice(text.lastIndexOf('/') + 1)) ? argv.slice(index + 1) : undefined;
    }
  }
  return undefined;
}
