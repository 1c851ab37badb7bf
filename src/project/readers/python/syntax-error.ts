import type { Note } from '../../project.ts';
import type { SourceFile } from '../text.ts';
import type { PythonFile } from './syntax.ts';

/** The place and the kind of the first error of a file that does not parse, in CPython's words; undefined where it does. */
export function syntaxErrorOf({ file, error }: PythonFile): Note | undefined {
  if (error === undefined) return undefined;
  const { start, end, what } = markerIn(file) ?? lexicalError(file) ?? { ...error, what: 'invalid syntax' };
  const at = file.span(start, end);
  return { code: 'unparsed', message: `not valid Python 3: ${what}`, at };
}

interface Place {
  start: number;
  end: number;
  what: string;
}

/** What git leaves in a file that both sides have changed (git-merge(1), "How conflicts are presented"). */
function markerIn({ text }: SourceFile): Place | undefined {
  const marker = /^(?:<{7}|>{7})(?: .*)?$/m.exec(text);
  return marker === null
    ? undefined
    : { start: marker.index, end: marker.index + 7, what: 'an unresolved merge conflict' };
}

const TOKEN = /#[^\r\n]*|'''|"""|['"]|[([{]|[)\]}]/g;
const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** A string or a bracket without its end, or an end without its beginning. */
function lexicalError({ text }: SourceFile): Place | undefined {
  const open: { start: number; bracket: string }[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [word] = match;
    const place = { start: match.index, end: match.index + word.length };
    if (/['"]/.test(word)) {
      const end = endOfString(text, place.end, word);
      if (end === undefined) return { ...place, what: 'unterminated string literal' };
      TOKEN.lastIndex = end;
    } else if (/[([{]/.test(word)) open.push({ start: place.start, bracket: word });
    else if (!word.startsWith('#') && open.pop()?.bracket !== CLOSES[word])
      return { ...place, what: `unmatched '${word}'` };
  }
  const [first] = open;
  return first === undefined
    ? undefined
    : { start: first.start, end: first.start + 1, what: `'${first.bracket}' was never closed` };
}

function endOfString(text: string, from: number, quote: string): number | undefined {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (quote.length === 1 && text[at] === '\n') return undefined;
    else if (text.startsWith(quote, at)) return at + quote.length;
  }
  return undefined;
}
