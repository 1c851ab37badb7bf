import type { Located, Note, Span } from '../project.ts';
import { parent } from '../python-modules.ts';
import { environmentFile } from '../readers/environment-file.ts';
import type { JoinedText } from '../readers/joined-text.ts';
import { systemdWords, type Word } from '../readers/words.ts';
import type { Sources } from '../sources.ts';
import type { UnitEntry, UnitKeys } from '../unit-keys.ts';

/** An entry of a unit, with what knows the place of every character of its value. */
export interface UnitLine extends UnitEntry {
  joined: JoinedText;
}

/** `Environment=` and those `EnvironmentFile=` that are in the tree; a later assignment wins, files over the unit (systemd.exec(5)). */
export function environmentOf(
  sources: Sources,
  unit: string,
  keys: UnitKeys<UnitLine>,
  notes: Note[],
): Map<string, Located<string>> {
  const environment = new Map<string, Located<string>>();
  const add = (word: Word, span: Span) => {
    const equals = word.text.indexOf('=');
    if (equals > 0)
      environment.set(word.text.slice(0, equals), { value: word.text.slice(equals + 1), at: span });
  };
  for (const { joined } of keys.entries(['Environment'])) {
    for (const word of systemdWords(joined)) add(word, joined.span(word.start, word.end));
  }
  for (const entry of keys.entries(['EnvironmentFile'])) {
    const path = entry.value.replace(/^-/, '').replace(/^["']|["']$/g, '');
    const found = inTree(sources, unit, path);
    const file = found === undefined ? undefined : sources.read(found);
    if (file === undefined) {
      notes.push({
        code: 'environment-file',
        message: `EnvironmentFile=${path} is not in the repository; what it sets is not known`,
        at: entry.at,
      });
      continue;
    }
    for (const [name, value] of environmentFile(file)) environment.set(name, value);
  }
  return environment;
}

/** The file of the tree that an absolute path of a server most likely is: the one with the longest common tail, if only one has it. */
function inTree(sources: Sources, near: string, path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const beside = parent(near);
  const local = beside === '' ? (parts.at(-1) ?? '') : `${beside}/${parts.at(-1) ?? ''}`;
  for (let from = 0; from < parts.length; from++) {
    const tail = parts.slice(from).join('/');
    if (sources.files.has(tail)) return tail;
    if (from === parts.length - 1 && sources.files.has(local)) return local;
    const ends = [...sources.files].filter((file) => file.endsWith(`/${tail}`));
    if (ends.length === 1) return ends[0];
    if (ends.length > 1) return undefined;
  }
  return undefined;
}
