import { createHash } from 'node:crypto';
import { splitLines } from './diff.ts';

/**
 * Four base64 digits (24 bits of SHA-256) for each line: enough to tell which lines a person has changed since, at a
 * fraction of the text's size. Line ends do not count, so a checkout with CRLF is no change.
 */
export function lineHashes(text: string): string {
  return splitLines(text)
    .map((line) => hashOfLine(line))
    .join('');
}

/** The digits of one line. */
export function hashOfLine(line: string): string {
  return createHash('sha256')
    .update(line.replace(/\r?\n$/, ''))
    .digest('base64')
    .slice(0, 4);
}

/** Reads back what `lineHashes` wrote. */
export function splitHashes(hashes: string): string[] {
  return hashes.match(/.{4}/gs) ?? [];
}
