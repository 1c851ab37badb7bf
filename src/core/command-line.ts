import type { Memory } from './elf/memory.ts';
import type { CoreNotes } from './elf/notes.ts';
import { attempt } from './python/process.ts';

const MOST_WORDS = 4096;
const MOST_SEARCHED = 4 * 1024 * 1024;
const AT_EXECFN = 31;

/** What the process was started with, from where the kernel put it: the top of the first thread's stack. */
export function readCommandLine(
  memory: Memory,
  notes: CoreNotes,
): { words: string[]; environment: Map<string, string>; program: string | undefined } {
  const top = notes.auxiliary.get(AT_EXECFN) ?? 0;
  const program = attempt(() => memory.cString(top, 4096), undefined);
  const nothing = { words: [], environment: new Map<string, string>(), program };
  const segment = memory.segmentAt(top);
  // The auxiliary vector itself, which a note repeats, is right behind the pointers to argv and envp (elf_create_tables).
  const vector = notes.auxiliaryBytes.subarray(0, 64);
  if (segment === undefined || vector.length < 64 || top > segment.end) return nothing;
  return attempt(() => {
    const start = Math.max(segment.start, top - MOST_SEARCHED);
    const bytes = memory.bytes(start, top - start);
    const at = bytes.lastIndexOf(vector);
    if (at < 16) return nothing;
    const environment = pointersBefore(bytes, at - 8);
    const words = pointersBefore(bytes, at - 8 - 8 * (environment.length + 1));
    const strings = (pointers: number[], most: number): string[] =>
      pointers.flatMap((each) => attempt(() => [memory.cString(each, most)], []));
    const pairs = strings(environment, 32_768).map((text): [string, string] => {
      const equals = text.indexOf('=');
      return [text.slice(0, Math.max(0, equals)), text.slice(equals + 1)];
    });
    // The first word is argc, which is in front of the pointers and small enough not to be one.
    return { words: strings(words, 4096), environment: new Map(pairs), program };
  }, nothing);
}

/** The pointers that end, with a zero, at `end`; in their order. */
function pointersBefore(bytes: Buffer, end: number): number[] {
  const found: number[] = [];
  for (let at = end - 8; at >= 0 && found.length < MOST_WORDS; at -= 8) {
    const value = bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000;
    if (value < 0x10000) break;
    found.push(value);
  }
  return found.reverse();
}
