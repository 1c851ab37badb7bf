import { dictEntries } from './dicts.ts';
import { attempt, type Process } from './process.ts';
import { readText, shownText } from './text.ts';

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
  /** `__name__` */
  short: string;
  /** With the module, but for builtins. */
  dotted: string;
  /** Written in C: a static type, or made from a `PyType_Spec`. A class statement cannot make one. */
  native: boolean;
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
/** Modules of the standard library that readers know classes of. */
const STANDARD = new Set(
  (
    '_pydatetime _pydecimal argparse asyncio collections concurrent configparser dataclasses datetime decimal enum ' +
    'fractions getopt http ipaddress os pathlib subprocess types urllib uuid typing xmlrpc zoneinfo'
  ).split(' '),
);
// Words behind `tp_name`.
const TP_REPR = 8;
const TP_STR = 14;
const MOST_BASES = 1000;
const MOST_NAMES = 100_000;
const MOST_TYPES = 50_000;

/** The types of a process, each read once. */
export class Types {
  private readonly known = new Map<number, PythonType>();
  private readonly attributes = new Map<number, Map<string, number>>();
  private readonly orders = new Map<number, PythonType[]>();
  /** Types that were met before their names could be looked up. */
  private unnamed: PythonType[] = [];
  private names: (address: number) => string | undefined = () => undefined;
  private modules: (name: string) => readonly ReadonlyMap<string, number>[] = () => [];
  private readonly genuine = new Map<number, boolean>();
  /** Modules that were looked into, each once: a module can have thousands of names. */
  private readonly found = new Map<string, readonly ReadonlyMap<string, number>[]>();
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

  /** Where to look for what is in an imported module. */
  useModules(modules: (name: string) => readonly ReadonlyMap<string, number>[]): void {
    this.modules = modules;
    this.genuine.clear();
    this.found.clear();
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
    // a name or a base that was not read because no reads were left
    if (this.process.memory.exhausted) for (const each of type.bases) this.known.delete(each.address);
    return type;
  }

  /** What is in the type's own namespace, by name: addresses. */
  own(type: PythonType): Map<string, number> {
    const known = this.attributes.get(type.address);
    if (known !== undefined) return known;
    const found = new Map<string, number>();
    const { memory, layout } = this.process;
    const entries = attempt(
      () => dictEntries(this.process, memory.u64(type.address + layout.at('type.tp_dict')), MOST_NAMES),
      [],
    );
    for (const { key, value } of entries) {
      const name = attempt(() => shownText(this.process, key), undefined);
      if (name !== undefined) found.set(name, value);
    }
    if (!memory.exhausted) this.attributes.set(type.address, found);
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
    if (!memory.exhausted) this.orders.set(type.address, found);
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

  /** The type is this one or derived from it; a class that only has its name is not. */
  is(type: PythonType, name: string): boolean {
    return this.order(type).some((each) => each.dotted === name && this.isGenuine(each));
  }

  /**
   * A type in C has a function of its own for `repr` or `str`, and not that of its base; `object` has one for all others.
   * Static types have their names for it elsewhere since 3.12; the slots are at the same places in every version
   * (Include/cpython/object.h, PyTypeObject).
   */
  definesSlot(type: PythonType, slot: 'repr' | 'str'): boolean {
    const [, base] = type.bases;
    if (base === undefined) return false;
    const { memory, layout } = this.process;
    const at = layout.at('type.tp_name') + 8 * (slot === 'repr' ? TP_REPR : TP_STR);
    return attempt(() => memory.u64(type.address + at) !== memory.u64(base.address + at), false);
  }

  /** The object is an instance of exactly this type, which is written in C. */
  isNative(object: number, name: string): boolean {
    return attempt(() => {
      const type = this.of(object);
      return type.native && type.dotted === name;
    }, false);
  }

  /**
   * The type is what its name says: written in C, or found under that name in the module of that name. Any class can
   * set `__module__` and `__qualname__`.
   */
  isGenuine(type: PythonType): boolean {
    if (type.native) return true;
    let known = this.genuine.get(type.address);
    if (known === undefined) {
      known = type.name.includes('.<locals>.')
        ? this.isMadeIn(type)
        : this.classesAt(type.module, type.name).includes(type.address);
      this.genuine.set(type.address, known);
    }
    return known;
  }

  /** A class that a function of the module makes: its methods have the globals of that function. */
  private isMadeIn(type: PythonType): boolean {
    const { memory, layout } = this.process;
    const [outer = ''] = type.name.split('.', 1);
    const globals = (address: number): number =>
      this.isNative(address, 'function') ? memory.u64(address + layout.at('function.func_globals')) : 0;
    return this.inModule(type.module, outer).some((maker) =>
      attempt(() => {
        const own = globals(maker);
        return own !== 0 && [...this.own(type).values()].some((each) => globals(each) === own);
      }, false),
    );
  }

  /** Addresses of the classes with that qualified name in a module: one in each interpreter that has imported it. */
  classesAt(module: string, qualifiedName: string): number[] {
    const [first = '', ...rest] = qualifiedName.split('.');
    return this.contents(module).flatMap((contents) => {
      let found = contents.get(first);
      for (const part of rest) {
        const outer = found;
        if (outer === undefined) return [];
        found = attempt(() => this.own(this.at(outer)).get(part), undefined);
      }
      return found === undefined ? [] : [found];
    });
  }

  /** One name of a module: an address in each interpreter that has imported it. */
  inModule(module: string, name: string): number[] {
    return this.contents(module).flatMap((contents) => contents.get(name) ?? []);
  }

  /** What is in an imported module, by name: addresses; for each interpreter. */
  private contents(module: string): readonly ReadonlyMap<string, number>[] {
    let found = this.found.get(module);
    if (found === undefined) {
      const standard = STANDARD.has(module.split('.')[0] ?? '');
      found = standard && !this.isOfTheLibrary(module) ? [] : this.modules(module);
      this.found.set(module, found);
    }
    return found;
  }

  /** The module lies where `os` lies: a file of the application that is called `uuid.py` hides the library's. */
  private isOfTheLibrary(module: string): boolean {
    const folder = (name: string): string | undefined => {
      const file = this.modules(name)[0]?.get('__file__');
      const path =
        file === undefined ? undefined : attempt(() => readText(this.process, file, 4096).text, undefined);
      return path?.replace(/[^/]*$/, '');
    };
    const [own, library] = [folder(module), folder('os')];
    // a frozen module has no file
    return own === undefined || library === undefined || own.startsWith(library);
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
      short: '',
      dotted: '',
      native: !heap || !this.isMadeByClass(address),
      flags,
      basicSize: memory.u64(address + layout.at('type.tp_basicsize')),
      itemSize: memory.u64(address + layout.at('type.tp_itemsize')),
      dictOffset: memory.i64(address + layout.at('type.tp_dictoffset')),
      heap,
      bases: [],
    };
    if (heap) {
      type.name = this.textAt(memory.u64(address + layout.at('heapType.ht_qualname'))) ?? '?';
      type.short = this.textAt(memory.u64(address + layout.at('heapType.ht_name'))) ?? '?';
      const module = this.own(type).get('__module__');
      // `__module__` can be set to anything; repr() leaves out what is no str
      type.module = module === undefined ? 'builtins' : (this.textAt(module) ?? '');
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
    type.short = type.name;
    type.module = dot < 0 ? 'builtins' : text.slice(0, dot);
    type.dotted = dotted(type);
  }

  /** The characters of a str object. */
  private textAt(address: number): string | undefined {
    const { memory, layout } = this.process;
    return attempt(() => {
      const type = memory.u64(address + layout.at('object.ob_type'));
      if ((memory.u32(type + layout.at('type.tp_flags')) & FLAG.text) === 0) return undefined;
      return shownText(this.process, address);
    }, undefined);
  }

  /**
   * `type_new` lets `tp_name` point into the str `__name__` itself; `PyType_FromSpec` into the specification or a copy of
   * its own: Objects/typeobject.c.
   */
  private isMadeByClass(address: number): boolean {
    const { memory, layout } = this.process;
    return attempt(() => {
      const name = memory.u64(address + layout.at('heapType.ht_name'));
      const text = memory.u64(address + layout.at('type.tp_name'));
      const ascii = layout.at('ascii.size');
      // PyCompactUnicodeObject: the length of the UTF-8 text, then its address
      return text === name + ascii || text === memory.u64(name + ascii + 8);
    }, true);
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
