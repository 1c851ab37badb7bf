import { LIMITS, type Limits } from '../limits.ts';
import { attributes, attribute, fieldsFirst } from './attributes.ts';
import { CALLABLE_READERS } from './callables.ts';
import { CONTAINER_READERS, NAMED_CONTAINERS } from './containers.ts';
import { floatRepr, complexRepr, integerRepr, smallInteger } from './numbers.ts';
import { attempt, type Process } from './process.ts';
import { DATE_READERS, NAMED_DATES } from './dates.ts';
import { NAMED_LIBRARIES, readerOfClass } from './libraries.ts';
import { GENERATED, readNamedTuple, readerOfRepr } from './reprs.ts';
import { NAMED_SYSTEM, SYSTEM_READERS } from './system-objects.ts';
import { bytesRepr, readText, shownText, textRepr } from './text.ts';
import { Texts } from './texts.ts';
import { FLAG, NAMELESS, type PythonType } from './types.ts';
import { cutMark, withRest, type PythonChild, type PythonValue } from './value.ts';

/** What is left to the values of one part of the report: another part has its own. */
export class ValueBudget {
  objects: number;
  reads: number;
  /** Values that were cut or not read at all, because nothing was left. */
  unread = 0;

  constructor({ total, totalReads }: Limits) {
    this.objects = total;
    this.reads = totalReads;
  }
}

// A list or tuple that is walked and not shown.
const MOST_WORDS = 100_000;
const NOT_READ = '<not read: the limit of this report was reached>';

/** Reads an object of a type that it is registered for; `depth` is that of the object itself. */
export type Reader = (objects: Objects, address: number, type: PythonType, depth: number) => PythonValue;

interface Plan {
  reader: Reader;
  /** The first `__repr__` in Python that cannot be run. */
  ownRepr?: string;
  /** Shown as `<Class …>`: what the reader shows is not, or not all of, what `repr` would. */
  marked: boolean;
  /** The `__repr__` of a library's class that the reader knows: what it shows as `<module.Class …>` is shorter than that. */
  library?: string;
}

/** Python objects as values of a report. */
export class Objects {
  readonly process: Process;
  readonly limits: Limits;
  private readonly plans = new Map<number, Plan>();
  private readonly done = new Map<number, PythonValue>();
  private readonly path = new Set<number>();
  private left = 0;
  /** No class is named that `repr` does not name: for messages. */
  private exact = false;
  private budget: ValueBudget;
  /** What limits left out besides parts of values, in words; each once. */
  readonly leftOut = new Set<string>();
  /** What compiled the functions of a file to C. */
  readonly compiled = new Map<string, string>();

  constructor(process: Process, limits: Limits = LIMITS) {
    this.process = process;
    this.limits = limits;
    this.budget = new ValueBudget(limits);
  }

  /** Reads values for another part of the report, which has a budget of its own. */
  within<T>(budget: ValueBudget, read: () => T): T {
    const before = this.budget;
    this.budget = budget;
    try {
      return read();
    } finally {
      this.budget = before;
    }
  }

  /** A local, with as much of what it holds as the limits allow. Never throws for what a core can contain. */
  local(address: number): PythonValue {
    const known = this.done.get(address);
    if (known !== undefined) return known;
    const { value, complete } = this.read(address);
    // where another part has more left, it is read again
    if (complete) this.done.set(address, value);
    return value;
  }

  private read(address: number): { value: PythonValue; complete: boolean } {
    const { budget, limits } = this;
    if (budget.reads <= 0 || budget.objects <= 0) {
      budget.unread += 1;
      return { value: { type: '?', address, text: NOT_READ, truncated: true }, complete: false };
    }
    this.left = Math.min(limits.objects, budget.objects);
    const before = this.left;
    const scarce = budget.reads < limits.reads || before < limits.objects;
    const value = this.process.memory.within(
      Math.min(limits.reads, budget.reads),
      () => this.value(address, 0),
      (used, exhausted) => {
        budget.reads -= used;
        if (exhausted || (scarce && this.left < 0)) budget.unread += 1;
      },
    );
    budget.objects -= before - this.left;
    return { value, complete: !scarce };
  }

  /** Values are read for a message: as `repr` says them and not as a report shows them. */
  get isExact(): boolean {
    return this.exact;
  }

  /** What `repr` says, without the attributes and names of classes that a report adds. */
  exactly(address: number): PythonValue {
    const before = this.exact;
    this.exact = true;
    try {
      return this.read(address).value;
    } finally {
      this.exact = before;
    }
  }

  /** What the `__repr__` of a type in C shows of an object, whatever its class has. */
  asBase(address: number, base: string): PythonValue | undefined {
    const reader = READERS.get(base);
    return reader?.(this, address, this.process.types.of(address), 0);
  }

  /** A part of a value. */
  value(address: number, depth: number): PythonValue {
    if (address === 0) return { type: 'NULL', text: '<NULL>' };
    if (this.path.has(address)) return this.repeated(address);
    this.left -= 1;
    this.path.add(address);
    let type: PythonType | undefined;
    try {
      type = this.process.types.of(address);
      if (this.left < 0 || depth > this.limits.depth) return this.shortened(address, type);
      const plan = this.plan(type);
      const value = plan.reader(this, address, type, depth);
      value.address = address;
      value.type = type.dotted;
      if (plan.ownRepr !== undefined) value.ownRepr = plan.ownRepr;
      if (plan.library !== undefined && isMarked(value, type)) value.ownRepr ??= plan.library;
      const decorated = plan.marked && !(this.exact && plan.ownRepr === undefined);
      return decorated && !isMarked(value, type) ? named(value, type) : value;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (type === undefined) return this.unreadable(address);
      const why = this.process.memory.exhausted ? ', not read: the limit of this report was reached' : '';
      return {
        type: type.dotted,
        address,
        text: `<${type.dotted} at ${hex(address)}${why}>`,
        truncated: true,
      };
    } finally {
      this.path.delete(address);
    }
  }

  /** Values at addresses, as items; what is over the limit is left out and said. */
  items(addresses: readonly number[], depth: number, length = addresses.length): Partial<PythonValue> {
    const children: PythonChild[] = [];
    for (const each of addresses) {
      if (children.length >= this.limits.items || this.left < 0) break;
      children.push({ value: this.value(each, depth + 1) });
    }
    return withRest(children, length);
  }

  /** Attributes as `name=value`. */
  named(
    pairs: readonly { name: string; value: number }[],
    depth: number,
    length = pairs.length,
  ): Partial<PythonValue> {
    const children: PythonChild[] = [];
    for (const { name, value } of pairs) {
      if (children.length >= this.limits.items || this.left < 0) break;
      children.push({ name, value: this.value(value, depth + 1) });
    }
    return withRest(children, length);
  }

  /** The characters of a str that the core has, with a mark where it is longer; undefined for anything else. */
  text(address: number | undefined, most = this.limits.characters): string | undefined {
    if (address === undefined || address === 0) return undefined;
    return attempt(() => {
      if ((this.process.types.of(address).flags & FLAG.text) === 0) return undefined;
      return shownText(this.process, address, most);
    }, undefined);
  }

  /** The value of an int object; NaN for anything else. */
  number(address: number | undefined): number {
    if (address === undefined || address === 0) return NaN;
    return attempt(() => {
      if ((this.process.types.of(address).flags & FLAG.integer) === 0) return NaN;
      return smallInteger(this.process, address);
    }, NaN);
  }

  /** A word of the C structure of an object. */
  word(address: number, field: string): number {
    const { memory, layout } = this.process;
    return memory.u64(address + layout.at(field));
  }

  /** The items of a tuple, at most `most`: addresses. Empty for anything else. */
  tuple(address: number, most = MOST_WORDS): number[] {
    return attempt(() => {
      const { memory, layout, types } = this.process;
      if ((types.of(address).flags & FLAG.tuple) === 0) return [];
      return this.words(
        address + layout.at('tuple.items'),
        memory.u64(address + layout.at('varObject.ob_size')),
        most,
      );
    }, []);
  }

  /** The items of a list: addresses. Empty for anything else. */
  list(address: number): number[] {
    return attempt(() => {
      const { memory, layout, types } = this.process;
      if ((types.of(address).flags & FLAG.list) === 0) return [];
      const items = memory.u64(address + layout.at('list.items'));
      return this.words(items, memory.u64(address + layout.at('varObject.ob_size')));
    }, []);
  }

  private words(start: number, count: number, most = MOST_WORDS): number[] {
    return Array.from({ length: Math.min(count, most) }, (_, index) =>
      this.process.memory.u64(start + index * 8),
    );
  }

  /** The dict that an instance of a subclass is, as a dict shows itself. */
  contents(address: number, depth: number): PythonValue {
    const dict = READERS.get('dict');
    return dict === undefined ? { type: '' } : dict(this, address, this.process.types.of(address), depth);
  }

  /** For texts that are made of objects. */
  texts(): Texts {
    return new Texts(this);
  }

  attribute(address: number, name: string): number | undefined {
    return attempt(() => attribute(this.process, address, name), undefined);
  }

  private plan(type: PythonType): Plan {
    let plan = this.plans.get(type.address);
    if (plan === undefined) {
      plan = this.makePlan(type);
      this.plans.set(type.address, plan);
    }
    return plan;
  }

  /**
   * A reader stands for a `__repr__`: the first one that Python would find decides, by what it is and not by what its
   * class is called.
   */
  private makePlan(type: PythonType): Plan {
    const { process } = this;
    const { types } = process;
    if ((type.flags & FLAG.type) !== 0) return { reader: readType, marked: false };
    const [, parent] = type.bases;
    // The static ones keep their namespace in the interpreter as of 3.12: they are told by being derived from tuple.
    if (
      type.native &&
      parent?.dotted === 'tuple' &&
      (!type.heap || types.own(type).has('n_sequence_fields'))
    ) {
      return { reader: readStructSequence, marked: false };
    }
    let unknown = false;
    let own: Pick<Plan, 'ownRepr'> = {};
    for (const each of types.order(type)) {
      const native = each.native ? (READERS.get(each.dotted) ?? byFlags(each)) : undefined;
      const ofLibrary = native === undefined ? readerOfClass(types, each) : undefined;
      const found = native ?? ofLibrary ?? readerOfRepr(process, each);
      if (found === 'unknown') {
        unknown = true;
        if (own.ownRepr === undefined) own = { ownRepr: `${each.dotted}.__repr__` };
      } else if (found === 'instance') break;
      else if (found !== undefined) {
        // the names of its fields say what is a secret
        if (
          unknown &&
          each.dotted === 'tuple' &&
          this.tuple(types.attribute(type, '_fields') ?? 0).length > 0
        )
          return { reader: readNamedTuple, ...own, marked: true };
        return {
          reader: found,
          ...own,
          ...(ofLibrary === undefined ? {} : { library: `${each.dotted}.__repr__` }),
          marked: unknown || (each !== type && !NAMED.has(found) && !GENERATED.has(found)),
        };
      }
    }
    return { reader: own.ownRepr === undefined ? readInstance : readOpaque, ...own, marked: false };
  }

  private repeated(address: number): PythonValue {
    const type = attempt(() => this.process.types.of(address), undefined);
    if (type === undefined) return this.unreadable(address);
    const mark =
      (type.flags & FLAG.list) !== 0
        ? '[...]'
        : (type.flags & FLAG.dict) !== 0
          ? '{...}'
          : (type.flags & FLAG.tuple) !== 0
            ? '(...)'
            : GENERATED.has(this.plan(type).reader)
              ? '...' // reprlib.recursive_repr of dataclasses, and the same in attrs
              : `<${type.dotted} at ${hex(address)}>`;
    return { type: type.dotted, address, text: mark };
  }

  private shortened(address: number, type: PythonType): PythonValue {
    if ((type.flags & (FLAG.integer | FLAG.text)) !== 0)
      return this.plan(type).reader(this, address, type, 0);
    const brackets =
      (type.flags & FLAG.list) !== 0
        ? '[]'
        : (type.flags & FLAG.tuple) !== 0
          ? '()'
          : (type.flags & FLAG.dict) !== 0
            ? '{}'
            : undefined;
    if (brackets !== undefined) {
      const { memory, layout } = this.process;
      const count = memory.u64(address + layout.at(brackets === '{}' ? 'dict.used' : 'varObject.ob_size'));
      const shown = count === 0 ? brackets : `${brackets[0] ?? ''}${cutMark(count)}${brackets[1] ?? ''}`;
      return { type: type.dotted, address, text: shown, ...(count === 0 ? {} : { truncated: true }) };
    }
    if (type.native && SINGLE.has(type.dotted)) return this.plan(type).reader(this, address, type, 0);
    return { type: type.dotted, address, text: `<${type.dotted} at ${hex(address)}>`, truncated: true };
  }

  private unreadable(address: number): PythonValue {
    const { memory } = this.process;
    if (memory.exhausted) return { type: '?', address, text: NOT_READ, truncated: true };
    const text = memory.has(address)
      ? `<not an object at ${hex(address)}>`
      : `<not in the core: ${hex(address)}>`;
    return { type: '?', address, text };
  }
}

const SINGLE = new Set(['NoneType', 'float', 'ellipsis', 'NotImplementedType', 'bytes', 'complex']);

/** As `%p` prints it. */
export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}

/** It is shown as `<module.Class …>` already. */
function isMarked(value: PythonValue, type: PythonType): boolean {
  return (value.text ?? value.open ?? '').startsWith(`<${type.dotted} `);
}

/** A subclass: its name, and what the base class shows. */
function named(value: PythonValue, type: PythonType): PythonValue {
  const front = `<${type.dotted} `;
  if (value.text !== undefined) return { ...value, text: `${front}${value.text}>` };
  return { ...value, open: `${front}${value.open ?? ''}`, close: `${value.close ?? ''}>` };
}

function byFlags(type: PythonType): Reader | undefined {
  // Where the names of the built-in types are not in the core, their flags still tell the most important ones apart.
  if (type.heap || type.dotted !== NAMELESS) return undefined;
  if ((type.flags & FLAG.text) !== 0) return READERS.get('str');
  if ((type.flags & FLAG.dict) !== 0) return READERS.get('dict');
  if ((type.flags & FLAG.list) !== 0) return READERS.get('list');
  if ((type.flags & FLAG.tuple) !== 0) return READERS.get('tuple');
  if ((type.flags & FLAG.bytes) !== 0) return READERS.get('bytes');
  if ((type.flags & FLAG.integer) !== 0) return READERS.get('int');
  return undefined;
}

const readInstance: Reader = (objects, address, type, depth) =>
  objects.isExact
    ? { type: '', text: `<${type.dotted} object at ${hex(address)}>` }
    : withAttributes(objects, address, type, depth);

const withAttributes: Reader = (objects, address, type, depth) => {
  const shown = objects.named(fieldsFirst(attributes(objects.process, address, type)), depth);
  if ((shown.children?.length ?? 0) === 0)
    return { type: '', text: `<${type.dotted} object at ${hex(address)}>` };
  return { type: '', open: `<${type.dotted} `, close: '>', ...shown };
};

/** The `__repr__` is not run: without attributes it must not look like what `object` shows. */
const readOpaque: Reader = (objects, address, type, depth) => {
  const value = withAttributes(objects, address, type, depth);
  return value.text === undefined
    ? value
    : { ...value, text: `<${type.dotted} at ${hex(address)}, whose __repr__ was not run>` };
};

const readType: Reader = ({ process }, address) => {
  const type = process.types.at(address);
  const meta = process.types.of(address);
  const shown = `<class '${type.dotted}'>`;
  const own = process.types.attribute(meta, '__repr__');
  if (meta.native || own === undefined) return { type: 'type', text: shown };
  // EnumType since 3.11
  if (process.types.is(meta, 'enum.EnumType') || process.types.is(meta, 'enum.EnumMeta')) {
    const flags = process.layout.minor >= 11 && process.types.is(type, 'enum.Flag');
    return { type: 'type', text: `<${flags ? 'flag' : 'enum'} '${type.short}'>` };
  }
  return { type: 'type', text: `<${meta.dotted} ${shown}>` };
};

/** `os.stat_result`, `time.struct_time`, …: Objects/structseq.c. */
const readStructSequence: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const items = layout.at('tuple.items');
  const length = memory.u64(address + layout.at('varObject.ob_size'));
  const count = Math.min(length, objects.limits.items);
  const member = memory.u64(type.address + layout.at('type.tp_members'));
  const pairs = [];
  for (let index = 0; index < count; index += 1) {
    const name = memory.u64(member + index * layout.at('member.size') + layout.at('member.name'));
    pairs.push({
      name: name === 0 ? '?' : memory.cString(name, 100),
      value: memory.u64(address + items + index * 8),
    });
  }
  return { type: '', open: `${type.dotted}(`, ...objects.named(pairs, depth, length), close: ')' };
};

const readException: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const args = memory.u64(address + layout.at('exception.args'));
  const count = memory.u64(args + layout.at('varObject.ob_size'));
  return {
    type: '',
    open: `${shortName(type)}(`,
    ...objects.items(objects.tuple(args), depth, count),
    close: ')',
  };
};

/** `__name__` */
export function shortName(type: PythonType): string {
  return type.short;
}

/** `tp_name`: with the module for what is written in C. */
export function nameInC(type: PythonType): string {
  return type.native ? type.dotted : type.short;
}

const readStr: Reader = (objects, address) => {
  const { text, characters, length } = readText(objects.process, address, objects.limits.characters);
  const shown = textRepr(text, characters);
  const value: PythonValue = { type: 'str', string: text, text: shown };
  return length > objects.limits.characters
    ? { ...value, text: shown + cutMark(length - objects.limits.characters, 'characters'), truncated: true }
    : value;
};

const readBytes: Reader = (objects, address) => {
  const { memory, layout } = objects.process;
  const length = memory.u64(address + layout.at('varObject.ob_size'));
  return bytesValue(objects, address + layout.at('bytes.value'), length, 'b', '');
};

const readByteArray: Reader = (objects, address, type) => {
  const { memory, layout } = objects.process;
  const length = memory.u64(address + layout.at('varObject.ob_size'));
  const value = bytesValue(
    objects,
    memory.u64(address + layout.at('byteArray.start')),
    length,
    `${type.short}(b`,
    ')',
  );
  // up to 3.14 Objects/bytearrayobject.c escapes this quote in double quotes too
  if (objects.process.layout.minor < 15 && value.text?.includes('(b"') === true)
    value.text = value.text.replaceAll("'", String.raw`\'`);
  return value;
};

function bytesValue(
  objects: Objects,
  start: number,
  length: number,
  front: string,
  back: string,
): PythonValue {
  const { characters } = objects.limits;
  const bytes =
    length === 0 ? Buffer.alloc(0) : objects.process.memory.bytes(start, Math.min(length, characters));
  const cut = length > characters ? cutMark(length - characters, 'bytes') : '';
  const text = `${front}${bytesRepr(bytes)}${cut}${back}`;
  const value: PythonValue = { type: 'bytes', string: bytes.toString('latin1'), text };
  return length > characters ? { ...value, truncated: true } : value;
}

/** The readers of what is written in C, by name. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['BaseException', readException],
  // Its own in 3.13.12 and later: the same, unless the list that it was given was changed (cpython #141732).
  ['BaseExceptionGroup', readException],
  ['NoneType', () => ({ type: '', text: 'None' })],
  ['ellipsis', () => ({ type: '', text: 'Ellipsis' })],
  ['NotImplementedType', () => ({ type: '', text: 'NotImplemented' })],
  [
    'bool',
    ({ process }, address) => ({ type: '', text: smallInteger(process, address) === 0 ? 'False' : 'True' }),
  ],
  ['int', ({ process }, address) => ({ type: '', text: integerRepr(process, address) })],
  [
    'float',
    ({ process: { memory, layout } }, address) => ({
      type: '',
      text: floatRepr(memory.f64(address + layout.at('float.value'))),
    }),
  ],
  [
    'complex',
    ({ process: { memory, layout } }, address) => {
      const at = address + layout.at('complex.value');
      return { type: '', text: complexRepr(memory.f64(at), memory.f64(at + 8)) };
    },
  ],
  ['str', readStr],
  ['bytes', readBytes],
  ['bytearray', readByteArray],
  ...CONTAINER_READERS,
  ...CALLABLE_READERS,
  ...DATE_READERS,
  ...SYSTEM_READERS,
]);

/** They show the name of the subclass themselves, as `repr` does. */
const NAMED: ReadonlySet<Reader> = new Set([
  readException,
  readByteArray,
  ...NAMED_CONTAINERS,
  ...NAMED_DATES,
  ...NAMED_SYSTEM,
  ...NAMED_LIBRARIES,
]);
