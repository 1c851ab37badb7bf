import type { ByteSource } from '../../../src/core/byte-source.ts';
import { randomNumbers } from '../../../src/crashtest/hostile-client/random.ts';
import { layoutOf, type Layout, type LayoutTable } from '../../../src/core/python/layouts.ts';

/** A core in memory that notes where it is read, so that the mutations hit what matters. */
export function recorded(bytes: Buffer): { source: ByteSource; read: Set<number> } {
  const read = new Set<number>();
  const source = {
    size: bytes.length,
    read(into: Uint8Array, position: number): number {
      for (let at = position - (position % 4096); at < position + into.length; at += 4096) read.add(at);
      return position >= bytes.length ? 0 : bytes.copy(into, 0, position, position + into.length);
    },
  };
  return { source, read };
}

/** The core with some bytes changed or its end gone, by the numbers of that seed. */
export function mutated(bytes: Buffer, pages: readonly number[], seed: number): ByteSource {
  const random = randomNumbers(seed);
  const size = random(4) === 0 ? random(bytes.length) : bytes.length;
  const patches = new Map<number, number>();
  const count = size < bytes.length ? random(3) : 1 + random(40);
  for (let index = 0; index < count; index += 1) {
    // Every third change is in the headers, the notes and what comes first of the interpreter.
    const page = pages[random(random(3) === 0 ? Math.min(8, pages.length) : pages.length)] ?? 0;
    const at = page + 8 * random(512);
    const kind = random(6);
    const other = (pages[random(pages.length)] ?? 0) + 8 * random(512);
    for (let byte = 0; byte < 8; byte += 1) {
      if (kind === 0) patches.set(at + byte, 0xff);
      else if (kind === 1) patches.set(at + byte, 0);
      else if (kind === 2) patches.set(at + byte, bytes[other + byte] ?? 0);
      else if (kind === 3) patches.set(at + byte, random(256));
    }
    if (kind === 4) patches.set(at + random(8), random(256));
    else if (kind === 5) patches.set(at, (bytes[at] ?? 0) ^ (1 << random(8)));
  }
  const changed = [...patches].filter(([at]) => at < size).sort((a, b) => a[0] - b[0]);
  return {
    size,
    read(into, position) {
      const end = Math.min(size, position + into.length);
      if (position >= end) return 0;
      bytes.copy(into, 0, position, end);
      for (const [at, value] of changed) {
        if (at >= position && at < end) into[at - position] = value;
      }
      return end - position;
    },
  };
}

/** The layout with some offsets changed to what a broken or hostile table could hold. */
export function mutatedLayout(table: LayoutTable, seed: number): Layout {
  const random = randomNumbers(seed);
  const names = Object.keys(table.offsets);
  const offsets = { ...table.offsets };
  for (let index = 1 + random(12); index > 0; index -= 1) {
    const name = names[random(names.length)] ?? '';
    const before = offsets[name];
    const number = typeof before === 'number' ? before : 0;
    const kinds = [0, -8, number + 8, number - 8, random(4096), 2 ** 31, 2 ** 53, NaN, number + 1];
    offsets[name] = kinds[random(kinds.length)] ?? 0;
  }
  return layoutOf({ ...table, offsets });
}
