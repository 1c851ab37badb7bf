import { createHash } from 'node:crypto';
import { splitLines } from './diff.ts';

/** What every release changes in a generated file: the version that it names, and the hash in the module's header. */
const OF_A_RELEASE = /(?<=pycrash-init[@ ])\d[\w.+-]*|(?<=^# sha256 of the rest: )[0-9a-f]{64}/g;

/**
 * The lines of a generated file as the manifest keeps them, to tell later which of them a person has changed: four
 * base64 digits (24 bits of SHA-256) for each, at a fraction of the text's size. Line ends do not count, so a checkout
 * with CRLF is no change; neither does what every release changes, so a release changes no line of the manifest that
 * it does not have to. 0.1.0 wrote one string, of lines as they are.
 */
export type LineHashes = string | readonly string[];

/** At most so many lines in a row: 80 digits. */
const ROW = 20;
/** A row ends at a blank line behind so many, so that an edit moves few of the rows behind it. */
const SHORT_ROW = 8;

/** The hashes of a text, in rows that are easy on a diff. */
export function lineHashes(text: string): string[] {
  const rows: string[][] = [[]];
  for (const line of splitLines(text)) {
    const row = rows.at(-1) ?? [];
    row.push(hashOfLine(line, []));
    if (row.length >= ROW || (row.length >= SHORT_ROW && line.trim() === '')) rows.push([]);
  }
  return rows.filter((row) => row.length > 0).map((row) => row.join(''));
}

/** The digits of one line, to be compared with those in `hashes`. */
export function hashOfLine(line: string, hashes: LineHashes): string {
  const text = line.replace(/\r?\n$/, '');
  return createHash('sha256')
    .update(typeof hashes === 'string' ? text : text.replace(OF_A_RELEASE, ''))
    .digest('base64')
    .slice(0, 4);
}

/** The hashes one by one. */
export function splitHashes(hashes: LineHashes): string[] {
  return (typeof hashes === 'string' ? hashes : hashes.join('')).match(/.{4}/gs) ?? [];
}

/** Has the text the lines that were hashed? */
export function hasLines(text: string, hashes: LineHashes): boolean {
  const all = splitHashes(hashes);
  const lines = splitLines(text);
  return lines.length === all.length && lines.every((line, index) => hashOfLine(line, hashes) === all[index]);
}
