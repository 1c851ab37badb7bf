import type { Located } from '../project.ts';

export interface ReadOptions {
  /** By long name, without dashes; a flag has the value `true`. The last one wins. */
  options: Map<string, Located<string>>;
  /** The same in the order in which they were given, repeated ones included. */
  given: { name: string; value: Located<string> }[];
  /** Words that belong to no option. */
  rest: Located<string>[];
}

/**
 * Reads command line words by a table such as `bind/b= workers/w= reload`: long name, short name after `/`, and `=`
 * where a value follows. A long option may be abbreviated (argparse, getopt) and may be `--name=value`.
 * An option that is not in the table takes a value only where one is joined to it.
 */
export function readOptions(words: readonly Located<string>[], table: string): ReadOptions {
  const long = new Map<string, boolean>();
  const short = new Map<string, { name: string; takesValue: boolean }>();
  for (const entry of table.split(/\s+/).filter((word) => word !== '')) {
    const takesValue = entry.endsWith('=');
    const [name = '', ...letters] = (takesValue ? entry.slice(0, -1) : entry).split('/');
    long.set(name, takesValue);
    for (const letter of letters) short.set(letter, { name, takesValue });
  }
  const given: ReadOptions['given'] = [];
  const rest: Located<string>[] = [];
  const add = (name: string, value: string, at: Located<string>['at']) =>
    given.push({ name, value: { value, at } });
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (word === undefined) break;
    const { value, at } = word;
    if (value === '--') {
      rest.push(...words.slice(index + 1));
      break;
    }
    if (value.startsWith('--')) {
      const equals = value.indexOf('=');
      const name = fullName(value.slice(2, equals === -1 ? undefined : equals), long);
      if (equals !== -1) add(name, value.slice(equals + 1), at);
      else if (long.get(name) === true) add(name, words[++index]?.value ?? '', at);
      else add(name, 'true', at);
    } else if (value.startsWith('-') && value.length > 1) {
      for (let letter = 1; letter < value.length; letter++) {
        const known = short.get(value[letter] ?? '');
        if (known === undefined) {
          add(value.slice(letter), 'true', at);
          break;
        }
        if (!known.takesValue) {
          add(known.name, 'true', at);
          continue;
        }
        const joined = value.slice(letter + 1).replace(/^=/, '');
        add(known.name, joined === '' ? (words[++index]?.value ?? '') : joined, at);
        break;
      }
    } else {
      rest.push(word);
    }
  }
  return { options: new Map(given.map(({ name, value }) => [name, value])), given, rest };
}

function fullName(given: string, long: ReadonlyMap<string, boolean>): string {
  if (long.has(given) || given.length < 2) return given;
  const matches = [...long.keys()].filter((name) => name.startsWith(given));
  return matches.length === 1 && matches[0] !== undefined ? matches[0] : given;
}
