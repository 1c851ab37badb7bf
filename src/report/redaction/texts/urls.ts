import { isMadeUp, isPlaceholder, isTelling, looksRandom } from '../looks.ts';
import { judgeName } from '../names.ts';
import type { Scan } from './scan.ts';

/** Before these a path has the token of a link: `/password/reset/TOKEN`. */
const LINK =
  /^(?:reset|token|tokens|activate|activation|verify|verify-email|verification|confirm|confirm-email|confirmation|invite|invitation|magic|magic-link|unsubscribe|oauth|sso|key|keys|secret|share|shared|hooks|webhook|webhooks|incomingwebhook|webhookb2|services|integration|integrations|workflows|login|auth|password|reset-password|password-reset)$/i;

/** `scheme://user:password@host/path`, RFC 3986, also without the scheme; passwords that are not encoded as it says, too. */
export function scanUrls(scan: Scan): void {
  const { text } = scan;
  let end = 0;
  for (let slashes = scan.next('//', 0); slashes < text.length; slashes = scan.next('//', slashes + 2)) {
    const scheme = text[slashes - 1] === ':' && /[a-z\d+.-]/i.test(text[slashes - 2] ?? ' ');
    if (!scheme && !/^(?:|[\s"'=(])$/.test(text[slashes - 1] ?? '')) continue;
    const at = scheme ? slashes - 1 : slashes;
    const start = slashes + 2;
    // a URL in the query of another one ends where that does
    const inner = start < end;
    if (!inner) {
      end = start;
      const enclosed = isEnclosed(text, at);
      while (end < text.length && !(enclosed ? /[\s"'<>^`]/ : /[\s"<>^`]/).test(text[end] ?? ' ')) end += 1;
      scan.work.spend(end - start);
    }
    scanUserInfo(scan, start, Math.min(end, start + MOST_AUTHORITY));
    if (!inner) scanPath(scan, start, end);
  }
}

/** Is there a single quote before the scheme? Without one it is a character of the URL. */
function isEnclosed(text: string, at: number): boolean {
  let start = at;
  while (start > 0 && at - start < 30 && /[\w+.-]/.test(text[start - 1] ?? ' ')) start -= 1;
  return text[start - 1] === "'";
}

const MOST_AUTHORITY = 512;

function scanUserInfo(scan: Scan, start: number, end: number): void {
  const rest = scan.text.slice(start, end);
  scan.work.spend(rest.length);
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? '';
  let at = authority.lastIndexOf('@');
  if (at < 0) {
    const colon = authority.indexOf(':');
    // `user:pa/ss@host`; a port is a number
    if (colon < 0 || /^(?:\d*|\[[\da-f:]*\]:?\d*|[\d,:\w.-]+:\d+)$/i.test(authority.slice(colon + 1))) return;
    at = rest.lastIndexOf('@');
    if (at < 0) return;
  }
  const colon = rest.indexOf(':');
  const user = colon >= 0 && colon < at ? rest.slice(0, colon) : rest.slice(0, at);
  if (colon >= 0 && colon < at) {
    const password = rest.slice(colon + 1, at);
    if (!isPlaceholder(password)) scan.hide(start + colon + 1, start + at, 'strong');
    // https://TOKEN:x-oauth-basic@github.com, https://TOKEN:@host
    if (!looksRandom(user) && !(password === '' && user.length >= 8)) return;
  } else if (!isMadeUp(user) && !(user.length > 7 && isTelling(user)) && user.length < 20) return;
  if (!isPlaceholder(user)) scan.hide(start, start + user.length, 'weak');
}

/** The token of a link, and of a web hook. */
function scanPath(scan: Scan, start: number, end: number): void {
  const path = /^[^?#]*/.exec(scan.text.slice(start, end))?.[0] ?? '';
  scanSegments(scan, path, start);
}

/** Links that are sent to one person: what follows is a token also where it is made of words. */
const MAILED =
  /^(?:(?:password-)?reset(?:-password)?|activate|activation|verify(?:-email)?|confirm(?:-email)?|invite|invitation|magic|magic-link|unsubscribe|hooks)$/i;

/** Slack, Discord, Teams and others: the end of the path is the key to write there. */
const HOOK = /^hooks?\.|\/(?:api\/webhooks|webhookb2|incomingwebhook)\//i;

/** Of a path: what is random after what says that it is a token. */
export function scanSegments(scan: Scan, path: string, start: number): void {
  let offset = 0;
  let link = false;
  let mailed = false;
  const hook = HOOK.test(path);
  for (const segment of path.split('/')) {
    if (
      link &&
      segment.length >= 8 &&
      (looksRandom(segment) || (hook && !LINK.test(segment)) || (mailed && isTelling(segment))) &&
      !/^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i.test(segment)
    ) {
      scan.hide(start + offset, start + offset + segment.length, 'weak');
    }
    mailed ||= MAILED.test(segment);
    link ||= LINK.test(segment) || (segment !== '' && ['strong', 'weak'].includes(judgeName(segment)));
    offset += segment.length + 1;
  }
}
