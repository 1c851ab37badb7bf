import { judgeName, mayHide, type NameKind } from '../names.ts';

/** So much of a text is looked at for the places of its arguments. */
const MOST = 4000;
/** `password = ?`, `password %s`, `token: {}`, `VALUES (?, …)`: a place, with the name before it where it has one. */
const PLACE =
  /(?:((?:\b(?:api|access|secret|auth|private|otp|pin) )?[A-Za-z_][\w.]{0,80})["'`\]]?\s{0,3}(?:[=:<>]{1,2}|(?:not\s)?i?like|is)?\s{0,3}["'(]{0,2})?(?:%[sdr]|%\(\w{1,60}\)s|\?(?![\w=])|\$\d{1,3}\b|\{\d?(?:![rs])?\})/gi;

/** What the names before the places in a text say of the arguments that are put there: of SQL, of log messages. */
export function placeholderKinds(text: string): NameKind[] {
  if (!/[%?${]/.test(text)) return [];
  const looked = text.slice(0, MOST);
  const columns = /\binto\s+[\w."`]{1,120}\s*\(([^()]{1,2000})\)\s*values\s*\(/i
    .exec(looked)?.[1]
    ?.split(',');
  return [...looked.matchAll(PLACE)].map(([, name], at) => {
    const kind = name === undefined ? 'plain' : judgeName(name);
    const column = columns?.[at % columns.length];
    return mayHide(kind) || column === undefined ? kind : judgeName(column);
  });
}
