import { judgeName, mayHide, type NameKind } from '../names.ts';
import { quotedEnd, type Scan } from './scan.ts';
import { isSecretText } from './values.ts';

const MOST_TAG = 2000;

/** XML and HTML: `<password>x</password>`, `<add key="password" value="x"/>`, `<key>password</key><string>x</string>`. */
export function scanMarkup(scan: Scan): void {
  const { text } = scan;
  let named: NameKind | undefined;
  for (let at = scan.next('<', 0); at < text.length; at = scan.next('<', at + 1)) {
    const tag = /^<(\/?)([A-Za-z_][\w.:-]{0,80})/.exec(text.slice(at, at + 90));
    // (?P<name>…) of a regular expression is no tag
    if (tag === null || text.startsWith('?P', at - 2)) continue;
    const [whole, closing, element = ''] = tag;
    if (closing === '/') continue;
    const { end, kind } = scanAttributes(scan, at + whole.length);
    const local = element.slice(element.lastIndexOf(':') + 1);
    const own = judgeName(local);
    const names = /^(?:key|name|param-name|setting|property)$/i.test(local);
    const inside = kind ?? (mayHide(own) && !names ? own : named);
    named = undefined;
    if (text[end] !== '>' || text[end - 1] === '/') continue;
    const stop = contentEnd(scan, end + 1);
    if (inside !== undefined) {
      hideContent(scan, end + 1, stop, inside);
    } else if (names && stop - end < 120) {
      // the next element is the value of what this one names
      const judged = judgeName(text.slice(end + 1, stop).trim());
      if (mayHide(judged)) named = judged;
    }
  }
}

function hideContent(scan: Scan, start: number, stop: number, kind: NameKind): void {
  const raw = scan.text.slice(start, stop);
  const lead = raw.length - raw.trimStart().length;
  const value = raw.trim();
  if (value !== '' && isSecretText(kind, value)) scan.hide(start + lead, start + lead + value.length, kind);
}

function contentEnd(scan: Scan, at: number): number {
  if (scan.text.startsWith('<![CDATA[', at)) return scan.next(']]>', at);
  return scan.next('<', at);
}

/** The attributes of a tag: one of them can name another one, or the content. */
function scanAttributes(scan: Scan, from: number): { end: number; kind?: NameKind } {
  const { text } = scan;
  let kind: NameKind | undefined;
  const values: { start: number; end: number }[] = [];
  let at = from;
  const most = Math.min(text.length, from + MOST_TAG);
  while (at < most && text[at] !== '>' && text[at] !== '<') {
    const attribute = /^([\w.:-]{1,60})\s{0,3}=\s{0,3}(?=["'])/.exec(text.slice(at, at + 80));
    if (attribute === null) {
      at += 1;
      continue;
    }
    const [whole, name = ''] = attribute;
    const value = quotedEnd(text, at + whole.length, most);
    if (value === undefined) break;
    if (/^(?:name|key|id|property|field)$/i.test(name)) {
      const judged = judgeName(text.slice(value.start, value.end));
      if (mayHide(judged)) kind = judged;
    } else if (/^(?:value|val|content|data|default)$/i.test(name)) values.push(value);
    at = value.after;
  }
  scan.work.spend(at - from);
  if (kind !== undefined) {
    for (const { start, end } of values) {
      if (isSecretText(kind, text.slice(start, end))) scan.hide(start, end, kind);
    }
  }
  return { end: at, ...(kind === undefined || values.length > 0 ? {} : { kind }) };
}
