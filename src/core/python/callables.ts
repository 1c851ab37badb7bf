import { dictEntries } from './dicts.ts';
import { hex, type Objects, type Reader } from './objects.ts';
import { attempt } from './process.ts';
import { textRepr } from './text.ts';

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
    text: `<built-in method ${name} of ${types.of(self).dotted} object at ${hex(self)}>`,
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
    return { type: type.dotted, text: `<${kind} ${textRepr(name)} of ${textRepr(owner.dotted)} objects>` };
  };
}

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
  ['code', readCode],
];
