import { REDACTED, withoutParts, type Edit } from './edits.ts';
import { isNoWord, isPlace, looksRandom } from './looks.ts';
import { isKnownName, judgeName, wordsOf, type NameKind } from './names.ts';
import type { Work } from './work.ts';
import { textRepr } from '../../core/python/text.ts';

/** So many spellings of secrets are looked for in the rest of the report. */
const MOST_SPELLINGS = 8000;
const LONGEST_SECRET = 10_000;
/** No shorter part of a text is looked for. */
const LEAST = 6;

interface Spelling {
  text: string;
  /** A part of ordinary words easily: only where it is a word of its own. */
  word: boolean;
  /** It was cut off itself: what follows it belongs to it. */
  open: boolean;
  /** A piece of it, wherever it was cut out, gives it away. */
  pieces: boolean;
}

/** Where in a spelling four characters stand that were found in a text. */
interface Place {
  spelling: Spelling;
  at: number;
}

/**
 * Every fifth group of four characters of a spelling is indexed, so that a piece of eight characters has one of them in
 * it, whatever its place: one look-up for each character of a text.
 */
const GRAM = 4;
const STEP = 5;
const LEAST_PIECE = GRAM + STEP - 1;
/** So much of a long secret is indexed, and so many places of one group. */
const MOST_INDEXED = 4096;
const MOST_PLACES = 16;

/**
 * The secrets that were found, to be taken out of every other text too: as they are, as other texts write them
 * (escaped, percent-encoded, in Base64), and where they are cut off. What a `password` holds is one; of a `session` or a
 * `cache_key` only what looks random is, because hiding the path or the number of a session everywhere would leave a
 * report full of holes.
 */
export class KnownSecrets {
  readonly #seen = new Set<string>();
  readonly #places = new Map<number, Place[]>();
  /** Which groups there are, by 16 bits of them: nearly every character of a text ends here. */
  readonly #first = new Uint8Array(65_536);

  get some(): boolean {
    return this.#places.size > 0;
  }

  /** A secret that was found under a name of this kind. */
  add(kind: NameKind, secret: string): void {
    if (secret.length <= LONGEST_SECRET && (kind === 'strong' || kind === 'weak')) {
      // cookies and headers: `a=1; sid=x`, and RFC 9110, 11.4: `SCHEME CREDENTIALS`
      if (secret.includes('=') && /;\s/.test(secret)) {
        for (const pair of secret.split(/;\s*/)) this.add('doubtful', pair.slice(pair.indexOf('=') + 1));
      }
      const credentials = /^[A-Za-z][\w-]* +([\w.~+/=-]+)$/.exec(secret)?.[1];
      if (credentials !== undefined) this.add('weak', credentials);
    }
    if (secret.length < LEAST || secret.length > LONGEST_SECRET || this.#seen.has(secret)) return;
    if (this.#seen.size >= MOST_SPELLINGS || !isWorthSeeking(kind, secret)) return;
    const short = secret.length < 8 || /^[A-Za-z]{1,9}$/.test(secret);
    this.#spelling({
      text: secret,
      word: short,
      open: secret.length >= 1000,
      pieces: !short && !/[\s&;{}"<>,]|:\/\//.test(secret),
    });
    if (short && !/[A-Za-z]/.test(secret)) return;
    for (const text of spellings(secret)) this.#spelling({ text, word: short, open: false, pieces: false });
  }

  /** Takes the secrets out of a text. Only when all of them were added. */
  mask(text: string, work: Work): string {
    return this.some ? withoutParts(text, this.#find(text, work)) : text;
  }

  #spelling(spelling: Spelling): void {
    const { text, pieces } = spelling;
    if (text.length < LEAST || this.#seen.has(text)) return;
    this.#seen.add(text);
    const last = pieces ? Math.min(text.length - GRAM, MOST_INDEXED) : 0;
    for (let at = 0; at <= last; at += STEP) {
      let gram = 0;
      for (let index = at; index < at + GRAM; index += 1) gram = withNext(gram, text.charCodeAt(index));
      const there = this.#places.get(gram);
      if (there === undefined) this.#places.set(gram, [{ spelling, at }]);
      else if (at === 0 || there.length < MOST_PLACES) there.push({ spelling, at });
      this.#first[folded(gram)] = 1;
    }
  }

  #find(text: string, work: Work): Edit[] {
    const edits: Edit[] = [];
    if (text.length < LEAST) return edits;
    work.spend(text.length);
    let gram = 0;
    let done = 0;
    for (let end = 1; end <= text.length; end += 1) {
      gram = withNext(gram, text.charCodeAt(end - 1));
      if (end - GRAM < done || this.#first[folded(gram)] === 0) continue;
      const there = this.#places.get(gram);
      if (there === undefined) continue;
      const found = partAt(text, end - GRAM, done, there, work);
      if (found === undefined) continue;
      edits.push(found);
      done = found.end;
    }
    return edits;
  }
}

function withNext(gram: number, code: number): number {
  return ((gram << 7) | (code & 127)) & 0xf_ff_ff_ff;
}

function folded(gram: number): number {
  return (gram ^ (gram >>> 12)) & 0xff_ff;
}

/** What is of a secret around these four characters: all, what is left of one that is cut off, or a piece. */
function partAt(
  text: string,
  at: number,
  done: number,
  there: readonly Place[],
  work: Work,
): Edit | undefined {
  let longest: Edit | undefined;
  for (const { spelling, at: offset } of there) {
    const { text: secret } = spelling;
    let after = 0;
    while (offset + after < secret.length && text[at + after] === secret[offset + after]) after += 1;
    let before = 0;
    while (before < offset && at - before > done && text[at - before - 1] === secret[offset - before - 1])
      before += 1;
    work.spend(after + before + 1);
    if (after < GRAM) continue;
    const part = { start: at - before, end: at + after };
    if (!isSecretPart(text, part, spelling, offset === before)) continue;
    if (spelling.open && offset + after === secret.length)
      while (/[\w+/=-]/.test(text[part.end] ?? ' ')) part.end += 1;
    if (longest === undefined || part.end - part.start > longest.end - longest.start) longest = part;
  }
  return longest;
}

function isSecretPart(
  text: string,
  { start, end }: Edit,
  { text: secret, word, pieces }: Spelling,
  begins: boolean,
): boolean {
  if (word && isWordAt(text, start - 1)) return false;
  const length = end - start;
  if (length === secret.length) return !(word && isWordAt(text, end));
  const part = text.slice(start, end);
  if (begins && length >= LEAST && isCutAt(text, end) && (length >= 12 || tells(part))) return true;
  if (!pieces || length < LEAST_PIECE) return false;
  if (/\d/.test(part) && /[A-Za-z]/.test(part)) return true;
  if (/[!@#$%^*+~|?]/.test(part)) return true;
  if (!/^[A-Za-z_-]+$/.test(part)) return false;
  if (isWordAt(text, start - 1) || isWordAt(text, end)) return false;
  return /[_-]/.test(part) ? !isKnownName(part) : isNoWord(part);
}

/** The end of a text that was cut off, with the marks that say so; or of a text that is cut off without one. */
function isCutAt(text: string, at: number): boolean {
  if (text[at] === '…' || text.startsWith('...', at) || text.startsWith('***', at)) return true;
  return text.length - at <= 3 && /^['"]?\)?\]?$/.test(text.slice(at));
}

function tells(part: string): boolean {
  return /\d/.test(part) || /[^A-Za-z\d_-]/.test(part) || looksRandom(part);
}

function isWordAt(text: string, at: number): boolean {
  return at >= 0 && at < text.length && /[A-Za-z\d]/.test(text[at] ?? ' ');
}

/** Other ways to write the same text. */
function spellings(secret: string): string[] {
  // letters and digits are the same everywhere
  const result = /^[\w.-]*$/.test(secret) ? [] : escaped(secret);
  if (secret.length <= 200) {
    const bytes = Buffer.from(secret, 'utf8');
    result.push(bytes.toString('hex'));
    // Base64 of a text with the secret in it is one of three, by where it begins
    for (let shift = 0; shift < 3; shift += 1) {
      const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString('base64')
        .replaceAll('=', '');
      const whole = Math.floor(((bytes.length + shift) * 8) / 6);
      const inner = encoded.slice(shift === 0 ? 0 : shift + 1, whole);
      if (inner.length >= 8) result.push(inner, inner.replaceAll('+', '-').replaceAll('/', '_'));
    }
  }
  return result;
}

function escaped(secret: string): string[] {
  const repr = textRepr(secret).slice(1, -1);
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return [repr, repr.replaceAll("'", String.raw`\'`), json, html, ...percentEncoded(secret)];
}

function percentEncoded(secret: string): string[] {
  try {
    const encoded = encodeURIComponent(secret);
    const strict = encoded.replaceAll(
      /[!'()*]/g,
      (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
    );
    return [encoded, strict, strict.replaceAll('%20', '+'), encodeURIComponent(strict)];
  } catch {
    // a lone surrogate
    return [];
  }
}

/** Is it a secret wherever else it stands, too? */
function isWorthSeeking(kind: NameKind, secret: string): boolean {
  if (kind === 'person' || kind === 'plain' || kind === 'about' || secret.includes(REDACTED)) return false;
  if (/^[-+]?[\d.,:_ /-]+$/.test(secret))
    return secret.replaceAll(/\D/g, '').length >= 12 && /^(?:\d[ -]?)+$/.test(secret);
  if (looksRandom(secret)) return !/^[a-z][a-z\d+.-]*:\/\//i.test(secret);
  if (kind === 'doubtful' || isPlace(secret) || /^[^\s@]+@[^\s@]+\.[a-z]{2,24}$/i.test(secret)) return false;
  if (secret.length < 8 && !/^(?=.*\d)(?=.*[A-Za-z])/s.test(secret)) return false;
  // `postgres`, `changeme`: words that stand elsewhere for what they are
  if (/^[a-z_ -]+$/i.test(secret) && wordsOf(secret).every((word) => isCommonWord(word))) return false;
  return kind === 'strong' || secret.length >= 8;
}

const COMMON = new Set(
  'postgres postgresql default changeme username localhost required application development production'.split(
    ' ',
  ),
);

function isCommonWord(word: string): boolean {
  return COMMON.has(word) || judgeName(word) !== 'plain';
}
