/** A text that another one is an encoding of, and where each of its characters is there. */
export interface Decoded {
  text: string;
  /** For each character and for the end: where it begins in the encoded text. */
  places: Uint32Array;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'",
  '#34': '"',
  '#58': ':',
  '#61': '=',
  '#x3a': ':',
  '#x3A': ':',
  '#x3d': '=',
  '#x3D': '=',
  '#x27': "'",
};
const NAMED: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  '`': '`',
};

const ENCODED = /[A-Za-z\d+/_-]{16,4096}={0,2}/g;
/** Text, and the NUL that SASL PLAIN (RFC 4616) and environments have between their parts. */
const TEXT = /^[\t\n\r\0\x20-\x7E]+$/;

/** The parts of a text that are Base64 (RFC 4648) or hexadecimal of another text. */
export function* encodedTexts(text: string): Generator<{ start: number; end: number; text: string }> {
  for (const { 0: run, index } of text.matchAll(ENCODED)) {
    const hex = run.length % 2 === 0 && /^(?:[2-7][\da-f]|0[09ad])+$/i.test(run);
    // most runs end here: three bytes of anything else are seldom text
    if (!hex && !TEXT.test(Buffer.from(run.slice(0, 8), 'base64').toString('latin1'))) continue;
    const decoded = Buffer.from(run, hex ? 'hex' : 'base64').toString('latin1');
    if (TEXT.test(decoded)) yield { start: index, end: index + run.length, text: decoded };
  }
}

/** What the text says once its escapes are taken away: those of string literals, of URLs, of HTML. */
export function decodings(text: string): Decoded[] {
  const found: Decoded[] = [];
  if (text.includes('\\')) {
    const literal = decode(
      text,
      /\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|([nrt"'\\/`]))/g,
      ([, wide, narrow, one]) => {
        const hex = wide ?? narrow;
        return hex === undefined ? (NAMED[one ?? ''] ?? '') : String.fromCharCode(parseInt(hex, 16));
      },
    );
    if (literal !== undefined) found.push(literal);
  }
  if (text.includes('%')) {
    const url = decode(text, /%([2-7][\da-fA-F])/g, ([, hex]) =>
      String.fromCharCode(parseInt(hex ?? '', 16)),
    );
    if (url !== undefined) found.push(url);
  }
  if (text.includes('&')) {
    const html = decode(
      text,
      /&(amp|lt|gt|quot|apos|#39|#34|#61|#58|#x27|#x3[adAD]);/g,
      ([, name]) => ENTITIES[name ?? ''] ?? '',
    );
    if (html !== undefined) found.push(html);
  }
  return found;
}

function decode(text: string, pattern: RegExp, one: (match: RegExpExecArray) => string): Decoded | undefined {
  let match = pattern.exec(text);
  if (match === null) return undefined;
  const places = new Uint32Array(text.length + 1);
  let result = '';
  let from = 0;
  const copy = (end: number): void => {
    for (let at = from; at < end; at += 1) places[result.length + at - from] = at;
    result += text.slice(from, end);
  };
  while (match !== null) {
    copy(match.index);
    places[result.length] = match.index;
    result += one(match);
    from = match.index + match[0].length;
    match = pattern.exec(text);
  }
  copy(text.length);
  places[result.length] = text.length;
  return { text: result, places };
}
