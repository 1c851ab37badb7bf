import {
  ABOUT,
  ASKS,
  CODE_OF,
  DOUBTFUL,
  ENGLISH,
  IDENTIFIES,
  GLUE,
  KEY_OF,
  NEUTRAL,
  PLAIN_KEY,
  PLAIN_TOKEN,
  SEED_OF,
  STRONG,
  TEXT_OF,
  WEAK,
  withoutAccents,
} from './words.ts';

/**
 * What a name says of its value. `strong`: a secret, whatever it looks like; `weak`: a secret where it is a text and no
 * path or address; `doubtful`: a secret where it looks like one; `about`: something about a secret, and none; `person`:
 * hidden where it stands, and no secret wherever else it does; `plain`: nothing.
 */
export type NameKind = 'strong' | 'weak' | 'doubtful' | 'about' | 'person' | 'plain';

const LONGEST_NAME = 200;
const MOST_KEPT = 5000;
const kept = new Map<string, NameKind>();

/** Sentry's names of personal data. */
const PERSON = /^(?:http_)?(?:x_forwarded_for|x_real_ip|remote_addr|ip_address)$/;

/** Judges the name of a variable, attribute, key, header, option, column: split into words, `dbPass2` into db, pass. */
export function judgeName(name: string): NameKind {
  let kind = kept.get(name);
  if (kind === undefined) {
    kind = judge(name.length > LONGEST_NAME ? name.slice(-LONGEST_NAME) : name);
    if (kept.size < MOST_KEPT) kept.set(name, kind);
  }
  return kind;
}

/** Of `msg_pass`, `cmd_token`: is the value a text about it, as far as it has several words? */
export function isNameOfText(name: string): boolean {
  return TEXT_OF.has(/^_*([A-Za-z]+?)(?:_|(?<=[a-z])(?=[A-Z]))/.exec(name)?.[1]?.toLowerCase() ?? '');
}

/** Does the name say what a random value is, and that it is no secret: `request_id`, `commit`, `user`? */
export function isLabel(name: string): boolean {
  if (name.length > LONGEST_NAME) return false;
  const last = wordsOf(name).findLast((word) => !/^\d+$/.test(word)) ?? '';
  return IDENTIFIES.has(last) || IDENTIFIES.has(singular(last));
}

/** The class is called as a secret: `Password`, `SecretStr`, `shop.Tokens`. */
export function judgeClass(type: string): NameKind {
  const dot = type.lastIndexOf('.');
  return dot < 0 ? 'plain' : judgeName(type.slice(dot + 1));
}

/** Is the value of this name a secret, or can it be one? */
export function mayHide(kind: NameKind): boolean {
  return kind !== 'plain' && kind !== 'about';
}

/** Without one of these a name says nothing: nearly all end here. */
const ANY = new RegExp(
  [
    ...STRONG,
    ...WEAK,
    ...DOUBTFUL,
    'code',
    'answer',
    'phrase',
    'combo',
    'combination',
    'sk',
    'string',
    'forwarded',
    'real',
    'addr',
  ]
    .filter((word, _, all) => !all.some((other) => other !== word && word.includes(other)))
    .join('|'),
  'i',
);

/** Can a name in this text be one of a secret? Cheaper than to judge its words. */
export function mayName(text: string): boolean {
  return ANY.test(withoutAccents(text));
}

function judge(given: string): NameKind {
  const name = withoutAccents(given);
  if (!ANY.test(name) && !/_ip|ip_/i.test(name)) return 'plain';
  if (!/[a-z]/i.test(name) && !/[^\0-\x7F]/.test(name)) return 'plain';
  const header = /^(?:http[-_])?x[-_]/i.test(name);
  const words = wordsOf(name);
  if (PERSON.test(words.join('_'))) return 'person';
  const kinds = words.map((word, at) => kindOf(words, at, word));
  const last = kinds.findLastIndex((kind) => kind !== 'plain');
  if (last < 0) return 'plain';
  if (words.includes('public') && !words.includes('private') && !kinds.includes('strong')) return 'about';
  // two words that only may be of a secret's name: `mfa_seed`, `auth_blob_key`
  const two = kinds[last] === 'doubtful' && kinds.indexOf('doubtful') < last;
  const kind =
    kinds.includes('strong') && kinds[last] !== 'about' ? 'strong' : two ? 'weak' : (kinds[last] ?? 'plain');
  if (kind === 'about') return 'about';
  const first = kinds.findIndex((each) => each !== 'plain');
  if (words.slice(0, first).some((word) => ASKS.has(word))) return 'about';
  const tail = words.slice(last + 1).filter((word) => !NEUTRAL.has(word) && !/^(?:\d+|[a-z])$/.test(word));
  const end = tail.at(-1);
  if (end === undefined) return header && kind === 'doubtful' && words[last] === 'key' ? 'strong' : kind;
  if (ABOUT.has(end) || ABOUT.has(singular(end))) {
    // the number of a card is the card; Vault's secret id, a session's id and the header `auth` is sent in are themselves
    if (end === 'header' || end === 'headers') return 'doubtful';
    // OpenID Connect RP-Initiated Logout 1.0, 2
    if (words.join('_') === 'id_token_hint') return 'weak';
    return 'about';
  }
  if (end === 'id' || end === 'ids') {
    if (words[last] === 'session' || words[last] === 'sess') return 'weak';
    return kind === 'strong' ? 'doubtful' : words[last] === 'key' ? 'about' : 'doubtful';
  }
  return kind === 'weak' && !GLUE.has(end) ? 'doubtful' : kind;
}

/** What one word says, with the ones before it. */
function kindOf(words: readonly string[], at: number, word: string): NameKind {
  const before = words.slice(0, at);
  const previous = words[at - 1] ?? '';
  const bare = singular(word);
  if (bare === 'key') return keyKind(before, word);
  if (bare === 'token' || bare === 'tok' || bare === 'tkn') {
    if (PLAIN_TOKEN.has(previous)) return 'about';
    return 'weak';
  }
  if (bare === 'sk') return KEY_OF.has(previous) ? 'weak' : 'plain';
  if (bare === 'phrase') return SEED_OF.has(previous) || CODE_OF.has(previous) ? 'strong' : 'plain';
  if ((bare === 'word' || bare === 'seed') && SEED_OF.has(previous)) return 'strong';
  if (/^comb(?:o|ination)$/.test(bare))
    return /^(?:safe|lock|vault|locker|door)$/.test(previous) ? 'strong' : 'plain';
  if (previous === 'pin' && /^(?:number|num|no|nr)$/.test(word)) return 'strong';
  if (bare === 'code') return CODE_OF.has(previous) ? 'strong' : 'plain';
  if (previous === 'card' && /^(?:number|num|no|nr|pan)$/.test(word)) return 'strong';
  if (previous === 'session' && word === 'key') return 'weak';
  if (previous === 'connection' && bare === 'string') return 'doubtful';
  if ((previous === 'security' || previous === 'secret') && bare === 'answer') return 'strong';
  if (word === 'authenticate') return 'about';
  if (STRONG.has(word) || STRONG.has(bare)) {
    if (word === 'passes' || word === 'pins') return 'plain';
    if ((word === 'pin' || word === 'pins') && /^(?:gpio|led|map|reset)$/.test(previous)) return 'about';
    return 'strong';
  }
  if (WEAK.has(word) || WEAK.has(bare)) return 'weak';
  if (DOUBTFUL.has(word) || DOUBTFUL.has(bare)) return 'doubtful';
  return 'plain';
}

function keyKind(before: readonly string[], word: string): NameKind {
  if (before.includes('private') || before.includes('secret')) return 'strong';
  const previous = before.findLast((each) => !/^\d+$/.test(each)) ?? '';
  if (before.includes('api')) return 'strong';
  if (PLAIN_KEY.has(previous)) return 'about';
  if (KEY_OF.has(previous)) return word === 'keys' ? 'weak' : 'strong';
  return 'doubtful';
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}

/** The words of a name, in lower case: at signs, at a change of case, at digits, and where people glue them together. */
export function wordsOf(name: string): string[] {
  // the classes of Unicode cost a name ten times as much
  const split = /[^\0-\x7F]/.test(name)
    ? name
        .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
        .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u)
    : name
        .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
        .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1_$2')
        .toLowerCase()
        .split(/[^a-z\d]+/);
  return split.filter(Boolean).flatMap((word) => (isWord(word) ? [word] : pieces(word)));
}

/** Is every word of this name one that names are made of? */
export function isKnownName(name: string): boolean {
  return wordsOf(name).every((word) => isWord(word));
}

function isWord(word: string): boolean {
  if (word.length > 2 && ENGLISH.has(word)) return true;
  const bare = singular(word);
  return [word, bare].some(
    (each) =>
      STRONG.has(each) ||
      WEAK.has(each) ||
      DOUBTFUL.has(each) ||
      ABOUT.has(each) ||
      GLUE.has(each) ||
      NEUTRAL.has(each),
  );
}

const LONG_ENGLISH = [...ENGLISH].filter((word) => word.length > 5);

/** These are found inside of any word but an English one. */
const INSIDE =
  /passw(?:or)?d|passwort|passphrase|passcode|secret|token|credential|apikey|privatekey|accesskey|cookie|csrf/;

/** A word that is none: `dbpass` is db, pass; `pass1` is pass, 1; `acmetoken` is acme, token. */
function pieces(word: string): string[] {
  if (!ANY.test(word)) return [word];
  const parts = word.split(/(\d+)/).filter(Boolean);
  if (parts.length > 1)
    return parts.flatMap((part) => (/^\d/.test(part) || isWord(part) ? [part] : pieces(part)));
  if (word.length > 60) return [word];
  const glued = segments(word);
  if (glued !== undefined) return glued;
  if (LONG_ENGLISH.some((english) => word.includes(english))) return [word];
  const inside = INSIDE.exec(word)?.[0];
  if (inside !== undefined) {
    const at = word.indexOf(inside);
    return [
      word.slice(0, at),
      inside,
      ...pieces(word.slice(at + inside.length)).filter((each) => each !== 's'),
    ].filter(Boolean);
  }
  const end = /^(.{2,})(pass|pwd|pw|creds?|keys?|otp|pin|jwt)$/.exec(word);
  // `mapping`, `shopping`: only what is no ending of English words
  if (
    end?.[1] !== undefined &&
    end[2] !== undefined &&
    !(end[2] === 'pin' || (end[2] === 'pw' && word.length < 5))
  ) {
    return [end[1], end[2]];
  }
  const start = /^(passw?d?|pwd|pw|creds?|key)(.+)$/.exec(word);
  if (
    start?.[1] !== undefined &&
    start[2] !== undefined &&
    start[1] !== 'key' &&
    start[1] !== 'pass' &&
    isWord(start[2])
  ) {
    return [start[1], start[2]];
  }
  return [word];
}

/** The fewest known words that make up the whole, where one of them is a secret's. */
function segments(word: string): string[] | undefined {
  const best: (string[] | undefined)[] = [[]];
  for (let end = 1; end <= word.length; end += 1) {
    for (let start = Math.max(0, end - 14); start < end; start += 1) {
      const front = best[start];
      const part = word.slice(start, end);
      if (front === undefined || front.length + 1 >= (best[end]?.length ?? 99) || !isPart(part)) continue;
      best[end] = [...front, part];
    }
  }
  const found = best[word.length];
  return found !== undefined && found.length > 1 && found.some((part) => isSecretPart(part))
    ? found
    : undefined;
}

function isPart(part: string): boolean {
  if (part.length < 2) return false;
  return GLUE.has(part) || isSecretPart(part) || (part.length > 3 && (ABOUT.has(part) || NEUTRAL.has(part)));
}

function isSecretPart(part: string): boolean {
  const bare = singular(part);
  return STRONG.has(bare) || WEAK.has(bare) || DOUBTFUL.has(bare);
}
