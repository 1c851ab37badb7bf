import type { PlacedInsertion } from './manifest.ts';

interface TakenOut {
  text: string;
  /** Insertions that are no longer there as they were written. */
  missing: PlacedInsertion[];
}

/** How much of the neighbouring text is kept with an insertion. */
export const CONTEXT = 40;

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
 * around it fits best. A closing bracket is found as the partner of its opening one.
 */
export function takeOut(text: string, insertions: readonly PlacedInsertion[]): TakenOut {
  const found = findInsertions(text, insertions);
  const missing = insertions.filter((_, index) => found[index] === undefined);
  const cuts = found.flatMap((at, index) => {
    const length = insertions[index]?.text.length ?? 0;
    return at === undefined ? [] : [{ at, length }];
  });
  let result = text;
  for (const { at, length } of cuts.sort((a, b) => b.at - a.at)) {
    result = result.slice(0, at) + result.slice(at + length);
  }
  return { text: result, missing };
}

/** Where each insertion stands in the text now; undefined where it does not. */
export function findInsertions(text: string, insertions: readonly PlacedInsertion[]): (number | undefined)[] {
  const found: (number | undefined)[] = [];
  for (const insertion of insertions) {
    if (insertion.closes === undefined) {
      found.push(bestPlace(text, insertion, found));
      continue;
    }
    const opening = insertions[insertion.closes];
    const at = found[insertion.closes];
    const closing =
      opening === undefined || at === undefined ? undefined : partner(text, at + opening.text.length);
    found.push(closing !== undefined && text.startsWith(insertion.text, closing) ? closing : undefined);
  }
  return found;
}

function bestPlace(
  text: string,
  insertion: PlacedInsertion,
  taken: readonly (number | undefined)[],
): number | undefined {
  let best: { at: number; score: number } | undefined;
  for (let at = text.indexOf(insertion.text); at !== -1; at = text.indexOf(insertion.text, at + 1)) {
    if (taken.includes(at)) continue;
    const end = at + insertion.text.length;
    const score =
      commonLength(reversed(text.slice(Math.max(0, at - CONTEXT), at)), reversed(insertion.before)) +
      commonLength(text.slice(end, end + CONTEXT), insertion.after) +
      (at === insertion.at ? 1 : 0);
    if (best === undefined || score > best.score) best = { at, score };
  }
  return best?.at;
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
