import { execFileSync } from 'node:child_process';
import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Sources } from '../../src/project/sources.ts';

const WORDS = ['SIGABRT', 'abort'];

describe('mayContain', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pycrash-sources-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('is true for every file whose text, in whatever encoding, has one of the words', () => {
    const encodings = [
      (text: string) => Buffer.from(text, 'utf8'),
      (text: string) => Buffer.from(`\ufeff${text}`, 'utf8'),
      (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
      (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
      (text: string) => Buffer.from(`${text}\u00e9`, 'latin1'),
    ];
    assert(
      property(
        array(oneof(constantFrom('abort', 'SIGABRT', 'abor', '\n', ' '), string()), {
          maxLength: 6,
        }),
        constantFrom(...encodings),
        (parts, encode) => {
          const bytes = encode(parts.join(''));
          writeFileSync(join(root, 'a.py'), bytes);
          const text = new Sources(root, ['a.py']).read('a.py')?.text ?? '';
          const has = WORDS.some((word) => text.includes(word));
          const may = new Sources(root, ['a.py']).mayContain('a.py', WORDS);
          expect(may || !has).toBe(true);
          // and it is of use
          const isUtf16 = bytes[0] === 0xff || bytes[0] === 0xfe;
          expect(may && !has && !isUtf16).toBe(false);
        },
      ),
    );
  });

  test('leaves to read whatever read has a note about', () => {
    const outside = mkdtempSync(join(tmpdir(), 'pycrash-outside-'));
    try {
      writeFileSync(join(outside, 'a.py'), '');
      symlinkSync(join(outside, 'a.py'), join(root, 'link.py'));
      symlinkSync(outside, join(root, 'folder'));
      symlinkSync('nowhere', join(root, 'dangling.py'));
      mkdirSync(join(root, 'really-a-folder.py'));
      writeFileSync(join(root, 'big.py'), Buffer.alloc(1024 * 1024 + 1));
      for (const path of [
        'link.py',
        'folder/a.py',
        'dangling.py',
        'really-a-folder.py',
        'big.py',
        'deleted.py',
      ]) {
        expect(new Sources(root, [path]).mayContain(path, WORDS), path).toBe(true);
      }
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  test('sees what stands in for the file on the disk', () => {
    writeFileSync(join(root, 'a.py'), '');
    const overlay = new Map([['a.py', Buffer.from('os.abort()')]]);
    expect(new Sources(root, ['a.py'], overlay).mayContain('a.py', WORDS)).toBe(true);
  });

  test('does not wait for a named pipe', () => {
    execFileSync('mkfifo', [join(root, 'pipe.py')]);
    expect(new Sources(root, ['pipe.py']).mayContain('pipe.py', WORDS)).toBe(true);
  });

  test('a file of the full size is searched to its end', () => {
    const bytes = Buffer.alloc(1024 * 1024, ' ');
    writeFileSync(join(root, 'a.py'), bytes);
    expect(new Sources(root, ['a.py']).mayContain('a.py', WORDS)).toBe(false);
    bytes.write('abort', bytes.length - 5);
    writeFileSync(join(root, 'a.py'), bytes);
    expect(new Sources(root, ['a.py']).mayContain('a.py', WORDS)).toBe(true);
  });

  test('words that are asked for later are looked for in files that were searched before', () => {
    writeFileSync(join(root, 'a.py'), 'acks_late = True');
    writeFileSync(join(root, 'b.py'), 'os.abort()');
    const sources = new Sources(root, ['a.py', 'b.py']);
    const later = ['acks_late'];
    expect(['a.py', 'b.py'].map((path) => sources.mayContain(path, WORDS))).toEqual([false, true]);
    expect(['a.py', 'b.py'].map((path) => sources.mayContain(path, later))).toEqual([true, false]);
    expect(['a.py', 'b.py'].map((path) => sources.mayContain(path, WORDS))).toEqual([false, true]);
  });

  test('a file that was read for another reason contains what it contains', () => {
    writeFileSync(join(root, 'a.py'), 'acks_late = True');
    const sources = new Sources(root, ['a.py']);
    sources.read('a.py');
    expect(sources.containing('a.py', WORDS)).toBeUndefined();
    expect(sources.containing('a.py', ['acks_late'])?.text).toBe('acks_late = True');
  });
});
