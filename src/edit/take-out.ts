import type { PlacedInsertion } from './manifest.ts';

interface TakenOut {
  text: string;
  /** Insertions that are no longer there as they were written. */
  missing: PlacedInsertion[];
}

/** How much of the neighbouring text is kept with an insertion. */
const CONTEXT = 40;

/** The insertion as it stands in `text` at `at`, with its neighbours. */
export function placed(
  text: string,
  at: number,
  insertion: Pick<PlacedInsertion, 'text' | 'closes'>,
): PlacedInsertion {
  const end = at + insertion.text.length;
  return {
    at,
    text: insertion.text,
    before: text.slice(Math.max(0, at - CONTEXT), at),
    after: text.slice(end, end + CONTEXT),
    ...(insertion.closes === undefined ? {} : { closes: insertion.closes }),
  };
}

/**
 * Takes insertions out of a text that may have been edited since: at the place where each was put, else where the text
 * around it fits best, else where it stands with other quotes or blanks (a formatter has been there). A closing bracket
 * is found as the partner of its opening one.
 */
export function takeOut(text: string, insertions: readonly PlacedInsertion[]): TakenOut {
  const found = findInsertions(text, insertions);
  const missing = insertions.filter((_, index) => found[index] === undefined);
  let result = text;
  for (const { at, length } of found.filter((place) => place !== undefined).sort((a, b) => b.at - a.at)) {
    result = result.slice(0, at) + result.slice(at + length);
  }
  return { text: result, missing };
}

interface Place {
  at: number;
  length: number;
}

/** Where each insertion stands in the text now; undefined where it does not. */
export function findInsertions(text: string, insertions: readonly PlacedInsertion[]): (Place | undefined)[] {
  const found: (Place | undefined)[] = [];
  for (const insertion of insertions) {
    if (insertion.closes === undefined) {
      const place = bestPlace(text, insertion, found) ?? loosePlace(text, insertion.text);
      // one that is gone must not take another's place: what stands there would be taken out twice
      found.push(place === undefined || found.some((other) => overlap(place, other)) ? undefined : place);
      continue;
    }
    const opening = found[insertion.closes];
    const closing = opening === undefined ? undefined : partner(text, opening.at + opening.length);
    const there = closing !== undefined && text.startsWith(insertion.text, closing);
    found.push(there ? { at: closing, length: insertion.text.length } : undefined);
  }
  return found;
}

function overlap(one: Place, other: Place | undefined): boolean {
  return other !== undefined && one.at < other.at + other.length && other.at < one.at + one.length;
}

function bestPlace(
  text: string,
  insertion: PlacedInsertion,
  taken: readonly (Place | undefined)[],
): Place | undefined {
  let best: { at: number; score: number } | undefined;
  for (let at = text.indexOf(insertion.text); at !== -1; at = text.indexOf(insertion.text, at + 1)) {
    if (taken.some((place) => place?.at === at)) continue;
    const end = at + insertion.text.length;
    const score =
      commonLength(reversed(text.slice(Math.max(0, at - CONTEXT), at)), reversed(insertion.before)) +
      commonLength(text.slice(end, end + CONTEXT), insertion.after) +
      (at === insertion.at ? 1 : 0);
    if (best === undefined || score > best.score) best = { at, score };
  }
  return best === undefined ? undefined : { at: best.at, length: insertion.text.length };
}

/** The one place where the text stands with any quotes and blanks; undefined where there is none, or more than one. */
function loosePlace(text: string, wanted: string): Place | undefined {
  const pattern = (wanted.trim().match(/\w+|\s+|./gs) ?? [])
    .map((part) => {
      if (/^\s/.test(part)) return '\\s+';
      if (part === '"' || part === "'") return '[\'"]';
      return part === '(' ? '\\s*\\(' : part.replace(/\W/, '\\$&');
    })
    .join('');
  const whole = /[\r\n]$/.test(wanted) ? `^[ \\t]*${pattern}[ \\t]*(?:\\r\\n|\\n|\\r)` : `${pattern} ?`;
  const [first, second] = text.matchAll(new RegExp(whole, 'gm'));
  return first === undefined || second !== undefined
    ? undefined
    : { at: first.index, length: first[0].length };
}

function reversed(text: string): string {
  return text.split('').reverse().join('');
}

function commonLength(left: string, right: string): number {
  let length = 0;
  while (length < left.length && length < right.length && left[length] === right[length]) length++;
  return length;
}

/** Offset of the bracket that closes the one just before `from`, in Python source; undefined where there is none. */
function partner(text: string, from: number): number | undefined {
  const token = /#[^\r\n]*|'''|"""|['"]|[([{]|[)\]}]/g;
  token.lastIndex = from;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [word] = match;
    if (word.startsWith('#')) continue;
    if (/['"]/.test(word)) {
      const end = stringEnd(text, token.lastIndex, word);
      if (end === undefined) return undefined;
      token.lastIndex = end;
    } else if (/[([{]/.test(word)) depth++;
    else if (depth === 0) return match.index;
    else depth--;
  }
  return undefined;
}

function stringEnd(text: string, from: number, quote: string): number | undefined {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text.startsWith(quote, at)) return at + quote.length;
  }
  return undefined;
}
