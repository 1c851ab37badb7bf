import { attribute, attributes } from './attributes.ts';
import { dictEntries } from './dicts.ts';
import { readerOfClass } from './libraries.ts';
import type { Objects, Reader } from './objects.ts';
import { attempt, type Process } from './process.ts';
import { shownText } from './text.ts';
import { FLAG, type PythonType } from './types.ts';
import { withRest, type PythonChild, type PythonValue } from './value.ts';

/** `unknown`: code that cannot be run here. `instance`: what `object` has. */
export type FoundRepr = Reader | 'unknown' | 'instance' | undefined;

/** Readers that were made here: all of them show the name of the subclass. */
export const GENERATED = new WeakSet<Reader>();

/** What the `__repr__` in the class's own namespace shows; undefined where it has none. */
export function readerOfRepr(process: Process, type: PythonType): FoundRepr {
  const { types, memory, layout } = process;
  // as of 3.12 the namespace of a static type is not where it was: what `repr` calls is in the type itself
  if (type.native)
    return type.dotted === 'object' ? 'instance' : types.definesSlot(type, 'repr') ? 'unknown' : undefined;
  const repr = types.own(type).get('__repr__');
  if (repr === undefined) return undefined;
  if (types.isNative(repr, 'wrapper_descriptor')) {
    // `__repr__ = int.__repr__`, and the one that every type in C has
    const owner = attempt(() => types.at(memory.u64(repr + layout.at('descriptor.d_type'))), undefined);
    if (owner?.dotted === 'object') return 'instance';
    return owner === undefined || owner === type ? 'unknown' : (readerOfClass(types, owner) ?? 'unknown');
  }
  if (!types.isNative(repr, 'function')) return 'unknown';
  // Enum puts its own into each class that mixes in a type, and classes borrow those of others.
  const text = (field: string): string | undefined => stringAt(process, memory.u64(repr + layout.at(field)));
  const name = attempt(() => text('function.func_qualname'), undefined);
  const module = attempt(() => text('function.func_module'), undefined);
  if (name?.endsWith('.__repr__') === true && module !== undefined) {
    for (const address of types.classesAt(module, name.slice(0, -'.__repr__'.length))) {
      const owner = attempt(() => types.at(address), undefined);
      if (owner === undefined || owner === type || types.own(owner).get('__repr__') !== repr) continue;
      const found = readerOfClass(types, owner);
      if (found !== undefined) return found;
    }
  }
  return generated(process, type, repr) ?? 'unknown';
}

function stringAt(process: Process, address: number): string | undefined {
  return (process.types.of(address).flags & FLAG.text) === 0 ? undefined : shownText(process, address);
}

/** The reader of a `__repr__` that the standard library or attrs has written for the class. */
function generated(process: Process, type: PythonType, repr: number): Reader | undefined {
  const { memory, layout, types } = process;
  // dataclasses wraps it so that recursion ends
  const inner = attempt(() => attribute(process, repr, '__wrapped__'), undefined) ?? repr;
  const file = attempt(() => {
    const code = memory.u64(inner + layout.at('function.func_code'));
    return stringAt(process, memory.u64(code + layout.at('code.co_filename')));
  }, undefined);
  const own = types.own(type);
  if (file === '<string>' && own.has('__dataclass_fields__')) return fieldsOf(type, dataclassFields);
  if (file?.endsWith('/collections/__init__.py') === true && own.has('_fields')) return readNamedTuple;
  const attrs = own.has('__attrs_attrs__') && /^<attrs generated|\/attr\/_make\.py$/.test(file ?? '');
  return attrs ? fieldsOf(type, attrsFields) : undefined;
}

/** A field may have a function that shows it, which is often there to hide what it holds; or code gives its value. */
const HIDDEN: PythonValue = { type: '?', text: '...', truncated: true };

interface Field {
  name: string;
  /** A function of its own shows it. */
  opaque?: boolean;
}

/** The fields are those of the class that the `__repr__` was written for; the name is the object's. */
function fieldsOf(owner: PythonType, fields: (objects: Objects, type: PythonType) => Field[]): Reader {
  const reader: Reader = (objects, address, type, depth) => {
    const there = new Map(attributes(objects.process, address, type).map(({ name, value }) => [name, value]));
    const children: PythonChild[] = [];
    const all = fields(objects, owner);
    for (const { name, opaque } of all.slice(0, objects.limits.items)) {
      const value = there.get(name) ?? attempt(() => classDefault(objects.process, type, name), undefined);
      children.push({
        name,
        value: opaque === true || value === undefined ? HIDDEN : objects.value(value, depth + 1),
      });
    }
    // attrs leaves out the functions that the class was made in, dataclasses does not
    const called =
      fields === attrsFields
        ? type.name.slice(type.name.lastIndexOf('>.') + 1).replace(/^\./, '')
        : type.name;
    return { type: '', open: `${called}(`, ...withRest(children, all.length), close: ')' };
  };
  GENERATED.add(reader);
  return reader;
}

const PLAIN = FLAG.integer | FLAG.text | FLAG.bytes | FLAG.tuple | FLAG.list | FLAG.dict;

/** What the class has under that name, unless it is a descriptor, whose code decides. */
function classDefault(process: Process, type: PythonType, name: string): number | undefined {
  const { types } = process;
  const value = types.attribute(type, name);
  if (value === undefined) return undefined;
  const kind = types.of(value);
  const plain =
    (kind.flags & PLAIN) !== 0 ||
    ['float', 'NoneType', 'complex'].some((each) => types.isNative(value, each));
  return plain && types.attribute(kind, '__get__') === undefined ? value : undefined;
}

function dataclassFields(objects: Objects, type: PythonType): Field[] {
  const { process } = objects;
  const fields = process.types.own(type).get('__dataclass_fields__') ?? 0;
  return attempt(() => dictEntries(process, fields), []).flatMap(({ key, value }) => {
    const name = objects.text(key);
    // ClassVar and InitVar are pseudo-fields: Lib/dataclasses.py
    const kind = objects.text(objects.attribute(objects.attribute(value, '_field_type') ?? 0, 'name'));
    const left =
      objects.number(objects.attribute(value, 'repr')) === 0 || (kind !== undefined && kind !== '_FIELD');
    return name === undefined || left ? [] : [{ name }];
  });
}

function attrsFields(objects: Objects, type: PythonType): Field[] {
  const { process } = objects;
  const all = process.types.own(type).get('__attrs_attrs__') ?? 0;
  return objects.tuple(all).flatMap((each) => {
    const name = objects.text(objects.attribute(each, 'name'));
    const shown = objects.number(objects.attribute(each, 'repr'));
    return name === undefined || shown === 0 ? [] : [{ name, opaque: Number.isNaN(shown) }];
  });
}

export const readNamedTuple: Reader = (objects, address, type, depth) => {
  const names = objects.tuple(objects.process.types.attribute(type, '_fields') ?? 0);
  const pairs = objects
    .tuple(address)
    .slice(0, names.length)
    .map((value, index) => ({ name: objects.text(names[index]) ?? '?', value }));
  return { type: '', open: `${type.short}(`, ...objects.named(pairs, depth), close: ')' };
};
GENERATED.add(readNamedTuple);
