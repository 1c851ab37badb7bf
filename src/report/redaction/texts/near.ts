import { isIdentifier, isMadeUp, isPlaceholder, looksRandom } from '../looks.ts';
import { isLabel, judgeName, mayName, type NameKind } from '../names.ts';
import type { Scan } from './scan.ts';

/** So long a line is looked at: a longer one is data, in which a name says nothing of what is far from it. */
const LONGEST_LINE = 400;
const NEAR = /[^\s\0,;#~()[\]{}<>"'`|=&]+/g;

interface Word {
  start: number;
  end: number;
  text: string;
}

/**
 * A line that speaks of a secret, and a word in it that no language has: `key "api_key" has value x`, `if ("x" == password)`,
 * `Failing row contains (7, x, null) in column secret`, `args=('ada', 'x') in set_password(user, raw)`. The grammar of such
 * lines is not known; that both are in one line is enough, unless the word is said to be something else (`user=x`, `pod x`).
 */
export function scanNear(scan: Scan): void {
  const { text } = scan;
  for (let start = 0; start < text.length;) {
    const end = scan.lineEnd(start);
    if (end > start && end - start <= LONGEST_LINE) scanLine(scan, start, end);
    start = end === text.length ? end : end + (text[end] === '\r' ? 2 : 1);
  }
}

function scanLine(scan: Scan, start: number, end: number): void {
  const line = scan.text.slice(start, end);
  scan.work.spend(line.length);
  if (!mayName(line) && !ANNOUNCED.test(line)) return;
  const words: Word[] = [...line.matchAll(NEAR)].map(({ 0: word, index }) => {
    const from = index + (/^[-:.!?*#]+/.exec(word)?.[0].length ?? 0);
    const bare = line.slice(from, index + word.length).replace(/[:.!?]+$/, '');
    return { start: from, end: from + bare.length, text: bare };
  });
  const kinds = words.map((word, at) => kindOfWord(word, words[at - 1]));
  const sure = kinds.includes('strong') || kinds.includes('weak');
  if (!sure && !kinds.includes('doubtful')) return;
  const candidates = words.filter((word) => isMadeUp(word.text) && !isIdentifier(word.text));
  for (const word of candidates) {
    if (!sure && !(word.text.length >= 16 && looksRandom(word.text))) continue;
    const at = words.indexOf(word);
    if (mayHideHere(kinds[at] ?? 'plain', word)) continue;
    if (!isSaidOtherwise(line, words, at) && !isPlaceholder(word.text))
      scan.hide(start + word.start, start + word.end, 'weak');
  }
}

/** A name: `api_key`, `set_password`, `/user/password`; also of two words: `private key`, `cache key`. */
function kindOfWord({ text }: Word, before?: Word): NameKind {
  if (text.length > 60 || text.length < 2) return 'plain';
  const kind = judgeName(text.slice(text.lastIndexOf('/') + 1));
  if (kind === 'plain') return ANNOUNCES.test(text) ? 'weak' : 'plain';
  if (looksRandom(text)) return 'plain';
  return kind === 'doubtful' && /^[A-Za-z]{2,14}$/.test(before?.text ?? '')
    ? judgeName(`${before?.text ?? ''}_${text}`)
    : kind;
}

/** No names, but what they are said of has a secret in it. */
const ANNOUNCES = /^(?:sasl|scram|userlist(?:\.txt)?|login|log(?:ged)?in|authenticat\w{1,3}|unsubscribe)$/i;
const ANNOUNCED = /sasl|scram|userlist|log(?:ged)?in|authenticat|unsubscribe/i;

function mayHideHere(kind: NameKind, { text }: Word): boolean {
  return (kind === 'strong' || kind === 'weak' || kind === 'about') && !looksRandom(text);
}

/** Does the word before it say what it is: `user=x`, `"host": "x"`, `request x`? */
function isSaidOtherwise(line: string, words: readonly Word[], at: number): boolean {
  const before = words[at - 1];
  const word = words[at];
  if (before === undefined || word === undefined) return false;
  const joint = line.slice(before.end, word.start);
  return isLabel(before.text) && /^["'\]]?\s*[:= #]\s*[(["'<]?$|^["']?\s?[:=]?\s*$/.test(joint);
}
