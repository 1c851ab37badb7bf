import { dictEntries } from './dicts.ts';
import { attempt, type Process } from './process.ts';
import { readText } from './text.ts';

/** Bits of `tp_flags`: Include/object.h. */
export const FLAG = {
  inlineValues: 1 << 2,
  managedDict: 1 << 4,
  heap: 1 << 9,
  integer: 1 << 24,
  list: 1 << 25,
  tuple: 1 << 26,
  bytes: 1 << 27,
  text: 1 << 28,
  dict: 1 << 29,
  exception: 1 << 30,
  type: 1 << 31,
} as const;

export interface PythonType {
  address: number;
  /** `__qualname__` */
  name: string;
  module: string;
  /** With the module, but for builtins. */
  dotted: string;
  flags: number;
  basicSize: number;
  itemSize: number;
  dictOffset: number;
  heap: boolean;
  /** The type itself and its bases as `tp_base` says, which is what the memory layout follows. */
  bases: PythonType[];
}

/** What a type is called whose name is nowhere. */
export const NAMELESS = 'type whose name is not in the core';
const MOST_BASES = 64;
const MOST_TYPES = 50_000;

/** The types of a process, each read once. */
export class Types {
  private readonly known = new Map<number, PythonType>();
  private readonly attributes = new Map<number, Map<string, number>>();
  private readonly orders = new Map<number, PythonType[]>();
  /** Types that were met before their names could be looked up. */
  private unnamed: PythonType[] = [];
  private names: (address: number) => string | undefined = () => undefined;
  readonly process: Process;

  constructor(process: Omit<Process, 'types'>) {
    this.process = { ...process, types: this };
  }

  /** Where to look for the names of types whose own name lies in pages that the core does not have. */
  useNames(names: (address: number) => string | undefined): void {
    this.names = names;
    const waiting = this.unnamed;
    this.unnamed = [];
    for (const type of waiting) this.name(type, names(type.address));
  }

  /** The type of an object. Throws where it cannot be one. */
  of(object: number): PythonType {
    const { memory, layout } = this.process;
    return this.at(memory.u64(object + layout.at('object.ob_type')));
  }

  /** The type at an address. Throws where there is none. */
  at(address: number): PythonType {
    const known = this.known.get(address);
    if (known !== undefined) return known;
    if (this.known.size > MOST_TYPES) throw new Error('more types than any program has');
    const type = this.read(address);
    this.known.set(address, type);
    type.bases = this.basesOf(type);
    return type;
  }

  /** What is in the type's own namespace, by name: addresses. */
  own(type: PythonType): Map<string, number> {
    let found = this.attributes.get(type.address);
    if (found !== undefined) return found;
    found = new Map();
    this.attributes.set(type.address, found);
    const { memory, layout } = this.process;
    const entries = attempt(
      () => dictEntries(this.process, memory.u64(type.address + layout.at('type.tp_dict')), 5000),
      [],
    );
    for (const { key, value } of entries) {
      const name = attempt(() => readText(this.process, key, 200).text, undefined);
      if (name !== undefined) found.set(name, value);
    }
    return found;
  }

  /** The method resolution order. */
  order(type: PythonType): PythonType[] {
    let found = this.orders.get(type.address);
    if (found !== undefined) return found;
    const { memory, layout } = this.process;
    found = attempt(() => {
      const tuple = memory.u64(type.address + layout.at('type.tp_mro'));
      const count = Math.min(memory.u64(tuple + layout.at('varObject.ob_size')), MOST_BASES);
      const types = [];
      for (let index = 0; index < count; index += 1) {
        types.push(this.at(memory.u64(tuple + layout.at('tuple.items') + index * 8)));
      }
      return types;
    }, type.bases);
    if (found.length === 0) found = type.bases;
    this.orders.set(type.address, found);
    return found;
  }

  /** A class attribute, as Python would find it, among the classes that are written in Python or made at run time. */
  attribute(type: PythonType, name: string): number | undefined {
    for (const each of this.order(type)) {
      const found = each.heap ? this.own(each).get(name) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The type is this one or derived from it. */
  is(type: PythonType, name: string): boolean {
    return this.order(type).some((each) => each.dotted === name);
  }

  private read(address: number): PythonType {
    const { memory, layout } = this.process;
    if (!(address > 0) || address % 8 !== 0) throw new Error('not a type');
    const flags = memory.u32(address + layout.at('type.tp_flags'));
    // The type of a type is one that derives from type: one more look, so that random bytes are not taken for one.
    const meta = memory.u64(address + layout.at('object.ob_type'));
    if ((memory.u32(meta + layout.at('type.tp_flags')) & FLAG.type) === 0) throw new Error('not a type');
    const heap = (flags & FLAG.heap) !== 0;
    const type: PythonType = {
      address,
      name: '',
      module: '',
      dotted: '',
      flags,
      basicSize: memory.u64(address + layout.at('type.tp_basicsize')),
      itemSize: memory.u64(address + layout.at('type.tp_itemsize')),
      dictOffset: memory.i64(address + layout.at('type.tp_dictoffset')),
      heap,
      bases: [],
    };
    if (heap) {
      type.name = attempt(
        () => readText(this.process, memory.u64(address + layout.at('heapType.ht_qualname')), 300).text,
        '?',
      );
      const module = this.own(type).get('__module__');
      type.module =
        module === undefined ? 'builtins' : attempt(() => readText(this.process, module, 300).text, '?');
    } else {
      this.name(
        type,
        attempt(() => memory.cString(memory.u64(address + layout.at('type.tp_name')), 300), undefined) ??
          this.names(address),
      );
      return type;
    }
    type.dotted = dotted(type);
    return type;
  }

  private name(type: PythonType, full: string | undefined): void {
    if (full === undefined) this.unnamed.push(type);
    const text = full ?? NAMELESS;
    const dot = text.lastIndexOf('.');
    type.name = text.slice(dot + 1);
    type.module = dot < 0 ? 'builtins' : text.slice(0, dot);
    type.dotted = dotted(type);
  }

  private basesOf(type: PythonType): PythonType[] {
    const { memory, layout } = this.process;
    const bases = [type];
    let address = type.address;
    while (bases.length < MOST_BASES) {
      const from = address;
      address = attempt(() => memory.u64(from + layout.at('type.tp_base')), 0);
      if (address === 0 || bases.some((each) => each.address === address)) break;
      const base = this.known.get(address) ?? attempt(() => this.read(address), undefined);
      if (base === undefined) break;
      if (!this.known.has(address)) {
        this.known.set(address, base);
        base.bases = this.basesOf(base);
      }
      bases.push(base);
    }
    return bases;
  }
}

function dotted({ module, name }: PythonType): string {
  return module === 'builtins' || module === '' ? name : `${module}.${name}`;
}
