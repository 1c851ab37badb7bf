import { lastParts } from '../deployed-paths.ts';
import { baseName } from '../python-modules.ts';

/** The files that `python worker.py` or `python -m package.worker` may run. */
export function programOf(
  argv: readonly string[],
): { name: string; paths: readonly string[]; isModule: boolean } | undefined {
  const [program = '', ...words] = argv;
  if (!/^(python|pypy)[\d.]*$/.test(baseName(program))) return undefined;
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
