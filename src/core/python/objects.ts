import { attributes, attribute } from './attributes.ts';
import { CALLABLE_READERS } from './callables.ts';
import { CONTAINER_READERS } from './containers.ts';
import { dictEntries } from './dicts.ts';
import { floatRepr, complexRepr, integerRepr, smallInteger } from './numbers.ts';
import { attempt, type Process } from './process.ts';
import { LIBRARY_READERS } from './library-objects.ts';
import { bytesRepr, readText, textRepr } from './text.ts';
import { FLAG, type PythonType } from './types.ts';
import type { PythonChild, PythonValue } from './value.ts';

/** How much of one value is read, and of all of them together. */
export interface ValueLimits {
  depth: number;
  /** Items of one container, attributes of one object. */
  items: number;
  characters: number;
  /** Objects in one value. */
  objects: number;
  /** Objects in the whole report. */
  total: number;
}

export const VALUE_LIMITS: ValueLimits = {
  depth: 6,
  items: 100,
  characters: 2000,
  objects: 400,
  total: 60_000,
};

/** Reads an object of a type that it is registered for; `depth` is that of the object itself. */
export type Reader = (objects: Objects, address: number, type: PythonType, depth: number) => PythonValue;

interface Plan {
  reader: Reader;
  /** A class before the one that the reader is for has its own `__repr__`, which nobody can run here. */
  ownRepr: boolean;
}

/** Python objects as values of a report. */
export class Objects {
  readonly process: Process;
  readonly limits: ValueLimits;
  private readonly plans = new Map<number, Plan>();
  private readonly done = new Map<number, PythonValue>();
  private readonly path = new Set<number>();
  private left = 0;
  private total: number;

  constructor(process: Process, limits: ValueLimits = VALUE_LIMITS) {
    this.process = process;
    this.limits = limits;
    this.total = limits.total;
  }

  /** A local, with as much of what it holds as the limits allow. Never throws for what a core can contain. */
  local(address: number): PythonValue {
    const known = this.done.get(address);
    if (known !== undefined) return known;
    this.left = Math.min(this.limits.objects, this.total);
    const before = this.left;
    const value = this.value(address, 0);
    this.total -= before - this.left;
    this.done.set(address, value);
    return value;
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
      return plan.ownRepr ? named(value, type) : value;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (type === undefined) return this.unreadable(address);
      return { type: type.dotted, address, text: `<${type.dotted} at ${hex(address)}>`, truncated: true };
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
    return children.length < length ? { children, truncated: true } : { children };
  }

  /** Attributes as `name=value`. */
  named(pairs: readonly { name: string; value: number }[], depth: number): Partial<PythonValue> {
    const children: PythonChild[] = [];
    for (const { name, value } of pairs) {
      if (children.length >= this.limits.items || this.left < 0) break;
      children.push({ name, value: this.value(value, depth + 1) });
    }
    return children.length < pairs.length ? { children, truncated: true } : { children };
  }

  /** The characters of a str that the core has; undefined for anything else. */
  text(address: number | undefined, most = this.limits.characters): string | undefined {
    if (address === undefined || address === 0) return undefined;
    return attempt(() => {
      if ((this.process.types.of(address).flags & FLAG.text) === 0) return undefined;
      return readText(this.process, address, most).text;
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

  private makePlan(type: PythonType): Plan {
    const { types } = this.process;
    if ((type.flags & FLAG.type) !== 0) return { reader: readType, ownRepr: false };
    if (types.is(type, 'enum.Enum')) return { reader: readEnum, ownRepr: false };
    if (types.attribute(type, '__dataclass_fields__') !== undefined)
      return { reader: readDataclass, ownRepr: false };
    if ((type.flags & FLAG.tuple) !== 0 && types.attribute(type, '_fields') !== undefined) {
      return { reader: readNamedTuple, ownRepr: false };
    }
    const [, parent] = type.bases;
    // The static ones keep their namespace in the interpreter as of 3.12: they are told by being derived from tuple.
    if (parent?.dotted === 'tuple' && (!type.heap || types.own(type).has('n_sequence_fields'))) {
      return { reader: readStructSequence, ownRepr: false };
    }
    if ((type.flags & FLAG.exception) !== 0) return { reader: readException, ownRepr: false };
    let ownRepr = false;
    for (const each of types.order(type)) {
      const reader = READERS.get(each.dotted) ?? byFlags(each);
      if (reader !== undefined) return { reader, ownRepr: ownRepr && reader !== readInstance };
      // A framework's own repr is what its reader shows.
      if (each.heap && !each.module.startsWith('django.') && types.own(each).has('__repr__')) ownRepr = true;
    }
    return { reader: readInstance, ownRepr: false };
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
            : `<${type.dotted} at ${hex(address)}>`;
    return { type: type.dotted, address, text: mark };
  }

  private shortened(address: number, type: PythonType): PythonValue {
    if ((type.flags & (FLAG.integer | FLAG.text)) !== 0)
      return this.plan(type).reader(this, address, type, 0);
    const empty =
      (type.flags & FLAG.list) !== 0
        ? '[...]'
        : (type.flags & FLAG.tuple) !== 0
          ? '(...)'
          : (type.flags & FLAG.dict) !== 0
            ? '{...}'
            : undefined;
    if (empty !== undefined) return { type: type.dotted, address, text: empty, truncated: true };
    if (SINGLE.has(type.dotted)) return this.plan(type).reader(this, address, type, 0);
    return { type: type.dotted, address, text: `<${type.dotted} at ${hex(address)}>`, truncated: true };
  }

  private unreadable(address: number): PythonValue {
    const there = this.process.memory.has(address);
    return {
      type: '?',
      address,
      text: there ? `<not an object at ${hex(address)}>` : `<not in the core: ${hex(address)}>`,
    };
  }
}

const SINGLE = new Set(['NoneType', 'float', 'ellipsis', 'NotImplementedType', 'bytes', 'complex']);

/** As `%p` prints it. */
export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}

/** A subclass with its own `__repr__`: its name, and what the base class would show. */
function named(value: PythonValue, type: PythonType): PythonValue {
  const front = `<${type.dotted} `;
  if (value.text !== undefined) return { ...value, text: `${front}${value.text}>` };
  return { ...value, open: `${front}${value.open ?? ''}`, close: `${value.close ?? ''}>` };
}

function byFlags(type: PythonType): Reader | undefined {
  // Where the names of the built-in types are not in the core, their flags still tell the most important ones apart.
  if (type.heap) return undefined;
  if ((type.flags & FLAG.text) !== 0) return READERS.get('str');
  if ((type.flags & FLAG.dict) !== 0) return READERS.get('dict');
  if ((type.flags & FLAG.list) !== 0) return READERS.get('list');
  if ((type.flags & FLAG.tuple) !== 0) return READERS.get('tuple');
  if ((type.flags & FLAG.bytes) !== 0) return READERS.get('bytes');
  if ((type.flags & FLAG.integer) !== 0) return READERS.get('int');
  return undefined;
}

const readInstance: Reader = (objects, address, type, depth) => {
  const shown = objects.named(attributes(objects.process, address, type), depth);
  const some = (shown.children?.length ?? 0) > 0;
  return { type: '', open: `<${type.dotted} at ${hex(address)}${some ? ' ' : ''}`, close: '>', ...shown };
};

const readType: Reader = ({ process }, address) => {
  const type = process.types.at(address);
  return { type: 'type', text: `<class '${type.dotted}'>` };
};

const readEnum: Reader = (objects, address, type, depth) => {
  const name = objects.text(objects.attribute(address, '_name_')) ?? '?';
  const value = objects.attribute(address, '_value_');
  return {
    type: '',
    open: `<${shortName(type)}.${name}: `,
    children: value === undefined ? [] : [{ value: objects.value(value, depth + 1) }],
    close: '>',
  };
};

const readDataclass: Reader = (objects, address, type, depth) => {
  const { process } = objects;
  const fields = process.types.attribute(type, '__dataclass_fields__') ?? 0;
  const there = attributes(process, address, type);
  const pairs = [];
  for (const { key, value } of attempt(() => dictEntries(process, fields, 1000), [])) {
    const name = objects.text(key);
    const shown = objects.attribute(value, 'repr');
    if (name === undefined || (shown !== undefined && objects.number(shown) === 0)) continue;
    const found = there.find((each) => each.name === name);
    if (found !== undefined) pairs.push(found);
  }
  return { type: '', open: `${type.name}(`, ...objects.named(pairs, depth), close: ')' };
};

const readNamedTuple: Reader = (objects, address, type, depth) => {
  const { memory, layout, types } = objects.process;
  const fields = types.attribute(type, '_fields') ?? 0;
  const count = Math.min(
    memory.u64(fields + layout.at('varObject.ob_size')),
    memory.u64(address + layout.at('varObject.ob_size')),
    1000,
  );
  const items = layout.at('tuple.items');
  const pairs = [];
  for (let index = 0; index < count; index += 1) {
    const name = objects.text(memory.u64(fields + items + index * 8)) ?? '?';
    pairs.push({ name, value: memory.u64(address + items + index * 8) });
  }
  return { type: '', open: `${shortName(type)}(`, ...objects.named(pairs, depth), close: ')' };
};

/** `os.stat_result`, `time.struct_time`, …: Objects/structseq.c. */
const readStructSequence: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const items = layout.at('tuple.items');
  const count = Math.min(memory.u64(address + layout.at('varObject.ob_size')), 100);
  const member = memory.u64(type.address + layout.at('type.tp_members'));
  const pairs = [];
  for (let index = 0; index < count; index += 1) {
    const name = memory.u64(member + index * layout.at('member.size') + layout.at('member.name'));
    pairs.push({
      name: name === 0 ? '?' : memory.cString(name, 100),
      value: memory.u64(address + items + index * 8),
    });
  }
  return { type: '', open: `${type.dotted}(`, ...objects.named(pairs, depth), close: ')' };
};

const readException: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const args = memory.u64(address + layout.at('exception.args'));
  const count = Math.min(memory.u64(args + layout.at('varObject.ob_size')), 1000);
  const items = [];
  for (let index = 0; index < count; index += 1)
    items.push(memory.u64(args + layout.at('tuple.items') + index * 8));
  return { type: '', open: `${shortName(type)}(`, ...objects.items(items, depth), close: ')' };
};

/** `__name__`: the last part of the qualified name. */
export function shortName(type: PythonType): string {
  return type.name.slice(type.name.lastIndexOf('.') + 1);
}

const readStr: Reader = (objects, address) => {
  const { text, length } = readText(objects.process, address, objects.limits.characters);
  const shown = textRepr(text);
  const value: PythonValue = { type: 'str', string: text, text: shown };
  return text.length < length && length > objects.limits.characters
    ? { ...value, text: `${shown}...`, truncated: true }
    : value;
};

const readBytes: Reader = (objects, address) => {
  const { memory, layout } = objects.process;
  const length = memory.u64(address + layout.at('varObject.ob_size'));
  return bytesValue(objects, address + layout.at('bytes.value'), length, 'b', '');
};

const readByteArray: Reader = (objects, address) => {
  const { memory, layout } = objects.process;
  const length = memory.u64(address + layout.at('varObject.ob_size'));
  return bytesValue(objects, memory.u64(address + layout.at('byteArray.start')), length, 'bytearray(b', ')');
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
  const text = `${front}${bytesRepr(bytes)}${length > characters ? '...' : ''}${back}`;
  const value: PythonValue = { type: 'bytes', string: bytes.toString('latin1'), text };
  return length > characters ? { ...value, truncated: true } : value;
}

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['object', readInstance],
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
  ...LIBRARY_READERS,
]);
