import { Frames } from './frames.ts';
import { hex, nameInC, type Objects, type Reader } from './objects.ts';
import { textRepr } from './text.ts';
import type { PythonType } from './types.ts';
import { repr, type PythonChild, type PythonValue } from './value.ts';

/** Modules/_threadmodule.c; a PyMutex has a second bit for those that wait. */
const readLock: Reader = ({ process: { memory, layout } }, address, type) => {
  const locked = memory.u8(address + layout.at('lock.locked')) % 2 === 1;
  return { type: '', text: `<${locked ? 'locked' : 'unlocked'} ${type.dotted} object at ${hex(address)}>` };
};

const readReentrantLock: Reader = ({ process: { memory, layout } }, address, type) => {
  const owner = memory.u64(address + layout.at('reentrantLock.owner'));
  const late = layout.has('reentrantLock.mutex');
  const free = late && memory.u8(address + layout.at('reentrantLock.mutex')) % 2 === 0;
  const count = late
    ? free
      ? 0
      : memory.u64(address + layout.at('reentrantLock.level')) + 1
    : memory.u64(address + layout.at('reentrantLock.count'));
  const state = count === 0 ? 'unlocked' : 'locked';
  const front = `<${state} ${nameInC(type)} object owner=${owner} count=${count}`;
  return { type: '', text: `${front} at ${hex(address)}>` };
};

/** Python/context.c */
const readContextVariable: Reader = (objects, address, _, depth) => {
  const name = objects.text(objects.word(address, 'contextVariable.name')) ?? '?';
  const initial = objects.word(address, 'contextVariable.default');
  const front = `<ContextVar name=${textRepr(name)}`;
  if (initial === 0) return { type: '', text: `${front} at ${hex(address)}>` };
  return {
    type: '',
    open: `${front} default=`,
    children: [{ value: objects.value(initial, depth + 1) }],
    close: ` at ${hex(address)}>`,
  };
};

const readContextToken: Reader = (objects, address, _, depth) => ({
  type: '',
  open: `<Token${objects.process.memory.u32(address + objects.process.layout.at('contextToken.used')) === 0 ? '' : ' used'} var=`,
  children: [{ value: objects.value(objects.word(address, 'contextToken.variable'), depth + 1) }],
  close: ` at ${hex(address)}>`,
});

/** Objects/typeobject.c, super_repr */
const readSuper: Reader = (objects, address) => {
  const { types } = objects.process;
  const [of, object] = [objects.word(address, 'super.type'), objects.word(address, 'super.obj_type')];
  const front = of === 0 ? 'NULL' : nameInC(types.at(of));
  return {
    type: '',
    text: `<super: <class '${front}'>, ${object === 0 ? 'NULL' : `<${nameInC(types.at(object))} object>`}>`,
  };
};

/** Objects/descrobject.c, wrapper_repr */
const readMethodWrapper: Reader = (objects, address) => {
  const self = objects.word(address, 'methodWrapper.self');
  const name = objects.text(objects.word(objects.word(address, 'methodWrapper.descr'), 'descriptor.d_name'));
  const owner = nameInC(objects.process.types.of(self));
  return { type: '', text: `<method-wrapper '${name ?? '?'}' of ${owner} object at ${hex(self)}>` };
};

/** Objects/frameobject.c, frame_repr */
const readFrame: Reader = (objects, address) => {
  const frames = new Frames(objects);
  const { code, lasti, line } = frames.ofObject(address);
  const place = `file ${textRepr(code.file)}, line ${line > 0 ? line : frames.line(code, lasti)}`;
  return { type: '', text: `<frame at ${hex(address)}, ${place}, code ${code.name}>` };
};

const ACCESS = ['ACCESS_DEFAULT', 'ACCESS_READ', 'ACCESS_WRITE', 'ACCESS_COPY'];

/** Modules/mmapmodule.c; up to 3.8 it has none. */
const readMemoryMap: Reader = (objects, address, type) => {
  const { memory, layout } = objects.process;
  if (layout.minor < 9) return { type: '', text: `<${type.dotted} object at ${hex(address)}>` };
  const word = (name: string): number => objects.word(address, `memoryMap.${name}`);
  if (word('data') === 0) return { type: '', text: `<${nameInC(type)} closed=True>` };
  const access = ACCESS[memory.u32(address + layout.at('memoryMap.access'))] ?? 'UNKNOWN!';
  const place = `length=${word('length')}, pos=${word('position')}, offset=${word('offset')}`;
  return { type: '', text: `<${nameInC(type)} closed=False, access=${access}, ${place}>` };
};

const BUFFERED = new Set(['_io.BufferedReader', '_io.BufferedWriter', '_io.BufferedRandom']);

/** What has its file behind another. */
const BEHIND = [
  ['textFile.buffer', new Set(['_io.TextIOWrapper'])],
  ['bufferedFile.raw', BUFFERED],
] as const;

/**
 * ` name='x.txt'` of what has a file: an attribute of the raw file, which is behind the buffers. Undefined where it is a
 * property in Python.
 */
function nameOfFile(objects: Objects, file: number): string | undefined {
  const { types, memory, layout } = objects.process;
  for (const [field, kinds] of BEHIND) {
    const isOf = types.of(file).bases.some(({ native, dotted }) => native && kinds.has(dotted));
    if (isOf) file = objects.word(file, field);
    if (file === 0) return '';
  }
  const type = types.of(file);
  if (types.is(type, 'socket.SocketIO')) {
    const socket = objects.attribute(file, '_sock') ?? 0;
    if (socket === 0 || types.isNative(socket, 'NoneType')) return ' name=-1';
    // Modules/socketmodule.h: the first field
    return ` name=${memory.i32(socket + layout.at('object.size'))}`;
  }
  if (types.order(type).some((each) => !each.native && types.own(each).has('name'))) return undefined;
  const name = objects.attribute(file, 'name');
  return name === undefined ? '' : ` name=${repr(objects.value(name, 1))}`;
}

/** `FileIO` and `TextIOWrapper` name a subclass as of 3.13. */
function nameOfClass({ process: { layout } }: Objects, type: PythonType): string {
  return nameInC(layout.minor < 13 ? (type.bases.find((base) => base.native) ?? type) : type);
}

function fileValue(
  objects: Objects,
  address: number,
  type: PythonType,
  text: (name: string) => string,
): PythonValue {
  const name = nameOfFile(objects, address);
  if (name !== undefined) return { type: '', text: text(name) };
  const unread = `<${type.dotted} at ${hex(address)}, whose __repr__ was not run>`;
  return { type: '', ownRepr: `${type.dotted}.__repr__`, text: unread };
}

const readBuffered: Reader = (objects, address, type) =>
  fileValue(objects, address, type, (name) => `<${nameInC(type)}${name}>`);

/** Modules/_io/textio.c: the mode is an attribute of its own, which `open` sets. */
const readTextFile: Reader = (objects, address, type) => {
  const mode = objects.text(objects.attribute(address, 'mode'));
  const encoding = objects.text(objects.word(address, 'textFile.encoding')) ?? '?';
  const shown = mode === undefined ? '' : ` mode=${textRepr(mode)}`;
  const front = `<${nameOfClass(objects, type)}`;
  return fileValue(
    objects,
    address,
    type,
    (name) => `${front}${name}${shown} encoding=${textRepr(encoding)}>`,
  );
};

/** Modules/_io/fileio.c: behind the descriptor are bits: created, readable, writable, appending. */
const readRawFile: Reader = (objects, address, type) => {
  const { memory, layout } = objects.process;
  const descriptor = memory.i32(address + layout.at('rawFile.fd'));
  if (descriptor < 0) return { type: '', text: `<${nameOfClass(objects, type)} [closed]>` };
  const first = layout.at('rawFile.fd') + 4;
  const bits = memory.u32(address + first);
  const has = (bit: number): boolean => (bits & (1 << bit)) !== 0;
  const both = has(1) ? '+' : '';
  const mode = has(0) ? `xb${both}` : has(3) ? `ab${both}` : has(1) ? `rb${has(2) ? '+' : ''}` : 'wb';
  const closes = has(layout.at('rawFile.closefd') - first * 8) ? 'True' : 'False';
  const front = `<${nameOfClass(objects, type)}`;
  return fileValue(
    objects,
    address,
    type,
    (name) => `${front}${name === '' ? ` fd=${descriptor}` : name} mode='${mode}' closefd=${closes}>`,
  );
};

/** Modules/_elementtree.c: the tag is the first field, also where the table is of a build without it. */
const readElement: Reader = (objects, address, _, depth) => {
  const { memory, layout } = objects.process;
  const tag = memory.u64(address + layout.at(layout.has('element.tag') ? 'element.tag' : 'object.size'));
  return {
    type: '',
    open: '<Element ',
    children: [{ value: objects.value(tag, depth + 1) }],
    close: ` at ${hex(address)}>`,
  };
};

const STATES = ['pending', 'cancelled', 'finished'];

/** What Lib/asyncio/base_futures.py would show says more (callbacks, lines): it is Python and can be replaced. */
const readFuture: Reader = (objects, address, type, depth) => {
  const { memory, layout } = objects.process;
  const state = STATES[memory.u32(address + layout.at('future.state'))] ?? '?';
  const children: PythonChild[] = [{ name: 'state', value: { type: 'str', text: textRepr(state) } }];
  const add = (name: string, held: number): void => {
    if (held !== 0) children.push({ name, value: objects.value(held, depth + 1) });
  };
  if (type.bases.some((base) => base.native && base.dotted === '_asyncio.Task')) {
    const name = objects.word(address, 'task.name');
    const number = objects.number(name);
    // as of 3.12 a number until it is asked for
    if (Number.isNaN(number)) add('name', name);
    else children.push({ name: 'name', value: { type: 'str', text: `'Task-${number}'` } });
    add('coro', objects.word(address, 'task.coroutine'));
  }
  const [result, exception] = [
    objects.word(address, 'future.result'),
    objects.word(address, 'future.exception'),
  ];
  if (exception !== 0 && !objects.process.types.isNative(exception, 'NoneType')) add('exception', exception);
  else add('result', result);
  return {
    type: '',
    ownRepr: `${type.dotted}.__repr__`,
    open: `<${type.dotted} `,
    children,
    close: '>',
  };
};

/** Modules/_ctypes/_ctypes.c: the name of the class, without its module. */
const readForeignFunction: Reader = (_, address, type) => ({
  type: '',
  text: `<${type.short} object at ${hex(address)}>`,
});

/** Locks, files, tasks and other types in C that a program holds by the state that they are in. */
export const SYSTEM_READERS: readonly (readonly [string, Reader])[] = [
  ['_thread.lock', readLock],
  ['_thread.RLock', readReentrantLock],
  ['ContextVar', readContextVariable],
  ['_contextvars.ContextVar', readContextVariable],
  ['Token', readContextToken],
  ['_contextvars.Token', readContextToken],
  ['super', readSuper],
  ['method-wrapper', readMethodWrapper],
  ['frame', readFrame],
  ['mmap.mmap', readMemoryMap],
  ['_io.FileIO', readRawFile],
  ['_io.TextIOWrapper', readTextFile],
  ...[...BUFFERED].map((name) => [name, readBuffered] as const),
  ['xml.etree.ElementTree.Element', readElement],
  ['_asyncio.Future', readFuture],
  ['_ctypes.PyCFuncPtr', readForeignFunction],
  ['_ctypes.CFuncPtr', readForeignFunction],
];

/** They show the name of a subclass themselves. */
export const NAMED_SYSTEM: readonly Reader[] = [readFuture, readForeignFunction];
