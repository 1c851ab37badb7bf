import { isPlaceholder, looksRandom } from '../looks.ts';
import { isKnownName, judgeName, type NameKind } from '../names.ts';
import { secretWords } from './command-words.ts';
import { quotedEnd, type Scan } from './scan.ts';

interface Word {
  start: number;
  end: number;
}

/**
 * What is named by the word before it, without a sign between them: command lines, `.netrc`, SQL's `PASSWORD 'x'` and
 * `IDENTIFIED BY 'x'`, `Bearer x`, and sentences (`wrong password "x" for ada`).
 */
export function scanPhrases(scan: Scan): void {
  const { text } = scan;
  let start = 0;
  while (start < text.length) {
    const end = scan.lineEnd(start);
    scanLine(scan, start, end);
    start = end === text.length ? end : end + (text[end] === '\r' ? 2 : 1);
  }
}

function scanLine(scan: Scan, start: number, end: number): void {
  scanColons(scan, start, end);
  const words = wordsOfLine(scan, start, end);
  // a sentence about a command line: Command 'mysql -p…' returned …
  for (const word of words) {
    if (/^["'](?=\S+\s)/.test(scan.text.slice(word.start, word.end)))
      scanLine(scan, word.start + 1, word.end);
  }
  for (const word of words) {
    hideLogin(scan, word);
    hideInBrackets(scan, word);
  }
  if (words.length < 2) return;
  const texts = words.map(({ start: from, end: to }) => scan.text.slice(from, to));
  if (
    texts.some(
      (word) =>
        word.startsWith('-') ||
        word === 'login' ||
        word === 'use' ||
        word.startsWith('pass:') ||
        /^(?:setx?|SETX?|AUTH|LOGIN)$/.test(word),
    )
  ) {
    for (const part of secretWords(texts)) {
      const word = words[part.word];
      if (word !== undefined) scan.hide(word.start + part.start, word.start + part.end, part.kind);
    }
  }
  const netrc =
    /^(?:machine|default)$/.test(texts[0] ?? '') ||
    (words.length === 2 && /\bmachine \S/.test(scan.text.slice(0, 1000)));
  for (let at = 0; at + 1 < words.length; at += 1) {
    const raw = texts[at] ?? '';
    const name = raw.replaceAll(/^[("'[{<]+|[)"'\]}]+$/g, '');
    const next = words[at + 1];
    // `"password", "last_login"` is a list
    if (next === undefined || name.length > 100 || /[,;.]$/.test(raw)) continue;
    if (netrc && (name === 'password' || name === 'account')) {
      scan.hide(next.start, next.end, 'strong');
      continue;
    }
    // RFC 9110, 11.4 and RFC 6750: a scheme and its credentials
    if (
      /^(?:bearer|basic|digest|negotiate|ntlm|apikey|api-key|token|hawk|hmac|splunk|ssws|genie[kK]ey|aws4-hmac-sha256)$/i.test(
        name,
      )
    ) {
      if (hidesCredentials(scan, name, words, at + 1)) continue;
    }
    const identified =
      /^by$/i.test(name) && texts.slice(Math.max(0, at - 4), at).some((word) => /^identified$/i.test(word));
    const kind = identified ? 'strong' : kindOfPhrase(texts[at - 1] ?? '', name.replace(/[:=]+$/, ''));
    if (kind !== 'strong' && kind !== 'weak' && kind !== 'doubtful') continue;
    afterName(scan, words, texts, at + 1, identified, kind);
  }
}

/** `user:password@host` without a scheme; Oracle's `user/password@host/service`. */
function hideLogin(scan: Scan, { start, end }: Word): void {
  const found = /(?:^|[:'"(=])[\w$#.]{1,60}[:/]([^@/:\s]{4,60})@[\w.-]/.exec(
    scan.text.slice(start, Math.min(end, start + 200)),
  );
  if (found?.[1] === undefined || !looksRandom(found[1])) return;
  const at = start + found.index + found[0].indexOf(found[1], found[0].search(/[\w$#.][:/]/) + 2);
  scan.hide(at, at + found[1].length, 'strong');
}

/** `token[x]`, `token(x)`, `token<x>`. */
function hideInBrackets(scan: Scan, { start, end }: Word): void {
  const found = /^["']?([A-Za-z_][\w-]{1,60})[[(<]([^\s\])>'"=:/]{6,200})/.exec(
    scan.text.slice(start, Math.min(end, start + 300)),
  );
  const kind = found?.[1] === undefined ? 'plain' : judgeName(found[1]);
  if (found?.[2] === undefined || (kind !== 'strong' && kind !== 'weak') || !looksRandom(found[2])) return;
  const at = start + found[0].length - found[2].length;
  scan.hide(at, at + found[2].length, kind);
}

/** `Bearer x`: what follows is no word of a sentence. */
function hidesCredentials(scan: Scan, name: string, words: readonly Word[], at: number): boolean {
  const word = words[at];
  if (word === undefined) return false;
  const text = trimmed(scan.text, word);
  const value = scan.text.slice(text.start, text.end);
  const plain = /^[a-z]{1,14}$/i.test(value) || /[=:]$|^\w+=["']?\w/.test(value);
  const loose = /^(?:token|digest|basic|hmac)$/i.test(name);
  if (value.length < 8 || (loose ? !looksRandom(value) && !/=$|^[A-Za-z\d+/]{16,}$/.test(value) : plain))
    return false;
  scan.hide(text.start, text.end, 'weak');
  return true;
}

/** `api key` is one name. */
function kindOfPhrase(before: string, name: string): NameKind {
  const kind = judgeName(name);
  if (kind !== 'doubtful' || !/^[A-Za-z]{2,12}$/.test(before)) return kind;
  const both = judgeName(`${before}_${name}`);
  return both === 'strong' || both === 'weak' ? both : kind;
}

/** A word with digits in it that is the name of no algorithm: `password tr0ub4dor`, `requirepass x7-y`. */
function isTelling(value: string): boolean {
  return (
    value.length >= 6 &&
    /\d/.test(value) &&
    /[A-Za-z]/.test(value) &&
    !/[=:/()<>[\]{}%]/.test(value) &&
    !/^(?:pbkdf2|sha\d|md5|bcrypt|argon|scrypt|utf|base\d|[rhep]s\d{3}|v\d|iso|python|django|oauth|http|0x)/i.test(
      value,
    )
  );
}

/** Words between a name and its value: `password is x`, `PASSWORD FOR bob = 'x'`, `password of ada was "x"`. */
const FILLER =
  /^(?:is|was|are|were|be|of|for|to|as|with|value|the|a|by|=|:|==|=>|->|:=|set|changed|from|using|given|provided|entered|got|received|invalid|wrong|bad|hash|encrypted|values?)$/i;

function afterName(
  scan: Scan,
  words: readonly Word[],
  texts: readonly string[],
  from: number,
  sure: boolean,
  kind: 'strong' | 'weak' | 'doubtful',
): void {
  // SET PASSWORD FOR 'ada'@'%' = 'x'
  const skipped =
    kind === 'strong' && /^for$/i.test(texts[from] ?? '') && /^:?=$/.test(texts[from + 2] ?? '') ? 3 : 0;
  const first = from + skipped;
  for (let at = first; at < words.length && at < first + 4; at += 1) {
    const word = words[at];
    const text = texts[at] ?? '';
    if (word === undefined) return;
    const bare = text.replace(/^[([{<]+/, '');
    const lead = text.length - bare.length;
    const quoted = quotedEnd(scan.text, word.start + lead, word.end);
    if (quoted !== undefined && quoted.end > quoted.start) {
      const value = scan.text.slice(quoted.start, quoted.end);
      const verb = /^(?:pass|key|pin|pw)$/i.test(texts[from - 1] ?? '');
      const named =
        verb || (!sure && (judgeName(value) !== 'plain' || isKnownName(value)) && !looksRandom(value));
      // `invalid password 'x'` and `PASSWORD 'x'` have a value, `unknown key 'name'` and `token 'end'` a word
      if (
        sure ||
        looksRandom(value) ||
        (kind !== 'doubtful' && isTelling(value)) ||
        (kind === 'strong' && at === first && (skipped > 0 || !named))
      ) {
        if (!isPlaceholder(value)) scan.hide(quoted.start, quoted.end, kind);
      }
      return;
    }
    const { start, end } = trimmed(scan.text, word);
    const value = scan.text.slice(start, end);
    if (sure && value !== '' && !/^(?:with|as|password|external|values?)$/i.test(value))
      return scan.hide(start, end, kind);
    if (looksRandom(value) && !/[=:/]/.test(value)) return scan.hide(start, end, kind);
    if (kind !== 'doubtful' && isTelling(value)) return scan.hide(start, end, kind);
    if (!FILLER.test(text.replace(/(?<=\w)[:=]$/, ''))) return;
  }
}

function trimmed(text: string, { start, end }: Word): Word {
  let from = start;
  let to = end;
  while (from < to && '("\'[{<`'.includes(text[from] ?? '-')) from += 1;
  while (to > from && ')"\'`]}>,.;:!?'.includes(text[to - 1] ?? '-')) to -= 1;
  return { start: from, end: to };
}

/** The words of a line; what is quoted is one. */
function wordsOfLine({ text, work }: Scan, start: number, end: number): Word[] {
  const words: Word[] = [];
  work.spend(end - start);
  let at = start;
  while (at < end) {
    while (at < end && (text[at] === ' ' || text[at] === '\t')) at += 1;
    if (at >= end) break;
    const from = at;
    const quote = text[at];
    if (quote === '"' || quote === "'") {
      const close = text.slice(at + 1, Math.min(end, at + 500)).indexOf(quote);
      if (close >= 0) {
        at += close + 2;
        while (at < end && text[at] !== ' ' && text[at] !== '\t') at += 1;
        words.push({ start: from, end: at });
        continue;
      }
    }
    while (at < end && text[at] !== ' ' && text[at] !== '\t') at += 1;
    words.push({ start: from, end: at });
  }
  return words;
}

/** `.pgpass`: host:port:database:user:password. `/etc/shadow` and `.htpasswd` have hashes, which tokens.ts knows. */
function scanColons(scan: Scan, start: number, end: number): void {
  if (end - start > 500) return;
  const line = scan.text.slice(start, end);
  const pgpass =
    /^(?:[^:\s\\]|\\.){1,120}:(?:\d{1,5}|\*):(?:[^:\s\\]|\\.){1,80}:(?:[^:\s\\]|\\.){1,80}:(?=\S)/.exec(line);
  if (pgpass !== null && !line.includes('://')) scan.hide(start + pgpass[0].length, end, 'strong');
}
