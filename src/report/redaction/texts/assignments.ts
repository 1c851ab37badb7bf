import { isPlaceholder, looksRandom } from '../looks.ts';
import { isKnownName, judgeName, mayHide, type NameKind } from '../names.ts';
import { isBlank, nameBefore, quotedEnd, startsLine, type NameBefore, type Scan } from './scan.ts';
import { isSecretText } from './values.ts';

/** Of a value that only may be a secret so much is looked at: unbounded, `key=key=key=…` costs its square. */
const MOST_DOUBTFUL = 256;
const HEADER = /^(?:proxy-)?authorization$|^(?:set-)?cookie2?$/i;

/**
 * `name=value`, `name: value`, `"name": "value"`, `name := value`, `name => value`: the assignments of forms, headers,
 * cookies, INI, env, properties and YAML files, keyword arguments, connection strings, command lines and code. One
 * scanner, because a message has all of them in one line, and what it is as a whole is not known.
 */
export function scanAssignments(scan: Scan): void {
  const { text, work } = scan;
  work.spend(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 0x3d && code !== 0x3a) continue;
    const before = nameBefore(scan, at) ?? keyOfLine(scan, at);
    if (before === undefined) continue;
    const kind = kindBefore(scan, before, at);
    if (!mayHide(kind)) continue;
    const after = hideValue(scan, before, kind, at);
    if (after > at) at = after - 1;
  }
}

/** YAML 1.2, 8.2.2: `? password` and, on the next line, `: x`. */
function keyOfLine({ text }: Scan, at: number): NameBefore | undefined {
  if (text[at] !== ':' || (text[at - 1] ?? '') !== '\n') return undefined;
  const name = /(?:^|\n)\? ["']?([\w.-]{1,100})["']?\n$/.exec(text.slice(Math.max(0, at - 110), at))?.[1];
  return name === undefined ? undefined : { name, start: at, quoted: false };
}

/** In `password: str = 'x'` the name is before the type. */
function kindBefore(scan: Scan, before: NameBefore, at: number): NameKind {
  const kind = judgeName(cutName(scan, before));
  const special = kindOfOauth(scan, before, at) ?? kindOfKey(scan, before);
  if (special !== undefined) return special;
  // a record of fields: `arn:aws:secretsmanager:…:secret:prod/db`
  const record = scan.text[at] === ':' && scan.text[before.start - 1] === ':' && !isBlank(scan.text[at + 1]);
  if (mayHide(kind)) return record ? 'doubtful' : kind;
  if (before.start < 3) return kind;
  if (ROW_VALUE.test(before.name)) return kindOfRow(scan, before);
  if (scan.text[at] !== '=') return kind;
  if (before.name === 'input_value') return judgeName(fieldOfLine(scan, before.start));
  let colon = before.start;
  while (colon > 0 && before.start - colon < 3 && isBlank(scan.text[colon - 1])) colon -= 1;
  if (scan.text[colon - 1] !== ':') return kind;
  const annotated = nameBefore(scan, colon - 1);
  return annotated === undefined ? kind : judgeName(annotated.name);
}

const ROW_VALUE = /^(?:value|val|content|default|data)$/i;
const ROW_DISTANCE = 160;

/** A row of name and value in a text: `- name: DB_PASSWORD\n  value: x`, `key=token value=x`. */
function kindOfRow({ text, work }: Scan, before: NameBefore): NameKind {
  const front = text.slice(Math.max(0, before.start - ROW_DISTANCE), before.start);
  work.spend(ROW_DISTANCE);
  const name =
    /(?:^|[\s,{<-])["']?(?:name|key|field|id|header|option|parameter)["']?\s{0,3}[:=]\s{0,3}["']?([\w.-]{1,100})["']?[\s,;]{1,40}["']?$/i.exec(
      front,
    )?.[1];
  // HCL: variable "password" { default = "x" }
  const variable = /\bvariable\s{1,3}"([\w-]{1,60})"\s{0,3}\{[^{}]{0,80}$/.exec(front)?.[1];
  return judgeName(name ?? variable ?? '');
}

/** `ssword": "x"}`: the beginning of the text was cut off, and its first name with it. */
function cutName({ text }: Scan, { name, start, quoted }: NameBefore): string {
  if (start > 0 || name.length < (quoted ? 3 : 5) || /^["']/.test(text)) return name;
  return CUT.find((each) => each.endsWith(name)) ?? name;
}

const CUT = ['password', 'passwd', 'passphrase', 'secret', 'token', 'api_key', 'credential'];

/** RFC 6749, 4.1.2: `code=x&state=y`; 4.1.3 and RFC 7521 to 8693: what a client sends to get a token. */
function kindOfOauth({ text }: Scan, { name, start }: NameBefore, at: number): NameKind | undefined {
  if (
    /^(?:[tk]|magic(?:_?link)?)$/.test(name) &&
    text[start - 1] === '?' &&
    (name.length > 1 ||
      /\/(?:verify|confirm|reset|activate|unsubscribe|invite|magic|login)\b[\w/-]*\?$/i.test(
        text.slice(Math.max(0, start - 60), start),
      ))
  )
    return 'weak';
  if (!/^(?:code|(?:client_)?assertion|code_verifier|device_code|subject_token|actor_token)$/.test(name))
    return undefined;
  if (text[at] !== '=' || !(start === 0 || text[start - 1] === '?' || text[start - 1] === '&'))
    return undefined;
  return text.includes('grant_type=') ? 'weak' : 'doubtful';
}

/** RFC 7616: `Digest username="ada", …, response="x"`; SQLCipher: `PRAGMA key='x'`. */
function kindOfKey({ text, work }: Scan, { name, start }: NameBefore): NameKind | undefined {
  if (!/^(?:response|(?:re|hex)?key)$/i.test(name)) return undefined;
  const front = text.slice(Math.max(0, start - 400), start);
  work.spend(front.length);
  const asked = name === 'response' ? /\bDigest\s+\w+=/i : /\bpragma\s+$/i;
  return asked.test(front) ? 'strong' : undefined;
}

/** pydantic names the field in the line above: `password\n  too short [type=…, input_value='x']`. */
function fieldOfLine({ text, work }: Scan, at: number): string {
  const above =
    text
      .slice(Math.max(0, at - 400), at)
      .split('\n')
      .at(-2) ?? '';
  work.spend(400);
  return above.trim();
}

/** Hides the value after the separator, and returns where it ends; `at` where nothing was looked at. */
function hideValue(scan: Scan, before: NameBefore, kind: NameKind, at: number): number {
  const { text, work, literals } = scan;
  const sure = kind === 'strong' || kind === 'person';
  let from = at + 1;
  while (
    from - at < 4 &&
    (text[from] === '=' || text[from] === '>' || text[from] === '~' || text[from] === ':')
  )
    from += 1;
  const blanks = from;
  while (from - blanks < 40 && isBlank(text[from])) from += 1;
  const prefix = /^[bBuUrRfF]{1,2}(?=\\*["'])/.exec(text.slice(from, from + 12))?.[0].length ?? 0;
  const most = sure ? text.length : Math.min(text.length, from + MOST_DOUBTFUL);
  const enclosing = enclosingQuote(text, before.start);
  // `getpass('Password: ')`: the quote ends the text that the name is in
  const closes = enclosing !== undefined && !before.quoted && text[from] === enclosing;
  const quoted = closes ? undefined : quotedEnd(text, from + prefix, most);
  if (quoted !== undefined) {
    work.spend(quoted.end - from);
    const value = text.slice(quoted.start, quoted.end);
    if (literals && !isLiteralSecret(value)) return quoted.after;
    if (!isSecretText(kind, value, kind === 'doubtful' ? before.name : undefined)) return at;
    const whole = sure ? quoted : (quotedEnd(text, from + prefix) ?? quoted);
    work.spend(whole.end - from);
    scan.hide(whole.start, whole.end, kind);
    return whole.after;
  }
  if (closes || text[from] === undefined || text.startsWith('</', from)) return at;
  if (literals && !isInLiteral(scan, before, at, from)) return at;
  let end = unquotedEnd(scan, before, kind, at, from, most);
  work.spend(end - from);
  while (from < end && /\s/.test(text[from] ?? 'x')) from += 1;
  let value = text.slice(from, end);
  // of JSON the literals are looked at as a tree
  if (/^[{[(<]/.test(value) && (kind !== 'strong' || before.quoted)) return at;
  // a call, a subscript: code, and no value
  const call = /^([A-Za-z_][\w.]{0,80})(?:\(\)|[([][\w"']{1,80})/.exec(value)?.[1];
  if (call !== undefined && !looksRandom(call)) return at;
  if (HEADER.test(before.name)) {
    // RFC 9110, 11.4: what the scheme is called explains crashes and is no secret
    const scheme = /^[A-Za-z][\w-]*[ \t]+(?=\S)/.exec(value)?.[0].length ?? 0;
    if (/authorization/i.test(before.name)) {
      from += scheme;
      value = value.slice(scheme);
    }
    if (isPlaceholder(value.trim())) return at;
    if (/cookie/i.test(before.name)) hideCookies(scan, from, value);
    else scan.hide(from, end, kind);
    return end;
  }
  if (!isSecretText(kind, value, kind === 'doubtful' ? before.name : undefined)) return at;
  if (end === most && !sure) end = unquotedEnd(scan, before, kind, at, from, text.length);
  scan.hide(from, end, kind);
  return end;
}

/** All of a Cookie header but its plain settings. */
function hideCookies(scan: Scan, from: number, value: string): void {
  let start = from;
  for (const pair of value.split(/(?<=;)/)) {
    const plain =
      /^\s*(?:theme|lang(?:uage)?|locale|tz|timezone|currency|country|consent|dark_?mode|layout|path|domain|max-age|expires|samesite|secure|httponly)(?:=[\w ,:/+-]{0,40})?;?\s*$/i.test(
        pair,
      );
    const end = start + pair.replace(/;$/, '').length;
    if (!plain || looksRandom(pair)) scan.hide(start + (/^\s*/.exec(pair)?.[0].length ?? 0), end, 'weak');
    start += pair.length;
  }
}

/** In source code what is not quoted is no value, but for what a text has in it: a query, an option, `'host=x password=y'`. */
function isInLiteral({ text }: Scan, { name, start }: NameBefore, at: number, from: number): boolean {
  if (/^[?&]$/.test(text[start - 1] ?? '') || name.startsWith('--')) return true;
  let quote: string | undefined;
  for (let place = Math.max(0, start - 500); place < start; place += 1) {
    const character = text[place];
    if (character === '\\') place += 1;
    else if (character === quote) quote = undefined;
    else if (quote === undefined && (character === '"' || character === "'")) quote = character;
  }
  if (quote === undefined) return false;
  const value = /^[^\s"'&,;]*/.exec(text.slice(from, from + 200))?.[0] ?? '';
  if (value.length < 6 || /[{}()<>[\]\\$%*]/.test(value) || isKnownName(value)) return false;
  return text[at] === '=' || looksRandom(value) || /^(?=.*\d)(?=.*[a-z])[\w+/=.-]{8,}$/i.test(value);
}

/** In source code a value that is one word of a name is a key, not a secret: `password = form["password"]`. */
function isLiteralSecret(value: string): boolean {
  return !isPlaceholder(value) && (looksRandom(value) || !mayHide(judgeName(value)) || !isKnownName(value));
}

/** Where a value without quotes ends. */
function unquotedEnd(
  scan: Scan,
  before: NameBefore,
  kind: NameKind,
  at: number,
  from: number,
  most: number,
): number {
  const { text } = scan;
  const enclosing = enclosingQuote(text, before.start);
  const line = Math.min(most, scan.lineEnd(at + 1));
  const bound = enclosing === undefined ? line : Math.min(most, closingQuote(scan, from, enclosing));
  if (HEADER.test(before.name)) return enclosing === undefined ? foldedEnd(scan, line) : bound;
  const first = startsLine(text, before.start);
  if (text[at] === ':') {
    if (from >= line && first) return blockEnd(scan, at, line);
    const block = /^(?:![\w!]{1,20}[ \t]+)?[|>][-+\d]*[ \t]*$/.test(
      text.slice(from, Math.min(line, from + 30)),
    );
    if (block && first) return blockEnd(scan, at, line);
  }
  // ODBC and .NET: PWD={a;b}}c}
  if (text[from] === '{' && text[at] === '=') {
    let end = scan.next('}', from);
    while (end < bound && text[end + 1] === '}') end = scan.next('}', end + 2);
    return Math.min(bound, end + 1);
  }
  // in a form a `&` always ends it
  const form = text[before.start - 1] === '&' || text[before.start - 1] === '?';
  const word = wordEnd(text, from, form ? Math.min(bound, scan.next('&', from)) : bound);
  if (form || word >= bound || kind === 'doubtful') return word;
  if (
    text[at] === ':' &&
    !before.quoted &&
    !first &&
    isProse(text.slice(from, Math.min(bound, from + 120)), kind, first)
  )
    return from;
  if (!first || !isBlank(text[word])) return word;
  // `KEY=value command`
  const shell =
    text[at] === '=' &&
    !isBlank(text[at + 1]) &&
    /^\s+\.{0,2}\/?[\w./-]+(?:\s+-|\s+[\w./-]+\.\w+\b)/.test(text.slice(word, Math.min(bound, word + 200)));
  if (shell) return word;
  const rest = text.slice(from, Math.min(bound, from + 400));
  // `password: correct horse battery`, but not `dbname=x password=y host=z`, nor `Password: This field is required.`
  if (/[\w.-][ \t]*[=:]/.test(text.slice(word, Math.min(bound, word + 60)))) return word;
  if (isProse(rest, kind, first))
    return kind === 'strong' && looksRandom(text.slice(from, word)) ? word : from;
  return bound;
}

/** Words that are in sentences, and in few passphrases. */
const SENTENCE =
  /(?:^|\s)(?:is|are|was|were|must|not|the|a|an|for|be|been|required|to|of|and|or|with|this|that|has|have|does|doesn't|isn't|can|cannot|can't|should|at|in|on|by|from|your|you|expected|unexpected|missing|invalid|too|got|found|failed|cannot)(?:\s|$|[.,;:!])/i;

function isProse(rest: string, kind: NameKind, begins: boolean): boolean {
  const first = /^\S+/.exec(rest)?.[0] ?? '';
  if (looksRandom(first)) return false;
  if (SENTENCE.test(rest) && /\s/.test(rest.trim())) return true;
  // `token: eof at line 3` says something about the token
  return kind === 'weak' && !begins && /^[a-z]+(?:\s|$)/i.test(rest);
}

/** A value that is one word: it may hold `&`, `;`, `,` and brackets, and ends at them where the next name follows. */
function wordEnd(text: string, from: number, bound: number): number {
  let open = 0;
  for (let at = from; at < bound; at += 1) {
    const character = text[at] ?? '';
    if (character <= ' ') return at;
    if (character === '(' || character === '[' || character === '{' || character === '<') open += 1;
    else if (character === ')' || character === ']' || character === '}' || character === '>') {
      if (open === 0) return at;
      open -= 1;
    } else if (character === '"' || character === "'" || character === '`') {
      if (/^[\s,;:)\]}>.&"'`]?$/.test(text[at + 1] ?? '')) return at;
    } else if (character === '&' || character === ';' || character === ',' || character === '|') {
      if (
        /^(?:amp;)?[ \t]*$|^(?:amp;)?[ \t]*["']?[\w.$%[\]-]{1,60}["']?[ \t]{0,3}[=:]|^[\s&;,|]/.test(
          text.slice(at + 1, at + 80),
        )
      )
        return at;
    } else if (character === '\\' && /^\\+[rnt"']/.test(text.slice(at, at + 10))) {
      return at;
    } else if (character === '.' && /^[.\s]*$/.test(text.slice(at, at + 4)) && at + 1 >= bound) {
      return at;
    }
  }
  return bound;
}

/** Continuation lines of a header: RFC 9112, 5.2. */
function foldedEnd(scan: Scan, line: number): number {
  const { text } = scan;
  let end = line;
  for (;;) {
    const next = text.startsWith('\r\n', end) ? end + 2 : text[end] === '\n' ? end + 1 : -1;
    if (next < 0 || !isBlank(text[next])) return end;
    end = scan.lineEnd(next);
  }
}

/** The lines that are further in than the one with the name: a YAML block or value on its own line. */
function blockEnd(scan: Scan, at: number, line: number): number {
  const { text } = scan;
  const start = text.lastIndexOf('\n', Math.max(0, at - 1)) + 1;
  const margin = /^[ \t-]*/.exec(text.slice(start, Math.min(at, start + 200)))?.[0].length ?? 0;
  let end = line;
  for (;;) {
    const next = text.startsWith('\r\n', end) ? end + 2 : text[end] === '\n' ? end + 1 : -1;
    if (next < 0) return end;
    const stop = scan.lineEnd(next);
    const indent = /^[ \t]*/.exec(text.slice(next, Math.min(stop, next + 200)))?.[0].length ?? 0;
    if (stop > next && indent <= margin) return end;
    end = stop;
  }
}

/** The quote that is right before the name: `-H 'X-Api-Key: abc'`. */
function enclosingQuote(text: string, start: number): string | undefined {
  const character = text[start - 1];
  return character === '"' || character === "'" || character === '`' ? character : undefined;
}

function closingQuote(scan: Scan, from: number, quote: string): number {
  const end = scan.next(quote, from);
  return scan.text[end - 1] === '\\' && end > from ? end - 1 : end;
}
