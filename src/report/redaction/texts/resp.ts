import { secretWords } from './command-words.ts';
import type { Scan } from './scan.ts';

/** Commands as Redis gets them (RESP, `*2\\r\\n$4\\r\\nAUTH\\r\\n$6\\r\\nsecret\\r\\n`): command lines with the length before each word. */
export function scanResp(scan: Scan): void {
  const words = [...scan.text.slice(0, 4000).matchAll(/\$\d{1,6}\r\n([^\r\n]*)/g)].map((match) => ({
    text: match[1] ?? '',
    end: match.index + match[0].length,
  }));
  scan.work.spend(Math.min(scan.text.length, 4000));
  const texts = words.map(({ text }) => text);
  const auth = texts[0]?.toUpperCase() === 'AUTH' || /^HELLO$/i.test(texts[0] ?? '');
  const last = words.at(-1);
  if (auth && last !== undefined && words.length > 1)
    scan.hide(last.end - last.text.length, last.end, 'strong');
  for (const { word, start, kind } of secretWords(texts)) {
    const { text = '', end = 0 } = words[word] ?? {};
    scan.hide(end - text.length + start, end, kind);
  }
}
