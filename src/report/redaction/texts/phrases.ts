import { isIdentifier, isMadeUp, isNoWord, isPlaceholder, isTelling, looksRandom } from '../looks.ts';
import { isKnownName, judgeName, type NameKind } from '../names.ts';
import { COMMAND, secretWords } from './command-words.ts';
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
  scanSentences(scan, start, end);
  const words = wordsOfLine(scan, start, end);
  // a sentence about a command line: Command 'mysql -p…' returned …
  for (const word of words) {
    if (/^["'](?=\S+\s)/.test(scan.text.slice(word.start, word.end)))
      scanLine(scan, word.start + 1, word.end);
  }
  if (/[@[(<]/.test(scan.text)) {
    for (const word of words) {
      hideLogin(scan, word);
      hideInBrackets(scan, word);
    }
  }
  if (words.length < 2) return;
  const texts = words.map(({ start: from, end: to }) => scan.text.slice(from, to));
  if (texts.some((word) => COMMAND.test(word))) {
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
    const front = /^(?:by|(?:re|hex)?key)$/i.test(name)
      ? texts.slice(Math.max(0, at - 6), at).join(' ')
      : (texts[at - 1] ?? '');
    const identified =
      (/^by$/i.test(name) && /\bidentified\b/i.test(front)) ||
      // SQLCipher
      (/^(?:re|hex)?key$/i.test(name) && /\b(?:attach|pragma)\b/i.test(front));
    const kind = identified
      ? 'strong'
      : kindOfPhrase(
          front,
          name.replace(/[:=]+$/, ''),
          scan.text.slice(words[at]?.end, Math.min(end, (words[at]?.end ?? end) + 100)),
        );
    // `auth with 'x'`
    if (/^(?:auth\w*|log(?:in|ged|on))$/i.test(name) && /^(?:with|using)$/i.test(texts[at + 1] ?? '')) {
      afterName(scan, words, texts, at + 2, false, 'strong');
      continue;
    }
    if (kind !== 'strong' && kind !== 'weak' && kind !== 'doubtful') continue;
    afterName(scan, words, texts, at + 1, identified, kind);
  }
}

/** `X is your login code`, `password of ada changed to X`, `login failed for ada:X`; FTP and POP3: `PASS x` after `USER ada`. */
const SENTENCES: readonly (readonly [needs: string, RegExp])[] = [
  [' is your ', /(\S{4,60}) is your (?:[\w-]{1,20} ){0,3}(?:code|pin|pass\w*|otp|token)\b/i],
  [
    'code is ',
    /\b(?:verification|security|log-?in|sign-?in|one-time|confirmation|access|auth\w*) code is:? (\w[\w-]{3,11})\b/i,
  ],
  [' to ', /\bpass(?:word|wd|phrase|code)\b.{0,60}\b(?:changed|set|reset|updated) to (\S{4,60})/i],
  [' to ', /\b(?:use|enter|type) (\S{4,60}) to (?:sign|log|verify|confirm|activate|unlock|continue)\b/i],
  [
    ' ',
    /\b(?:auth|credentials?|log[io]n|basic)\b.{0,40}[\s=("'][A-Za-z][\w.-]{1,30}\s?[:,/]\s?([^\s:/@]{4,60})/i,
  ],
  [
    ' ',
    /\b(?:log(?:ged|ging)?[ -]?(?:in|on)|login|authenticat\w{1,4}|decrypt\w{0,4}|sign(?:ed|ing)? in)\b[^.]{0,30} (?:with|using) ["']?([^\s"'/()<>=]{6,60})/i,
  ],
  // `Password for ada: x`, `signature verification failed: x`
  [
    ': ',
    /\b(?:pass(?:word|wd|phrase|code)|pin|otp|code|token|secret|jwt|csrf|fernet|signature)\b[^:=]{1,60}: ["']?([^\s"'/()<>=.,]{8,80})["']?\.?$/i,
  ],
  ['ode: ', /\byour code: (\S{4,20})/i],
];

function scanSentences(scan: Scan, start: number, end: number): void {
  if (end - start > 500) return;
  const line = scan.text.slice(start, end);
  for (const [needed, pattern] of SENTENCES) {
    const found = line.includes(needed) ? pattern.exec(line) : null;
    if (found?.[1] === undefined) continue;
    const from = start + found.index + (found[0].startsWith(found[1]) ? 0 : found[0].lastIndexOf(found[1]));
    const word = trimmed(scan.text, { start: from, end: from + found[1].length });
    const value = scan.text.slice(word.start, word.end);
    // `exit code of worker: 13421772`
    const isCode = needed !== ': ' && /\bcode\b/i.test(found[0]) && /^\d{4,8}$/.test(value);
    if (isCode || looksRandom(value) || isPassword(value) || isNoWord(value))
      scan.hide(word.start, word.end, 'strong');
  }
  if (/^PASS \S+$/.test(line) && /(?:^|\n)USER \S/.test(scan.text.slice(Math.max(0, start - 300), start)))
    scan.hide(start + 5, end, 'strong');
}

/** `user:password@host` without a scheme; Oracle's `user/password@host/service`. */
function hideLogin(scan: Scan, { start, end }: Word): void {
  const found = /(?:^|[:'"(=])[\w$#.]{1,60}[:/]([^@/:\s]{4,60})@(?:\/\/)?[\w.-]/.exec(
    scan.text.slice(start, Math.min(end, start + 200)),
  );
  if (found?.[1] === undefined) return;
  const front = scan.text.slice(Math.max(0, start - 40), start + 20);
  const port = /^[\w.-]{1,100}:\d{2,5}\b/.test(
    scan.text.slice(start + found.index + found[0].length - 1, end),
  );
  if (!looksRandom(found[1]) && !port && !/\b(?:jdbc:oracle|sqlplus|rman|expdp|impdp|sqlldr)\b/i.test(front))
    return;
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
  const plain = (/^[a-z]{1,14}$/i.test(value) && !isNoWord(value)) || /[=:]$|^\w+=["']?\w/.test(value);
  const loose = /^(?:token|digest|basic|hmac)$/i.test(name);
  if (value.length < 8 || (loose ? !looksRandom(value) && !/=$|^[A-Za-z\d+/]{16,}$/.test(value) : plain))
    return false;
  scan.hide(text.start, text.end, 'weak');
  return true;
}

/** `api key` and `otp code` are one name; a code that is there to sign in is a password. */
function kindOfPhrase(front: string, name: string, after: string): NameKind {
  const before = front.slice(front.lastIndexOf(' ') + 1);
  const kind = judgeName(name);
  if (kind === 'doubtful' && /^[,:]?\s+(?:mismatch|does not match|verification failed)/i.test(after))
    return 'weak';
  if (/^key$/i.test(name) && /\b(?:decrypt|encrypt|sign|verify|unlock)\w*\b.*\b(?:with|using)$/i.test(front))
    return 'weak';
  const code = /^(?:code|pin)$/i.test(name);
  if (code && /\b(?:sign|log)[ -]?(?:in|on)\b|\b(?:verify|confirm|activate|unlock)\b/i.test(after))
    return 'strong';
  if ((kind !== 'doubtful' && !code) || !/^[\w-]{2,14}$/.test(before)) return kind;
  const both = judgeName(`${before}_${name}`);
  return both === 'strong' || both === 'weak' ? both : kind;
}

/** `with password x`, `password is x`, `secret -> x`, `token x has expired`: what stands there is the secret itself. */
function isSaid(texts: readonly string[], from: number, at: number): boolean {
  const next = texts[at + 1];
  const ends =
    next === undefined ||
    /[,;.)]$/.test(texts[at] ?? '') ||
    /^(?:for|at|on|to|in|and|is|was|has|not|sent|entered|expired|incorrect|mismatch|failed|rejected|accepted)$/i.test(
      next,
    );
  if (!ends) return false;
  if (at === from)
    return (
      next === undefined ||
      !/^(?:for|at|on|to|in|and)$/i.test(next) ||
      ASKED.test(`${texts[from - 2] ?? ''} ${texts[from - 1] ?? ''}`)
    );
  return /^(?:is|was|expected|got|:|=|==|=>|->|[^\0-\x7F]{1,6})$|:$/i.test(texts[at - 1] ?? '');
}

const ASKED = /^(?:with|using|by) |:$| (?:code|otp)$/i;

/** Words between a name and its value: `password is x`, `PASSWORD FOR bob = 'x'`, `password of ada was "x"`. */
const FILLER =
  /^(?:id|is|was|are|were|be|of|for|to|as|with|value|the|a|by|=|:|==|[-=~]{1,3}>|:=|mismatch|expected|computed|set|changed|does|not|match(?:es)?|but|from|using|given|provided|[^\0-\x7F]{1,6}|entered|got|received|invalid|wrong|bad|hash|encrypted|values?)$/i;

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
  for (let at = first; at < words.length && at < first + 6; at += 1) {
    const word = words[at];
    const text = texts[at] ?? '';
    if (word === undefined) return;
    const bare = text.replace(/^[([{<]+/, '');
    const lead = text.length - bare.length;
    const quoted = quotedEnd(scan.text, word.start + lead, word.end);
    if (quoted !== undefined && quoted.end > quoted.start && quoted.after > quoted.end) {
      const value = scan.text.slice(quoted.start, quoted.end);
      const verb = /^(?:pass|key|pin|pw)$/i.test(texts[from - 1] ?? '');
      const named =
        verb || (!sure && (judgeName(value) !== 'plain' || isKnownName(value)) && !looksRandom(value));
      // `invalid password 'x'` and `PASSWORD 'x'` have a value, `unknown key 'name'` and `token 'end'` a word
      if (
        sure ||
        looksRandom(value) ||
        (kind !== 'doubtful' && isPassword(value)) ||
        (kind !== 'doubtful' && isNoWord(value)) ||
        (kind === 'strong' && at === first && (skipped > 0 || !named))
      ) {
        if (!isPlaceholder(value)) scan.hide(quoted.start, quoted.end, kind);
      }
      return;
    }
    const { start, end } = trimmed(scan.text, word);
    const value = scan.text.slice(start, end);
    const inBrackets = at === from && kind !== 'doubtful' && /^\([A-Za-z]{8,}\)$/.test(text);
    if (inBrackets && isNoWord(value) && !isKnownName(value)) return scan.hide(start, end, kind);
    if (sure && /\w/.test(value) && !/^(?:with|as|password|external|values?)$/i.test(value))
      return scan.hide(start, end, kind);
    if (
      (looksRandom(value) || (at === from && isMadeUp(value) && !FILLER.test(value))) &&
      !/[=:/]/.test(value)
    )
      return scan.hide(start, end, kind);
    if (kind !== 'doubtful' && isPassword(value) && !FILLER.test(value)) return scan.hide(start, end, kind);
    if (kind !== 'doubtful' && isSaid(texts, from, at) && isNoWord(value)) return scan.hide(start, end, kind);
    if (!FILLER.test(text.replace(/(?<=\w)[:=,]$/, ''))) return;
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
  if (pgpass !== null && !line.includes('://') && !isIdentifier(line))
    scan.hide(start + pgpass[0].length, end, 'strong');
}

/** One word that tells, and no expression. */
function isPassword(value: string): boolean {
  const tells = /\d/.test(value) ? isTelling(value) : isMadeUp(value);
  return value.length >= 6 && tells && !/[=:/()<>[\]{}%]/.test(value);
}
