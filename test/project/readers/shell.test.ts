import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandWord, readShell, readWords } from '../../../src/project/readers/shell.ts';

function words(text: string, variables: Record<string, string> = {}): string[][] {
  const known = new Map(Object.entries(variables));
  return readShell(text).map((command) => command.words.map((word) => expandWord(word, known).value));
}

const PIECES =
  'a |\n|"|\'|\\|$|${|}|$(|)|(|`|;|;;|&|<|<<|>|#|case x in|esac|if |fi|{|f()|EOF|=|\r\n|!|*|:-|@|é|\ud83d|\ufeff|\f'
    .split('|')
    .concat('|', ' ');

describe('readShell', () => {
  test.each([
    ['a b c', [['a', 'b', 'c']]],
    ['a && b || c; d | e & f', [['a'], ['b'], ['c'], ['d'], ['e'], ['f']]],
    ['a \'b c\' "d e" f\\ g', [['a', 'b c', 'd e', 'f g']]],
    ['a \\\n  b\\\r\n c', [['a', 'b', 'c']]],
    ['a # b\nc', [['a'], ['c']]],
    ['a > /dev/null 2>&1 <in b', [['a', 'b']]],
    ['cat <<EOF > x\ngunicorn no\nEOF\nreal', [['cat'], ['real']]],
    ['cat <<-"END"\n\tno\n\tEND\nreal', [['cat'], ['real']]],
    ['if [ -n "$A" ]; then b; else c; fi; d', [['[', '-n', '', ']'], ['b'], ['c'], ['d']]],
    ['for x in a b; do run $x; done', [['run', '']]],
    ['a "$(b; c)" `d` ${e:-f}', [['a', '', '', 'f']]],
    ['(cd x && a)', [['cd', 'x'], ['a']]],
    ['A=1 B="2 3" run', [['run']]],
  ])('%j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test('knows functions and the branches of a case', () => {
    const text =
      'server() {\n  exec gunicorn a:b\n}\ncase "$1" in\n  web|server) shift; server ;;\n  *) exec "$@" ;;\nesac\nend';
    const commands = readShell(text);
    expect(
      commands.map(({ inFunction, words: [first] }) => [
        inFunction,
        first && expandWord(first, new Map()).value,
      ]),
    ).toEqual([
      ['server', 'exec'],
      [undefined, 'shift'],
      [undefined, 'server'],
      [undefined, 'exec'],
      [undefined, 'end'],
    ]);
    const patterns = commands.map(({ branches }) =>
      branches.map((branch) => branch.patterns.map((word) => text.slice(word.start, word.end))),
    );
    expect(patterns).toEqual([[], [['web', 'server']], [['web', 'server']], [['*']], []]);
  });

  test('expands what is known and says what is not', () => {
    const [word] = readWords('a$B${C:-d}${D:+e}');
    if (word === undefined) throw new Error('no word');
    expect(expandWord(word, new Map([['B', 'x']]))).toEqual({ value: 'axd', known: true });
    expect(expandWord(word, new Map())).toEqual({ value: 'ad', known: false });
    expect(
      expandWord(
        word,
        new Map([
          ['B', ''],
          ['C', 'c'],
          ['D', '1'],
        ]),
      ),
    ).toEqual({ value: 'ace', known: true });
  });

  test('never throws, and every word stands where it says, in order', () => {
    const piece = constantFrom(...PIECES);
    assert(
      property(array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        let last = 0;
        for (const command of readShell(text)) {
          for (const word of [...command.assignments.map(({ value }) => value), ...command.words]) {
            expect(word.start).toBeGreaterThanOrEqual(last);
            expect(word.end).toBeGreaterThanOrEqual(word.start);
            expect(word.end).toBeLessThanOrEqual(text.length);
            last = word.start;
            expandWord(word, new Map([['a', 'b']]));
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
