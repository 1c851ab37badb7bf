import type { Process } from './process.ts';

/** Addresses of the key and the value objects of an entry. */
export interface Entry {
  key: number;
  value: number;
}

const MOST_ENTRIES = 1 << 20;
// Slots of a table, most of them emptied; and the keys that instances of one class share.
const MOST_SLOTS = 1 << 24;
const MOST_SHARED = 1 << 16;

/** How many entries a dict says it has. */
export function dictLength({ memory, layout }: Process, dict: number): number {
  return memory.u64(dict + layout.at('dict.used'));
}

/** The entries of a dict, in its order, at most `most`. All table formats since 3.8: Objects/dictobject.c. */
export function dictEntries(process: Process, dict: number, most = MOST_ENTRIES): Entry[] {
  const { memory, layout } = process;
  const keys = memory.u64(dict + layout.at('dict.keys'));
  const values = memory.u64(dict + layout.at('dict.values'));
  const limit = Math.min(most, MOST_ENTRIES);
  if (values !== 0) {
    return layout.minor >= 11
      ? splitEntries(process, keys, values, limit)
      : oldSplitEntries(process, keys, values, limit);
  }
  const entries: Entry[] = [];
  for (const { key, value } of tableEntries(process, keys)) {
    if (value === 0 || key === 0) continue;
    if (entries.length >= limit) break;
    entries.push({ key, value });
  }
  return entries;
}

/** Where a value lies in an instance's inline values, by the shared keys of its type; in insertion order. */
export function splitEntries(
  process: Process,
  keys: number,
  values: number,
  most: number = MOST_ENTRIES,
): Entry[] {
  const { memory, layout } = process;
  const names = tableKeys(process, keys);
  // 3.11, 3.12: bytes before the values, [-1] the prefix's size, [-2] the number of values, then their order downwards;
  // 3.13: capacity and size in front, the order behind the values.
  const late = layout.has('dictValues.capacity');
  const first = late ? values + layout.at('dictValues.values') : values;
  const count = late ? memory.u8(values + layout.at('dictValues.size')) : memory.u8(values - 2);
  const capacity = late ? memory.u8(values + layout.at('dictValues.capacity')) : 0;
  const entries: Entry[] = [];
  for (let index = 0; index < Math.min(count, most); index += 1) {
    const at = late ? memory.u8(first + capacity * 8 + index) : memory.u8(values - 3 - index);
    const key = names[at];
    const value = memory.u64(first + at * 8);
    if (key !== undefined && key !== 0 && value !== 0) entries.push({ key, value });
  }
  return entries;
}

function oldSplitEntries(process: Process, keys: number, values: number, most: number): Entry[] {
  const entries: Entry[] = [];
  tableKeys(process, keys).forEach((key, index) => {
    if (key === 0 || entries.length >= most) return;
    const value = process.memory.u64(values + index * 8);
    if (value !== 0) entries.push({ key, value });
  });
  return entries;
}

function tableKeys(process: Process, keys: number): number[] {
  const names: number[] = [];
  for (const { key } of tableEntries(process, keys)) if (names.push(key) >= MOST_SHARED) break;
  return names;
}

/** Every slot of a table of keys, also the emptied ones (0). */
function* tableEntries(process: Process, keys: number): Generator<Entry> {
  const { memory, layout } = process;
  const indices = keys + layout.at('dictKeys.indices');
  const count = Math.min(memory.u64(keys + layout.at('dictKeys.dk_nentries')), MOST_SLOTS);
  let table: number;
  let names = false;
  if (layout.has('dictKeys.dk_log2_index_bytes')) {
    table = indices + 2 ** memory.u8(keys + layout.at('dictKeys.dk_log2_index_bytes'));
    // DICT_KEYS_GENERAL is 0; keys that are all str have entries without a hash.
    names = memory.u8(keys + layout.at('dictKeys.dk_kind')) !== 0;
  } else {
    const size = memory.u64(keys + layout.at('dictKeys.dk_size'));
    table = indices + size * (size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8);
  }
  const kind = names ? 'dictUnicodeEntry' : 'dictEntry';
  const [size, keyAt, valueAt] = [
    layout.at(`${kind}.size`),
    layout.at(`${kind}.key`),
    layout.at(`${kind}.value`),
  ];
  for (const { bytes, at } of records(process, table, count, size)) {
    yield { key: wordAt(bytes, at + keyAt), value: wordAt(bytes, at + valueAt) };
  }
}

const FEW_BYTES = 4096;

/**
 * The records of a table, read in blocks: one that was drained has millions of empty ones, which cost nothing so. The
 * first block is small, because most tables are.
 */
export function* records(
  { memory }: Process,
  table: number,
  count: number,
  size: number,
): Generator<{ bytes: Buffer; at: number }> {
  let most = Math.max(1, Math.floor(FEW_BYTES / size));
  for (let index = 0; index < count;) {
    const taken = Math.min(most, count - index);
    const bytes = memory.bytes(table + index * size, taken * size);
    for (let at = 0; at < bytes.length; at += size) yield { bytes, at };
    index += taken;
    most = Math.min(most * 2, 1 << 16);
  }
}

/** A pointer in bytes that were read. */
export function wordAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000;
}
