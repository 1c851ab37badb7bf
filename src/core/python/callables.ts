import { members } from './attributes.ts';
import { dictEntries } from './dicts.ts';
import { hex, nameInC, type Objects, type Reader } from './objects.ts';
import { attempt } from './process.ts';
import { textRepr } from './text.ts';
import type { PythonType } from './types.ts';
import type { PythonChild } from './value.ts';

function pointer({ process: { memory, layout } }: Objects, address: number, field: string): number {
  return memory.u64(address + layout.at(field));
}

const readFunction: Reader = (objects, address, type) => {
  const name = objects.text(pointer(objects, address, 'function.func_qualname')) ?? '?';
  return { type: type.dotted, text: `<function ${name} at ${hex(address)}>` };
};

const readMethod: Reader = (objects, address, type, depth) => {
  const callee = pointer(objects, address, 'method.im_func');
  const name =
    objects.process.types.of(callee).dotted === 'function'
      ? (objects.text(pointer(objects, callee, 'function.func_qualname')) ?? '?')
      : '?';
  const self = pointer(objects, address, 'method.im_self');
  const type_ = objects.process.types.of(self);
  if (depth > 0) {
    return { type: type.dotted, text: `<bound method ${name} of <${type_.dotted} at ${hex(self)}>>` };
  }
  return {
    type: type.dotted,
    open: `<bound method ${name} of `,
    children: [{ value: objects.value(self, depth + 1) }],
    close: '>',
  };
};

const readBuiltin: Reader = (objects, address, type) => {
  const { memory, layout, types } = objects.process;
  const definition = pointer(objects, address, 'builtinFunction.m_ml');
  // In read-only pages: not there without the interpreter's file.
  const name = attempt(() => memory.cString(memory.u64(definition + layout.at('methodDef.name')), 200), '?');
  const self = pointer(objects, address, 'builtinFunction.m_self');
  if (self === 0 || types.of(self).dotted === 'module') {
    return { type: type.dotted, text: `<built-in function ${name}>` };
  }
  return {
    type: type.dotted,
    text: `<built-in method ${name} of ${nameInC(types.of(self))} object at ${hex(self)}>`,
  };
};

const readModule: Reader = (objects, address, type) => {
  const dict = pointer(objects, address, 'module.md_dict');
  let name: string | undefined;
  let file: string | undefined;
  let spec = 0;
  // `__name__`, `__spec__` and `__file__` are among the first.
  for (const { key, value } of dictEntries(objects.process, dict, 16)) {
    const called = objects.text(key, 32);
    if (called === '__name__') name = objects.text(value);
    else if (called === '__file__') file = objects.text(value);
    else if (called === '__spec__') spec = value;
  }
  name ??= objects.text(pointer(objects, address, 'module.md_name')) ?? '?';
  name = (spec === 0 ? undefined : objects.text(objects.attribute(spec, 'name'))) ?? name;
  // Lib/importlib/_bootstrap.py, _module_repr_from_spec: has_location is `_set_fileattr`.
  const origin = spec === 0 ? undefined : objects.text(objects.attribute(spec, 'origin'));
  const located = spec !== 0 && objects.number(objects.attribute(spec, '_set_fileattr')) === 1;
  const place = file === undefined ? '(built-in)' : `from ${textRepr(file)}`;
  const from = origin === undefined ? place : located ? `from ${textRepr(origin)}` : `(${origin})`;
  return { type: type.dotted, text: `<module ${textRepr(name)} ${from}>` };
};

/** Generators, coroutines and asynchronous generators begin alike. */
function readGenerator(kind: string): Reader {
  return (objects, address, type) => {
    const name = objects.text(pointer(objects, address, 'generator.qualname')) ?? '?';
    return { type: type.dotted, text: `<${kind} object ${name} at ${hex(address)}>` };
  };
}

function readDescriptor(kind: string): Reader {
  return (objects, address, type) => {
    const name = objects.text(pointer(objects, address, 'descriptor.d_name')) ?? '?';
    const owner = objects.process.types.at(pointer(objects, address, 'descriptor.d_type'));
    return { type: type.dotted, text: `<${kind} ${textRepr(name)} of ${textRepr(nameInC(owner))} objects>` };
  };
}

/** ` (name)` of a class or function: its `__name__`. */
function ownName(objects: Objects, address: number): string {
  const { types } = objects.process;
  const name = types.isNative(address, 'function')
    ? objects.text(pointer(objects, address, 'function.func_name'))
    : attempt(() => types.at(address).short, undefined);
  return name === undefined ? '' : ` (${name})`;
}

/** `tp_name`; from 3.13 on `%T`: the qualified name, with the module but for `__main__`. */
function referent({ process: { layout } }: Objects, type: PythonType): string {
  if (layout.minor < 13) return nameInC(type);
  return type.module === '__main__' ? type.name : type.dotted;
}

const readWeakReference: Reader = (objects, address, type) => {
  const target = pointer(objects, address, 'weakReference.wr_object');
  const { types } = objects.process;
  const dead = target === 0 || types.isNative(target, 'NoneType');
  const what = dead
    ? 'dead'
    : `to '${referent(objects, types.of(target))}' at ${hex(target)}${ownName(objects, target)}`;
  return { type: type.dotted, text: `<weakref at ${hex(address)}; ${what}>` };
};

const readView: Reader = (_, address, type) => ({ type: type.dotted, text: `<memory at ${hex(address)}>` });

/** Members of a type in C, by name. */
function fields({ process }: Objects, address: number, type: PythonType): Map<string, number> {
  return new Map(members(process, address, type).map(({ name, value }) => [name, value]));
}

const readPartial: Reader = (objects, address, type, depth) => {
  const native = type.bases.find((base) => base.native) ?? type;
  const there = fields(objects, address, native);
  const [callee, args, keywords] = ['func', 'args', 'keywords'].map((name) => there.get(name));
  if (callee === undefined) return { type: type.dotted, text: `<functools.partial>`, truncated: true };
  const children: PythonChild[] = [callee, ...objects.tuple(args ?? 0)].map((value) => ({
    value: objects.value(value, depth + 1),
  }));
  for (const { key, value } of attempt(
    () => dictEntries(objects.process, keywords ?? 0, objects.limits.items),
    [],
  )) {
    children.push({ name: objects.text(key) ?? '?', value: objects.value(value, depth + 1) });
  }
  return { type: type.dotted, open: 'functools.partial(', children, close: ')' };
};

const readZone: Reader = (objects, address, type) => {
  const key = objects.text(fields(objects, address, type).get('key'));
  const text =
    key === undefined ? `<zoneinfo.ZoneInfo at ${hex(address)}>` : `zoneinfo.ZoneInfo(key=${textRepr(key)})`;
  return { type: type.dotted, text };
};

const readCell: Reader = (objects, address, type) => {
  const content = pointer(objects, address, 'cell.ob_ref');
  const what =
    content === 0 ? 'empty' : `${objects.process.types.of(content).dotted} object at ${hex(content)}`;
  return { type: type.dotted, text: `<cell at ${hex(address)}: ${what}>` };
};

const readCode: Reader = (objects, address, type) => {
  const { memory, layout } = objects.process;
  const name = objects.text(pointer(objects, address, 'code.co_name')) ?? '?';
  const file = objects.text(pointer(objects, address, 'code.co_filename')) ?? '?';
  const line = memory.i32(address + layout.at('code.co_firstlineno'));
  return {
    type: type.dotted,
    text: `<code object ${name} at ${hex(address)}, file "${file}", line ${line}>`,
  };
};

export const CALLABLE_READERS: readonly (readonly [string, Reader])[] = [
  ['function', readFunction],
  ['method', readMethod],
  ['builtin_function_or_method', readBuiltin],
  ['module', readModule],
  ['generator', readGenerator('generator')],
  ['coroutine', readGenerator('coroutine')],
  ['async_generator', readGenerator('async_generator')],
  ['method_descriptor', readDescriptor('method')],
  ['getset_descriptor', readDescriptor('attribute')],
  ['member_descriptor', readDescriptor('member')],
  ['wrapper_descriptor', readDescriptor('slot wrapper')],
  ['cell', readCell],
  ['weakref', readWeakReference],
  ['weakref.ReferenceType', readWeakReference],
  ['memoryview', readView],
  ['functools.partial', readPartial],
  ['zoneinfo.ZoneInfo', readZone],
  ['code', readCode],
];
