import { dictEntries, splitEntries } from './dicts.ts';
import type { Layout } from './layouts.ts';
import { attempt, type Process } from './process.ts';
import { shownText } from './text.ts';
import { FLAG, type PythonType } from './types.ts';

/** The attribute is an implementation detail by its name. */
function isBookkeeping({ name }: Attribute): boolean {
  return name.startsWith('_');
}

export interface Attribute {
  name: string;
  value: number;
}

// So many of an instance are told by their names; the others are counted.
const MOST_NAMES = 10_000;
const MOST_SLOTS = 10_000;
const T_OBJECT = 6;
const T_OBJECT_EX = 16;

/** The attributes of an instance: those of its `__dict__`, then its slots. Addresses of the values. */
export function attributes(process: Process, object: number, type: PythonType): Attribute[] {
  const found: Attribute[] = [];
  for (const { key, value } of attempt(() => instanceEntries(process, object, type), [])) {
    // one name more is one of what is shown last
    const name = found.length < MOST_NAMES ? attempt(() => shownText(process, key), undefined) : '_';
    if (name !== undefined) found.push({ name, value });
  }
  for (const base of type.bases)
    if (base.heap) found.push(...members(process, object, base).filter((each) => !isOfClass(process, each)));
  return found;
}

/** `sqlite3.Connection.Error` is `sqlite3.Error`: PEP 249's exceptions, which a type in C keeps in each instance. */
function isOfClass({ types }: Process, { name, value }: Attribute): boolean {
  return attempt(() => (types.of(value).flags & FLAG.type) !== 0 && types.at(value).short === name, false);
}

/** The slots of one class, and what a type in C calls its members, of an instance. */
export function members(process: Process, object: number, type: PythonType): Attribute[] {
  return slots(process, type).flatMap(({ name, offset }) => {
    const value = attempt(() => process.memory.u64(object + offset), 0);
    return value === 0 || name.startsWith('__') ? [] : [{ name, value }];
  });
}

/** The slots of an instance alone, those of the class's own machinery (`__pydantic_extra__`) too. */
export function slotsOf(process: Process, object: number, type: PythonType): Map<string, number> {
  const found = new Map<string, number>();
  for (const base of type.bases) {
    for (const { name, offset } of base.heap ? slots(process, base) : []) {
      const value = attempt(() => process.memory.u64(object + offset), 0);
      if (value !== 0) found.set(name, value);
    }
  }
  return found;
}

/** The same, what is public first: `_state` and caches take no room from the fields. */
export function fieldsFirst(found: readonly Attribute[]): Attribute[] {
  return [...found.filter((each) => !isBookkeeping(each)), ...found.filter(isBookkeeping)];
}

/** One attribute of an instance (not of its class); undefined where it has none of that name. */
export function attribute(process: Process, object: number, name: string): number | undefined {
  const type = attempt(() => process.types.of(object), undefined);
  if (type === undefined) return undefined;
  return attributes(process, object, type).find((each) => each.name === name)?.value;
}

function slots({ memory, layout }: Process, type: PythonType): { name: string; offset: number }[] {
  return attempt(() => {
    const found = [];
    let member = memory.u64(type.address + layout.at('type.tp_members'));
    if (member === 0) return [];
    for (let index = 0; index < MOST_SLOTS; index += 1) {
      const name = memory.u64(member + layout.at('member.name'));
      if (name === 0) break;
      const kind = memory.u32(member + layout.at('member.type'));
      if (kind === T_OBJECT_EX || kind === T_OBJECT) {
        const offset = memory.u64(member + layout.at('member.offset'));
        found.push({ name: memory.cString(name, 200), offset });
      }
      member += layout.at('member.size');
    }
    return found;
  }, []);
}

/** Address of the dict of an instance; 0 where it has none or keeps its values inline. */
export function instanceDict(process: Process, object: number, type: PythonType): number {
  const { memory, layout } = process;
  if (layout.minor >= 11 && (type.flags & FLAG.managedDict) !== 0) {
    const pointer = memory.u64(object - managedDictBefore(layout));
    return layout.minor === 12 && pointer % 2 === 1 ? 0 : pointer;
  }
  if (type.dictOffset > 0) return memory.u64(object + type.dictOffset);
  if (type.dictOffset < 0) {
    // Counted from the end of an object of variable size: Objects/object.c, _PyObject_ComputedDictPointer.
    const items = Math.abs(memory.i64(object + layout.at('varObject.ob_size')));
    const size = 8 * Math.ceil((type.basicSize + items * type.itemSize) / 8);
    return memory.u64(object + size + type.dictOffset);
  }
  return 0;
}

/** How far before the object: with a GIL, two words of the garbage collector lie between (pycore_object.h). */
function managedDictBefore({ freeThreaded }: Layout): number {
  return freeThreaded ? 8 : 24;
}

function instanceEntries(
  process: Process,
  object: number,
  type: PythonType,
): { key: number; value: number }[] {
  const { memory, layout } = process;
  const inline = inlineValues(process, object, type);
  if (inline !== 0) {
    const keys = memory.u64(type.address + layout.at('heapType.ht_cached_keys'));
    return splitEntries(process, keys, inline);
  }
  const dict = instanceDict(process, object, type);
  return dict === 0 ? [] : dictEntries(process, dict);
}

/** Address of values that are kept without a dict, as of 3.11; 0 where there are none. */
function inlineValues({ memory, layout }: Process, object: number, type: PythonType): number {
  if (layout.minor < 11 || (type.flags & FLAG.managedDict) === 0) return 0;
  if (layout.minor === 11) return memory.u64(object - 32);
  const pointer = memory.u64(object - managedDictBefore(layout));
  if (layout.minor === 12) return pointer % 2 === 1 ? pointer + 1 : 0;
  if (pointer !== 0 || (type.flags & FLAG.inlineValues) === 0) return 0;
  const values = object + type.basicSize;
  return memory.u8(values + layout.at('dictValues.valid')) === 0 ? 0 : values;
}
