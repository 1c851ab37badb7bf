import { atEnd } from '../edit/insertion.ts';
import type { Situation, Wiring } from './wiring.ts';

const PATTERNS = ['core', '!core/', 'core.[0-9]*'];
const LINES = [
  '# Core files: the memory of a crashed process, with its secrets. A folder named core is no core file.',
  ...PATTERNS,
];

/** Keeps core files out of commits, but not an application in a folder named `core`. */
export function wireGitignore({ project, read }: Situation): Wiring {
  const path = '.gitignore';
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  const text = read(path)?.text;
  if (text === undefined) {
    if (project.git)
      wiring.wishes.push({ kind: 'gitignore', path, text: `${LINES.join('\n')}\n`, others: 'leave' });
    return wiring;
  }
  const present = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  if (PATTERNS.every((pattern) => present.has(pattern))) {
    wiring.wishes.push({ kind: 'gitignore', path, good: true });
    return wiring;
  }
  const lines = LINES.map((line) => `${line}\n`).join('');
  wiring.wishes.push({ kind: 'gitignore', path, insertions: [atEnd(text, lines, 1)] });
  return wiring;
}
