import type { Edit } from './edits.ts';
import { isCardNumber, looksLikeKey, looksRandom } from './looks.ts';
import { isLabel } from './names.ts';
import { Work } from './work.ts';

/**
 * Tokens by their documented prefixes, with the least number of characters after it. A table of our own and not a rule
 * set of others: @secretlint/secretlint-rule-preset-recommend 13.1 (MIT) adds 78 kB to a bundle of which the whole
 * reader is smaller, and takes 0.33 ms for each text, which is 1 s for a report; the 222 rules of gitleaks 8 (MIT) are
 * RE2 patterns: 101 of them begin with `[\w.-]{0,50}?` and backtrack in V8 from every position. What both know by a
 * prefix is here; what they know by a name beside it (`adafruit … key`) is found by names.ts, and long random texts
 * need no prefix.
 */
const PREFIXES: readonly (readonly [string, number])[] = [
  ['AKIA', 16],
  ['ASIA', 16],
  ['ABIA', 16],
  ['ACCA', 16],
  ['A3T', 16],
  ['ABSK', 40],
  ['LTAI', 16],
  ['ghp_', 20],
  ['gho_', 20],
  ['ghu_', 20],
  ['ghs_', 20],
  ['ghr_', 20],
  ['github_pat_', 20],
  ['glpat-', 16],
  ['gldt-', 16],
  ['glrt-', 16],
  ['glcbt-', 16],
  ['glptt-', 16],
  ['glsoat-', 16],
  ['glimt-', 16],
  ['glft-', 16],
  ['gloas-', 16],
  ['glagent-', 16],
  ['glffct-', 16],
  ['GR1348941', 16],
  ['xoxb-', 10],
  ['xoxa-', 10],
  ['xoxp-', 10],
  ['xoxe', 10],
  ['xoxo-', 10],
  ['xoxr-', 10],
  ['xoxs-', 10],
  ['xoxc-', 10],
  ['xoxd-', 10],
  ['xapp-', 10],
  ['AIza', 30],
  ['ya29.', 16],
  ['GOCSPX-', 16],
  ['1//0', 24],
  ['sk_live_', 10],
  ['sk_test_', 10],
  ['rk_live_', 10],
  ['rk_test_', 10],
  ['pk_live_', 10],
  ['whsec_', 16],
  ['sk_prod_', 10],
  ['sk-ant-', 16],
  ['sk-proj-', 16],
  ['sk-svcacct-', 16],
  ['sk-admin-', 16],
  ['sk-or-', 16],
  ['sk-', 20],
  ['pplx-', 24],
  ['gsk_', 24],
  ['hf_', 24],
  ['api_org_', 24],
  ['r8_', 24],
  ['npm_', 24],
  ['pypi-', 24],
  ['rubygems_', 24],
  ['dckr_pat_', 16],
  ['dckr_oat_', 16],
  ['doo_v1_', 24],
  ['dop_v1_', 24],
  ['dor_v1_', 24],
  ['shpat_', 24],
  ['shpca_', 24],
  ['shppa_', 24],
  ['shpss_', 24],
  ['sq0atp-', 16],
  ['sq0csp-', 16],
  ['EAAA', 40],
  ['SG.', 24],
  ['xkeysib-', 24],
  ['key-', 28],
  ['pat.', 40],
  ['hvs.', 20],
  ['hvb.', 20],
  ['hvr.', 20],
  ['s.', 24],
  ['dp.pt.', 24],
  ['dp.st.', 24],
  ['dt0c01.', 24],
  ['dapi', 32],
  ['lin_api_', 24],
  ['ntn_', 24],
  ['secret_', 32],
  ['PMAK-', 24],
  ['pul-', 24],
  ['pscale_', 24],
  ['sntrys_', 24],
  ['sntryu_', 24],
  ['glc_', 24],
  ['glsa_', 24],
  ['figd_', 24],
  ['fo1_', 24],
  ['fm1', 40],
  ['fm2_', 40],
  ['nvapi-', 24],
  ['tfp_', 24],
  ['ATATT', 24],
  ['ATCTT', 24],
  ['ATBB', 24],
  ['HRKU-', 24],
  ['heroku_', 24],
  ['NRAK-', 20],
  ['NRJS-', 16],
  ['EZAK', 40],
  ['EZTK', 40],
  ['AGE-SECRET-KEY-1', 20],
  ['duffel_', 24],
  ['FLWSECK', 12],
  ['p8e-', 24],
  ['A3-', 24],
  ['ops_', 40],
  ['rdme_', 24],
  ['shippo_', 24],
  ['CLOJARS_', 24],
  ['PRIVATE-', 24],
  ['AC', 32],
  ['SK', 32],
  ['v1.0-', 40],
  ['patr', 40],
  ['tskey-', 16],
  ['vcp_', 20],
  ['sbp_', 24],
  ['sb_secret_', 16],
  ['re_', 24],
  ['phc_', 30],
  ['phx_', 30],
  ['xai-', 24],
  ['AAAA', 60],
  ['bot', 40],
  ['sha256~', 40],
];

/** Hashes of passwords: crypt(5), Django's and Werkzeug's hashers, LDAP. Their parts are joined by `$`, `:` and `}`. */
const HASHES: readonly (readonly [string, number])[] = [
  ['$1$', 8],
  ['$2a$', 20],
  ['$2b$', 20],
  ['$2y$', 20],
  ['$5$', 20],
  ['$6$', 20],
  ['$y$', 20],
  ['$7$', 20],
  ['$apr1$', 8],
  ['$argon2', 20],
  ['$scrypt$', 20],
  ['$pbkdf2', 20],
  ['pbkdf2_sha', 20],
  ['argon2$', 20],
  ['bcrypt$', 20],
  ['bcrypt_sha256$', 20],
  ['scrypt$', 20],
  ['scrypt:', 30],
  ['pbkdf2:sha', 30],
  ['{SSHA', 16],
  ['{SHA', 16],
  ['sha1$', 20],
  ['md5$', 20],
];
const HASH_PREFIXES: ReadonlySet<string> = new Set(HASHES.map(([prefix]) => prefix));

/** The first two characters of all prefixes. */
const STARTS: ReadonlyMap<string, readonly (readonly [string, number])[]> = byStart();

function byStart(): Map<string, (readonly [string, number])[]> {
  const starts = new Map<string, (readonly [string, number])[]>();
  for (const each of [...PREFIXES, ...HASHES]) {
    const start = each[0].slice(0, 2);
    const there = starts.get(start);
    if (there === undefined) starts.set(start, [each]);
    else there.push(each);
  }
  return starts;
}

/** Of what tokens are made, with what they are put together with. */
const RUN = /[A-Za-z0-9_.~+/=$:{}|-]{12,}/g;

/** Finds tokens, JWTs, long random runs and card numbers. */
export function findTokens(text: string, work: Work): Edit[] {
  const edits: Edit[] = [];
  if (text.length < 12) return edits;
  RUN.lastIndex = 0;
  work.spend(text.length);
  for (let match = RUN.exec(text); match !== null; match = RUN.exec(text)) {
    tokensOfRun(text, match[0], match.index, edits, work);
  }
  findCards(text, edits, work);
  return edits;
}

/** Does the text begin with a token by its prefix? */
export function hasToken(text: string): boolean {
  return tokenAt(text, 0, new Work()) > 0;
}

/** Public keys of OpenSSH, which begin with the length and the name of their kind (RFC 4253, 6.6). */
const PUBLIC_KEY = /^AAAA(?:[BC]3NzaC1|E2VjZHNh|GnNrLX)/;

/** The places of a run at which a token can begin: after what is neither a letter nor a digit. */
function tokensOfRun(text: string, run: string, offset: number, edits: Edit[], work: Work): void {
  if (PUBLIC_KEY.test(run)) return;
  work.spend(run.length);
  let done = 0;
  for (let at = 0; at < run.length - 8; at += 1) {
    if (at < done || (at > 0 && isWordCode(run.charCodeAt(at - 1)))) continue;
    const length = tokenAt(run, at, work);
    if (length === 0) continue;
    edits.push({ start: offset + at, end: offset + at + length });
    done = at + length;
  }
  for (let at = done; at < run.length;) {
    const end = keyEnd(run, at);
    if (end - at >= LEAST_KEY) {
      const part = run.slice(at, end);
      // the boundaries of multipart are random and no secret
      if (looksLikeKey(part) && !part.includes('----') && !isLabelled(text, offset + at))
        edits.push({ start: offset + at, end: offset + end });
    }
    at = end + 1;
  }
}

const LEAST_KEY = 16;

/** `request_id=x`, `"commit": "x"`, `SHA256:x`: random, and said to be no secret. */
function isLabelled(text: string, at: number): boolean {
  const label = /([A-Za-z][\w-]{0,60})["'\]]{0,2}\s{0,3}[:=]\s{0,3}[bu]?["']?$/.exec(
    text.slice(Math.max(0, at - 72), at),
  )?.[1];
  // what is in a data: URL is looked at decoded
  return (label !== undefined && isLabel(label)) || text.slice(Math.max(0, at - 7), at) === 'base64,';
}

/** How long the token is that begins here; 0: none does. */
function tokenAt(run: string, at: number, work: Work): number {
  const candidates = STARTS.get(run.slice(at, at + 2));
  if (candidates !== undefined) {
    for (const [prefix, least] of candidates) {
      if (!run.startsWith(prefix, at)) continue;
      const begin = at + prefix.length;
      const end = bodyEnd(run, begin, prefix, begin + JUDGED);
      work.spend(end - at);
      const body = run.slice(begin, end);
      if (body.length >= least && isBody(prefix, body)) return bodyEnd(run, end, prefix, run.length) - at;
    }
  }
  // JWT, RFC 7519, and JWE: its header is JSON, which begins with {" in base64url
  if (run.startsWith('eyJ', at)) {
    const end = bodyEnd(run, at, 'eyJ', at + JUDGED);
    work.spend(end - at);
    const dot = run.slice(at, end).indexOf('.');
    if ((dot >= 8 && end - at - dot > 4) || end - at >= 40) return bodyEnd(run, end, 'eyJ', run.length) - at;
  }
  return 0;
}

/** A token's body is random; what follows a short prefix by chance is words: `sk-learn-contrib-something`. */
function isBody(prefix: string, body: string): boolean {
  if (HASH_PREFIXES.has(prefix)) return true;
  if (prefix === 'AC' || prefix === 'SK') return /^[\da-f]{32}$/.test(body);
  if (/^(?:A[KSBC]IA|ACCA|A3T)$/.test(prefix)) return /^[A-Z\d]{13,24}$/.test(body);
  if (prefix === 'bot') return /^\d{8,10}:/.test(body);
  return looksRandom(body) || /\d/.test(body) || (body.length >= 30 && !/[-_.]/.test(body));
}

/** So much of a run decides whether it is a token; all of it is hidden then. Unbounded, `sk-sk-sk-…` costs its square. */
const JUDGED = 200;

function bodyEnd(run: string, at: number, prefix: string, most: number): number {
  const whole = HASH_PREFIXES.has(prefix) || prefix === 'bot';
  let end = at;
  while (end < run.length && end < most) {
    const code = run.charCodeAt(end);
    const character = run[end] ?? '';
    if (!isWordCode(code) && !(whole ? '-._~+/=$:,}' : '-._~+/=').includes(character)) break;
    end += 1;
  }
  // a full stop after it is the sentence's
  while (end > at && '.:='.includes(run[end - 1] ?? '') && run[end - 1] !== '=') end -= 1;
  return end;
}

function keyEnd(run: string, at: number): number {
  let end = at;
  while (end < run.length && (isWordCode(run.charCodeAt(end)) || '_-+/=~'.includes(run[end] ?? ''))) end += 1;
  return end;
}

function isWordCode(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

const DIGITS = /(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.]?\d)/g;

function findCards(text: string, edits: Edit[], work: Work): void {
  work.spend(text.length);
  for (const match of text.matchAll(DIGITS)) {
    if (isCardNumber(match[0])) edits.push({ start: match.index, end: match.index + match[0].length });
  }
}
