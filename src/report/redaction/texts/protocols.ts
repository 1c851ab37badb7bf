/** The secret that the command of a protocol at this word asks for. */
export function wordOfProtocol(
  words: readonly string[],
  at: number,
): { word: number; start: number } | undefined {
  const word = words[at] ?? '';
  const next = words[at + 1] ?? '';
  // SMTP and IMAP: `AUTH PLAIN x`; POP3 and IRC: `APOP ada x`, `OPER ada x`
  const asked = /^AUTH(?:ENTICATE)?$/.test(word) && /^[A-Z\d-]{4,}$/.test(next);
  if (asked || /^(?:APOP|OPER)$/.test(word))
    return /^(?:[A-Z\d-]+|=)?$/.test(words[at + 2] ?? '') ? undefined : { word: at + 2, start: 0 };
  // Redis: `AUTH user x`; IMAP: `a1 LOGIN user x`
  if (/^(?:AUTH|LOGIN)$/.test(word) && at < 3 && !/AUTH/.test(words[at - 1] ?? '')) {
    const last = words[at + 2] === undefined ? at + 1 : at + 2;
    const text = words[last] ?? '';
    const alone = last === words.length - 1 && /^[A-Za-z]*[a-z][A-Za-z]{7,}$/.test(text);
    return (/\d/.test(text) && !/^[A-Z\d-]+$/.test(text)) || alone ? { word: last, start: 0 } : undefined;
  }
  if (/^identify$/i.test(word) && /nickserv/i.test(words.slice(Math.max(0, at - 6), at).join(' ')))
    return { word: words.length - 1, start: 0 };
  // Redis: `ACL SETUSER ada on >x`
  if (/^[>#]\S/.test(word) && words.slice(Math.max(0, at - 6), at).includes('SETUSER'))
    return { word: at, start: 1 };
  return undefined;
}
