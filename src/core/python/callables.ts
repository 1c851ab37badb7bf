import { members } from './attributes.ts';
import { dictEntries } from './dicts.ts';
import { hex, nameInC, type Objects, type Reader } from './objects.ts';
import { attempt } from './process.ts';
import { textRepr } from './text.ts';
import { FLAG, type PythonType } from './types.ts';
import { withRest, type PythonChild } from './value.ts';

function pointer({ process: { memory, layout } }: Objects, address: number, field: string): number {
  return memory.u64(address + layout.at(field));
}

const readFunction: Reader = (objects, address, type) => {
  const name = objects.text(pointer(objects, address, 'function.func_qualname')) ?? '?';
  return { type: type.dotted, text: `<function ${name} at ${hex(address)}>` };
};

/** Objects/classobject.c, method_repr: `__qualname__` of what is called, or else its `__name__`. */
function qualifiedName(objects: Objects, callee: number): string | undefined {
  const { types } = objects.process;
  const type = types.of(callee);
  if (type.native && type.dotted === 'function')
    return objects.text(pointer(objects, callee, 'function.func_qualname'));
  if (type.native && /^(method|wrapper)_descriptor$/.test(type.dotted)) {
    const owner = types.at(pointer(objects, callee, 'descriptor.d_type'));
    return `${owner.name}.${objects.text(pointer(objects, callee, 'descriptor.d_name')) ?? '?'}`;
  }
  if (type.native && /^builtin_(function_or_)?method$/.test(type.dotted)) {
    const name = nameOfBuiltin(objects, callee);
    const self = pointer(objects, callee, 'builtinFunction.m_self');
    if (self === 0 || types.of(self).dotted === 'module') return name;
    // Objects/methodobject.c, meth_get__qualname__
    return `${((types.of(self).flags & FLAG.type) === 0 ? types.of(self) : types.at(self)).name}.${name}`;
  }
  for (const name of ['__qualname__', '__name__']) {
    const found = objects.text(objects.attribute(callee, name) ?? types.attribute(type, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

const readMethod: Reader = (objects, address, type, depth) => {
  const callee = pointer(objects, address, 'method.im_func');
  const name = attempt(() => qualifiedName(objects, callee), undefined) ?? '?';
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

/** In read-only pages: not there without the interpreter's file. */
function nameOfBuiltin(objects: Objects, address: number): string {
  const { memory, layout } = objects.process;
  const definition = pointer(objects, address, 'builtinFunction.m_ml');
  return attempt(() => memory.cString(memory.u64(definition + layout.at('methodDef.name')), 200), '?');
}

const readBuiltin: Reader = (objects, address, type) => {
  const { types } = objects.process;
  const name = nameOfBuiltin(objects, address);
  const self = pointer(objects, address, 'builtinFunction.m_self');
  if (self === 0 || types.of(self).dotted === 'module') {
    return { type: type.dotted, text: `<built-in function ${name}>` };
  }
  return {
    type: type.dotted,
    text: `<built-in method ${name} of ${nameInC(types.of(self))} object at ${hex(self)}>`,
  };
};

/** Lib/importlib/_bootstrap.py, _module_repr: the spec decides, or else `__file__` and `__loader__`. */
const readModule: Reader = (objects, address, type, depth) => {
  const { types } = objects.process;
  const dict = pointer(objects, address, 'module.md_dict');
  const own = new Map<string | undefined, number>();
  // they are among the first
  for (const { key, value } of dictEntries(objects.process, dict, 16)) {
    if (!types.isNative(value, 'NoneType')) own.set(objects.text(key, 32), value);
  }
  const spec = own.get('__spec__');
  const of = (name: string): number | undefined =>
    spec === undefined ? own.get(`__${name}__`) : objects.attribute(spec, name);
  const front = `<module ${textRepr(objects.text(of('name')) ?? '?')}`;
  const place = objects.text(spec === undefined ? own.get('__file__') : of('origin'));
  if (place !== undefined) {
    // has_location is `_set_fileattr`
    const isFile = spec === undefined || objects.number(of('_set_fileattr')) === 1;
    return { type: type.dotted, text: `${front} ${isFile ? `from ${textRepr(place)}` : `(${place})`}>` };
  }
  const loader = of('loader');
  if (loader === undefined || types.isNative(loader, 'NoneType'))
    return { type: type.dotted, text: `${front}>` };
  const word = attempt(() => loaderWord(objects, loader), undefined);
  const path = word === 'namespace' ? namespacePath(objects, loader) : undefined;
  if (word !== undefined && path === undefined) return { type: type.dotted, text: `${front} (${word})>` };
  const [open, shown, close] =
    path === undefined ? [`${front} (`, loader, ')>'] : [`${front} (namespace) from `, path, '>'];
  return { type: type.dotted, open, children: [{ value: objects.value(shown, depth + 1) }], close };
};

/** Of which kind a loader without a file is: up to 3.11 it has a `module_repr` that says so. */
function loaderWord({ process: { types, layout } }: Objects, loader: number): string | undefined {
  const type = types.of(loader);
  if (/^_?NamespaceLoader$/.test(type.short))
    return layout.minor < 10 || layout.minor > 11 ? 'namespace' : undefined;
  if (layout.minor >= 12 || (type.flags & FLAG.type) === 0) return undefined;
  return { BuiltinImporter: 'built-in', FrozenImporter: 'frozen' }[types.at(loader).short];
}

/** The folders, which 3.12 and later print. */
function namespacePath(objects: Objects, loader: number): number | undefined {
  const path = objects.process.layout.minor < 12 ? undefined : objects.attribute(loader, '_path');
  return path === undefined ? undefined : objects.attribute(path, '_path');
}

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

/** Behind the length: `mbuf`, `hash`, then the flags, of which the first is _Py_MEMORYVIEW_RELEASED. */
const readView: Reader = ({ process: { memory, layout } }, address, type) => {
  const flags = attempt(() => memory.u32(address + layout.at('varObject.ob_size') + 24), 0);
  return {
    type: type.dotted,
    text: `<${flags % 2 === 1 ? 'released memory' : 'memory'} at ${hex(address)}>`,
  };
};

/** Members of a type in C, by name. */
function fields({ process }: Objects, address: number, type: PythonType): Map<string, number> {
  return new Map(members(process, address, type).map(({ name, value }) => [name, value]));
}

const readPartial: Reader = (objects, address, type, depth) => {
  const native = type.bases.find((base) => base.native) ?? type;
  const there = fields(objects, address, native);
  const [callee, args, keywords] = ['func', 'args', 'keywords'].map((name) => there.get(name));
  if (callee === undefined) return { type: type.dotted, text: `<functools.partial>`, truncated: true };
  const positional = [callee, ...objects.tuple(args ?? 0)];
  const named = attempt(() => dictEntries(objects.process, keywords ?? 0), []);
  const children: PythonChild[] = positional
    .slice(0, objects.limits.items)
    .map((value) => ({ value: objects.value(value, depth + 1) }));
  for (const { key, value } of named.slice(0, objects.limits.items - children.length)) {
    children.push({ name: objects.text(key) ?? '?', value: objects.value(value, depth + 1) });
  }
  const shown = withRest(children, positional.length + named.length);
  return { type: type.dotted, open: 'functools.partial(', ...shown, close: ')' };
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

/** Objects/weakrefobject.c, proxy_repr: what is dead refers to None up to 3.12. */
const readWeakProxy: Reader = (objects, address, type) => {
  const { types, layout } = objects.process;
  const target = pointer(objects, address, 'weakReference.wr_object');
  const dead = target === 0 || types.isNative(target, 'NoneType');
  const name = referent(objects, types.of(target));
  const what =
    layout.minor < 13
      ? ` to ${name} at ${hex(target)}`
      : dead
        ? '; dead'
        : `; to '${name}' at ${hex(target)}`;
  return { type: type.dotted, text: `<weakproxy at ${hex(address)}${what}>` };
};

export const CALLABLE_READERS: readonly (readonly [string, Reader])[] = [
  ['function', readFunction],
  ['method', readMethod],
  ['builtin_function_or_method', readBuiltin],
  ['builtin_method', readBuiltin],
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
  ...['weakproxy', 'weakcallableproxy', 'weakref.ProxyType', 'weakref.CallableProxyType'].map(
    (name) => [name, readWeakProxy] as const,
  ),
  ['memoryview', readView],
  ['functools.partial', readPartial],
  ['zoneinfo.ZoneInfo', readZone],
  ['code', readCode],
];
