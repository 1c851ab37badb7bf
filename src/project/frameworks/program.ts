import { lastParts } from '../deployed-paths.ts';
import type { StartCommand } from '../project.ts';
import { baseName } from '../python-modules.ts';

/** The files that `python worker.py`, `python -m package.worker` or `./worker.py` may run. */
export function programOf({
  argv,
  program: file,
  entry,
}: Pick<StartCommand, 'argv' | 'program' | 'entry'>):
  { name: string; paths: readonly string[]; isModule: boolean } | undefined {
  const [program = '', ...words] = argv;
  if (!/^(python|pypy)[\d.]*$/.test(baseName(program))) {
    // what is no .py file may be installed elsewhere
    return file?.endsWith('.py') === true && entry === undefined
      ? { name: baseName(file), paths: [file], isModule: false }
      : undefined;
  }
  const at = words.findIndex(
    (word, index) => !word.startsWith('-') && !/^-[WX]$/.test(words[index - 1] ?? ''),
  );
  const word = words[at];
  if (word === undefined || words.includes('-c')) return undefined;
  if (words[at - 1] === '-m') {
    const path = word.replaceAll('.', '/');
    return { name: word, paths: [`${path}/__main__.py`, `${path}.py`], isModule: true };
  }
  if (!word.endsWith('.py') || baseName(word) === 'manage.py') return undefined;
  return { name: baseName(word), paths: lastParts(word), isModule: false };
}
