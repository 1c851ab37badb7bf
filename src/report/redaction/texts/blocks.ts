import type { Scan } from './scan.ts';

/**
 * Armoured private keys: PEM (RFC 7468), OpenPGP (RFC 9580), SSH2 (RFC 4716 style) and PuTTY; without their end where
 * it was cut off, without their beginning where that was.
 */
export function scanBlocks(scan: Scan): void {
  const { text } = scan;
  let from = 0;
  for (let at = scan.next('-- BEGIN', 0); at < text.length; at = scan.next('-- BEGIN', at + 8)) {
    from = Math.max(from, hideBlock(scan, at, from, '-- END'));
  }
  from = 0;
  for (let at = scan.next('--BEGIN ', 0); at < text.length; at = scan.next('--BEGIN ', at + 8)) {
    from = Math.max(from, hideBlock(scan, at, from, '--END '));
  }
  hideWithoutBeginning(scan);
  for (let at = scan.next('Private-Lines:', 0); at < text.length; at = scan.next('Private-Lines:', at + 14)) {
    const end = scan.next('Private-MAC', at);
    scan.hide(at + 14, end === text.length ? end : scan.lineEnd(end), 'strong');
  }
}

/** Hides a block that begins at `at` and is private; returns where it ends. */
function hideBlock(scan: Scan, at: number, done: number, endMark: string): number {
  const { text } = scan;
  if (at < done) return done;
  const title = text.slice(at, at + 80).split('\n', 1)[0] ?? '';
  if (!/BEGIN [A-Z\d ]{0,40}(?:PRIVATE KEY|PGP MESSAGE)/.test(title)) return done;
  let start = at;
  while (start > 0 && at - start < 5 && text[start - 1] === '-') start -= 1;
  const end = scan.next(endMark, at + 8);
  const after = /^[-A-Z\d ]{0,80}-{2,5}/.exec(text.slice(end, end + 90))?.[0].length ?? 0;
  const stop = Math.min(text.length, end + after);
  scan.hide(start, stop, 'strong');
  return stop;
}

/** Only the end of a key is there: the lines of Base64 before it go. */
function hideWithoutBeginning(scan: Scan): void {
  const { text } = scan;
  let from = 0;
  for (let at = scan.next('-----END ', 0); at < text.length; at = scan.next('-----END ', at + 9)) {
    const title = text.slice(at, at + 60);
    if (/^-----END [A-Z\d ]{0,40}PRIVATE KEY/.test(title)) {
      let start = at;
      while (start > from && /[A-Za-z\d+/=\s\\]/.test(text[start - 1] ?? '-')) start -= 1;
      scan.work.spend(at - start);
      scan.hide(start, at, 'strong');
    }
    from = at + 9;
  }
}
