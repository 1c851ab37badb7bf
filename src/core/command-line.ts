import type { Memory } from './elf/memory.ts';
import type { CoreNotes } from './elf/notes.ts';
import { LIMITS } from './limits.ts';
import { attempt } from './python/process.ts';
import { cutMark } from './python/value.ts';

// execve(2): arguments and environment have at most 6 MiB, the pointers to them included.
const MOST_SEARCHED = 8 * 1024 * 1024;
const AT_EXECFN = 31;

interface CommandLine {
  words: string[];
  environment: Map<string, string>;
  /** So many variables are not in `environment`. */
  environmentLeftOut: number;
  program: string | undefined;
}

/** What the process was started with, from where the kernel put it: the top of the first thread's stack. */
export function readCommandLine(memory: Memory, notes: CoreNotes): CommandLine {
  const top = notes.auxiliary.get(AT_EXECFN) ?? 0;
  const program = attempt(() => memory.cString(top, 4096), undefined);
  const nothing = { words: [], environment: new Map<string, string>(), environmentLeftOut: 0, program };
  const segment = memory.segmentAt(top);
  // The auxiliary vector itself, which a note repeats, is right behind the pointers to argv and envp (elf_create_tables).
  const vector = notes.auxiliaryBytes.subarray(0, 64);
  if (segment === undefined || vector.length < 64 || top > segment.end) return nothing;
  return attempt(() => {
    const start = Math.max(segment.start, top - MOST_SEARCHED);
    const bytes = memory.bytes(start, top - start);
    const at = bytes.lastIndexOf(vector);
    if (at < 16) return nothing;
    const variables = pointersBefore(bytes, at - 8);
    // The first word is argc, which is in front of the pointers and small enough not to be one.
    const words = pointersBefore(bytes, at - 8 - 8 * (variables.length + 1));
    const text = (pointer: number): string =>
      pointer >= start && pointer < top
        ? textAt(bytes, pointer - start)
        : // a program can let argv refer to another text (Nuitka)
          attempt(() => memory.cString(pointer, LIMITS.wordBytes), '');
    const shown = words.slice(0, LIMITS.words).map(text);
    if (words.length > shown.length) shown.push(`${cutMark(words.length - shown.length)} words`);
    const pairs = variables.slice(0, LIMITS.variables).map((pointer): [string, string] => {
      const variable = text(pointer);
      const equals = variable.indexOf('=');
      return [variable.slice(0, Math.max(0, equals)), variable.slice(equals + 1)];
    });
    const environmentLeftOut = variables.length - pairs.length;
    return { words: shown, environment: new Map(pairs), environmentLeftOut, program };
  }, nothing);
}

/** The string at a place among those that the kernel copied. */
function textAt(bytes: Buffer, at: number): string {
  if (at < 0 || at >= bytes.length) return '';
  const nul = bytes.indexOf(0, at);
  const end = nul < 0 ? bytes.length : nul;
  const left = end - at - LIMITS.wordBytes;
  const text = bytes.toString('utf8', at, Math.min(end, at + LIMITS.wordBytes));
  return left > 0 ? `${text}${cutMark(left, 'bytes')}` : text;
}

/** The pointers that end, with a zero, at `end`; in their order. */
function pointersBefore(bytes: Buffer, end: number): number[] {
  const found: number[] = [];
  for (let at = end - 8; at >= 0; at -= 8) {
    const value = bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000;
    if (value < 0x10000) break;
    found.push(value);
  }
  return found.reverse();
}
