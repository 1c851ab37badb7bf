import { isPlace, isPlaceholder, looksRandom } from '../looks.ts';
import type { NameKind } from '../names.ts';

/** Is a text under this name, which is one of this kind, a secret? */
export function isSecretText(kind: NameKind, text: string, name?: string): boolean {
  switch (kind) {
    case 'plain':
    case 'about':
      return false;
    case 'person':
      // this machine itself
      return !isPlaceholder(text.trim()) && !/^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/.test(text);
    case 'strong':
      return !isPlaceholder(text.trim()) && !isName(text, name) && !isSentence(text);
    case 'weak':
      // short: a mark, a word of a language
      if (
        text.length <= 5 ||
        isPlaceholder(text.trim()) ||
        isPlace(text) ||
        isName(text, name) ||
        isSentence(text)
      )
        return false;
      return !isCode(text);
    case 'doubtful':
      return looksRandom(text) && !isPlace(text);
  }
}

/** `{'password': '"password"'}`: columns, fields and their labels are called as what is in them. */
function isName(text: string, name: string | undefined): boolean {
  if (name === undefined || text.length > name.length + 2) return false;
  return letters(text) === letters(name);
}

function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z]/g, '');
}

/** `This field is required.`: what a form says of a password. */
function isSentence(text: string): boolean {
  return /^[A-Z][a-z']*(?: [A-Za-z\d',-]+)+[.!]$/.test(text.slice(0, 300));
}

/** What parsers call a token: a piece of markup or source. */
function isCode(text: string): boolean {
  return /\s/.test(text.trim()) && /[<>{}()]/.test(text.slice(0, 500)) && !looksRandom(text);
}
