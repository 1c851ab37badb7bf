import { isIdentifier, isMadeUp, isPlace, isPlaceholder, isTelling, looksRandom } from '../looks.ts';
import { isNameOfText, type NameKind } from '../names.ts';

/** Is a text under this name, which is one of this kind, a secret? */
export function isSecretText(kind: NameKind, text: string, name?: string): boolean {
  if (name !== undefined && /\s/.test(text) && kind !== 'person' && isNameOfText(name)) return false;
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
        isSentence(text) ||
        // the name of a person, a firm, a town
        /^[A-Z][a-z]+(?: [A-Z][a-z]+)+$/.test(text)
      )
        return false;
      return !isCode(text);
    case 'doubtful':
      if (isPlace(text)) return false;
      return (
        looksRandom(text) ||
        (isMadeUp(text) && !isIdentifier(text)) ||
        (SIGNED.test(name ?? '') && /^[\w+/=.!@#$%^&*-]+$/.test(text) && isTelling(text))
      );
  }
}

/** `NPM_AUTH`, `X-Hub-Signature`: these hold nothing else. */
const SIGNED = /[a-z][_-]?auth$|sig(?:nature)?(?:[_-]?\d+)?$/i;

/** `{'password': '"password"'}`: columns, fields and their labels are called as what is in them. */
function isName(text: string, name: string | undefined): boolean {
  if (name === undefined || text.length > name.length + 2) return false;
  return letters(text) === letters(name);
}

function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z]/g, '');
}

/** `This field is required.`: what a form says of a password; several words that are in sentences and in no passphrase. */
export function isSentence(text: string): boolean {
  if (text.length > 300 || !text.includes(' ')) return false;
  if (/^[A-Z][a-z']*(?: [A-Za-z\d',-]+)+[.!]$/.test(text)) return true;
  const words = text.split(/[\s,.:;!?]+/);
  return words.length > 4 && words.filter((word) => IN_SENTENCES.test(word)).length > 1;
}

const IN_SENTENCES =
  /^(?:is|are|was|were|must|not|the|an?|for|been?|to|of|and|or|with|this|that|has|have|can|cannot|should|at|in|on|by|from|your|you|please|again|expired|invalid)$/i;

/** What parsers call a token: a piece of markup or source. */
function isCode(text: string): boolean {
  return /\s/.test(text.trim()) && /[<>{}()]/.test(text.slice(0, 500)) && !looksRandom(text);
}
