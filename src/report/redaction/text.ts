import { looksRandom } from './looks.ts';
import { isKnownName } from './names.ts';
import { scanAssignments } from './texts/assignments.ts';
import { scanBlocks } from './texts/blocks.ts';
import { scanCalls } from './texts/calls.ts';
import { decodings, encodedTexts } from './texts/decodings.ts';
import { literalsIn } from './texts/literals.ts';
import { scanMarkup } from './texts/markup.ts';
import { scanMultipart } from './texts/multipart.ts';
import { scanNear } from './texts/near.ts';
import { scanPhrases } from './texts/phrases.ts';
import { Scan, type Found } from './texts/scan.ts';
import { scanTables } from './texts/tables.ts';
import { scanResp } from './texts/resp.ts';
import { scanUrls } from './texts/urls.ts';
import { findTokens } from './tokens.ts';
import { hiddenIn } from './tree.ts';
import type { Work } from './work.ts';

/** Literals inside of literals, escaped once more each time. */
const DEEPEST = 4;

/** Without one of these there is nothing but a token in a text: nearly all texts of a report end here. */
const CANDIDATE = /[=:<>%|\\&{[(\0]|--/;
const PHRASE =
  /pass|pwd|secret|token|key|cred|auth|identified|login|bearer|basic|negotiate|digest|pin|otp|cv[vc]|pw|code|sig|salt|jwt|sid|psk|ssn|iban|card|sess|set|values|(?:^|\s)-|:[^:]*:[^:]*:[^:]*:|hmac|logg|crypt|verif|identif|apop|oper|licen|cookie|csrf|seed|sasl|scram|userlist|community|@/i;
/** RFC 7617: what is encoded in `Authorization: Basic`; RFC 4616. */
const CREDENTIALS = /^\0?[\w.@+-]{1,60}[:\0][\x21-\x7E]{6,100}$/;
const TOKEN = /[A-Za-z0-9_.~+/=$:{}|-]{12}|\d[ -]\d/;

/**
 * The parts of a text that are secrets: by the names in it, whatever it is (JSON, a form, a header, a file of settings, a
 * command line, XML, a URL, SQL, a key in armour), and by their looks. Every scanner takes one pass; they do not exclude
 * each other, because a message has several kinds of text in it, and a text is cut off anywhere.
 */
export function secretsIn(text: string, work: Work, { literals = false } = {}): Found[] {
  const found: Found[] = [];
  search(text, work, literals, 0, (part) => found.push(part));
  return found;
}

function search(
  text: string,
  work: Work,
  literals: boolean,
  depth: number,
  take: (part: Found) => void,
): void {
  if (text.length < 4) return;
  work.spend(text.length);
  if (depth < 2 && text.length >= 16) {
    for (const { start, end, text: inner } of encodedTexts(text)) {
      let some = CREDENTIALS.test(inner);
      search(inner, work, false, depth + 2, () => (some = true));
      if (some) take({ start, end, kind: 'weak' });
    }
  }
  if (TOKEN.test(text)) for (const part of findTokens(text, work)) take(part);
  const candidate = CANDIDATE.test(text);
  if (!candidate && !/[\s,;#~]/.test(text)) return;
  const scan = new Scan(text, work, literals);
  if (candidate) {
    if (text.includes('=') || text.includes(':')) scanAssignments(scan);
    if (text.includes('//')) scanUrls(scan);
    if (text.includes('--') || text.includes('Private-Lines')) scanBlocks(scan);
    if (text.includes('<')) scanMarkup(scan);
    if (text.includes('form-data')) scanMultipart(scan);
    if (text.includes('(')) scanCalls(scan);
    if (/[{[(]/.test(text)) scanLiterals(scan, depth, take);
  }
  if (!literals && PHRASE.test(text)) {
    scanPhrases(scan);
    scanNear(scan);
    scanTables(scan);
    if (/\*\d{1,3}\r\n\$/.test(text)) scanResp(scan);
  }
  for (const part of scan.found) take(part);
  if (depth >= DEEPEST || !candidate) return;
  for (const { text: decoded, places } of decodings(text)) {
    search(decoded, work, literals, depth + 1, ({ start, end, kind }) =>
      take({
        start: places[start] ?? 0,
        end: places[end] ?? text.length,
        ...(kind === undefined ? {} : { kind }),
      }),
    );
  }
}

function scanLiterals(scan: Scan, depth: number, take: (part: Found) => void): void {
  for (const { value, places, name } of literalsIn(scan)) {
    for (const hidden of hiddenIn(value, name)) {
      const place = places.get(hidden.value);
      if (place === undefined || (scan.literals && isNameInCode(hidden.value.string))) continue;
      scan.hide(place.start + (hidden.from ?? 0), place.end, hidden.kind);
    }
    if (depth >= DEEPEST) continue;
    // JSON inside of a text of JSON
    for (const [each, { start, end }] of places) {
      if (each.string === undefined || end - start < 8 || !/[{[]/.test(each.string)) continue;
      const inner = scan.text.slice(start, end);
      if (!inner.includes('\\')) continue;
      for (const { text, places: inside } of decodings(inner).slice(0, 1)) {
        search(text, scan.work, false, depth + 1, (part) =>
          take({
            ...part,
            start: start + (inside[part.start] ?? 0),
            end: start + (inside[part.end] ?? inner.length),
          }),
        );
      }
    }
  }
}

/** In source code a text that is a name is a key or a field: `fields = ('password', 'email')`. */
function isNameInCode(text: string | undefined): boolean {
  return text === undefined || (isKnownName(text) && !looksRandom(text));
}
