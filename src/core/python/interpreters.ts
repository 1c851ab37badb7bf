import type { CoreNotes } from '../elf/notes.ts';
import { attributes } from './attributes.ts';
import { dictEntries } from './dicts.ts';
import { untagged, type Frame, type Frames } from './frames.ts';
import type { Objects } from './objects.ts';
import { attempt } from './process.ts';
import type { Runtime } from './runtime.ts';
import { settledStack, type Stack } from './settled-stack.ts';
import { FLAG } from './types.ts';

/** A Python thread as the interpreter knows it. */
export interface ThreadState {
  address: number;
  interpreter: number;
  /** `threading.get_ident()`. */
  ident: number;
  /** The kernel's number; 0 where it cannot be found. */
  nativeId: number;
  name: string | undefined;
  /** It took the signal. */
  current: boolean;
  holdsGil: boolean | undefined;
  /** From the innermost call outwards. */
  frames: Frame[];
  /** There are more frames than were read, or they could not be read to the end. */
  cut: boolean;
  /** It ran on while it was read, and never stood still for long enough: the frames may be of different moments. */
  torn: boolean;
}

/** A (sub)interpreter; the main one has the number 0. */
export interface Interpreter {
  address: number;
  number: number;
}

// A list that does not end is none.
const MOST_LINKED = 1_000_000;
// enum _frameowner: 3 and above are the interpreter's own entry frames (Include/internal/pycore_frame.h).
const ENTRY_FRAME = 3;
// _Py_THREAD_ATTACHED, 3.13 and later (Include/internal/pycore_pystate.h)
const THREAD_ATTACHED = 1;

/** What hangs on the runtime: interpreters, their modules and their threads. */
export class Interpreters {
  readonly all: Interpreter[] = [];
  readonly runtime: Runtime;
  private readonly objects: Objects;
  private readonly frames: Frames;
  private readonly moduleDicts = new Map<number, Map<string, number>>();

  constructor(runtime: Runtime, frames: Frames) {
    this.runtime = runtime;
    this.frames = frames;
    this.objects = frames.objects;
    const { memory, layout } = runtime.process;
    let address = attempt(() => memory.u64(runtime.address + layout.at('runtime.interpreters')), 0);
    const seen = new Set<number>();
    const { limits } = this.objects;
    while (address !== 0 && !seen.has(address) && seen.size < MOST_LINKED) {
      seen.add(address);
      const here = address;
      if (seen.size <= limits.interpreters)
        this.all.push({ address, number: attempt(() => memory.i64(here + layout.at('interpreter.id')), 0) });
      address = attempt(() => memory.u64(here + layout.at('interpreter.next')), 0);
    }
    this.all.sort((a, b) => a.number - b.number);
    if (seen.size > limits.interpreters)
      this.objects.leftOut.add(`${seen.size - limits.interpreters} more of the interpreters are not read`);
  }

  /** Modules by name: addresses of the module objects. */
  modules(interpreter: Interpreter): Map<string, number> {
    let found = this.moduleDicts.get(interpreter.address);
    if (found === undefined) {
      const { memory, layout } = this.runtime.process;
      const dict = attempt(() => memory.u64(interpreter.address + layout.at('interpreter.modules')), 0);
      found = this.strings(dict);
      if (!memory.exhausted) this.moduleDicts.set(interpreter.address, found);
    }
    return found;
  }

  /** What is in a module, by name; empty where there is no such module. */
  contents(interpreter: Interpreter, name: string): Map<string, number> {
    const module = this.modules(interpreter).get(name);
    if (module === undefined) return new Map();
    const { memory, layout } = this.runtime.process;
    return this.strings(attempt(() => memory.u64(module + layout.at('module.md_dict')), 0));
  }

  /** The entries of a dict whose keys are str. */
  strings(dict: number): Map<string, number> {
    const { objects } = this;
    const { modules } = objects.limits;
    const found = new Map<string, number>();
    const entries = attempt(() => dictEntries(objects.process, dict), []);
    for (const { key, value } of entries.slice(0, modules)) {
      const name = objects.text(key);
      if (name !== undefined) found.set(name, value);
    }
    if (entries.length > modules)
      objects.leftOut.add(
        `${entries.length - modules} more modules, or names of a module, were not looked at`,
      );
    return found;
  }

  /** One attribute of an instance. */
  attribute(object: number, name: string): number | undefined {
    return this.objects.attribute(object, name);
  }

  /** The contents of `sys`. */
  sys(interpreter: Interpreter): Map<string, number> {
    const { memory, layout } = this.runtime.process;
    return this.strings(attempt(() => memory.u64(interpreter.address + layout.at('interpreter.sys')), 0));
  }

  /**
   * Every thread of every interpreter, the one that took the signal first; its stack is read before all others. In a
   * process that is `living` none did; `moving`: it runs meanwhile.
   */
  threads(notes: CoreNotes, living?: { moving: boolean }): ThreadState[] {
    const { memory, layout } = this.runtime.process;
    const { limits, leftOut } = this.objects;
    const found: ThreadState[] = [];
    const seen = new Set<number>();
    for (const interpreter of this.all) {
      const names = this.threadNames(interpreter);
      const holder = this.gilHolder(interpreter);
      let address = attempt(() => memory.u64(interpreter.address + layout.at('interpreter.threads')), 0);
      while (address !== 0 && !seen.has(address) && seen.size < MOST_LINKED) {
        seen.add(address);
        const here = address;
        address = attempt(() => memory.u64(here + layout.at('thread.next')), 0);
        if (found.length >= limits.threads) continue;
        const ident = attempt(() => memory.u64(here + layout.at('thread.thread_id')), 0);
        const nativeId = this.nativeId(here, ident, names.get(ident)?.nativeId, notes);
        found.push({
          address: here,
          interpreter: interpreter.number,
          ident,
          nativeId,
          name: names.get(ident)?.name,
          current: living === undefined && nativeId !== 0 && nativeId === notes.threads[0]?.id,
          holdsGil: holder === undefined ? undefined : holder === here,
          frames: [],
          cut: false,
          torn: false,
        });
      }
    }
    if (seen.size > limits.threads) leftOut.add(`${seen.size - limits.threads} more threads are not listed`);
    // A thread has a state in each interpreter that it has entered, and up to 3.12 one that another thread runs can have
    // its number: the one that runs is the one that holds the GIL, or without one is attached.
    const claims = found.filter((thread) => thread.current);
    const taker = claims.find(({ holdsGil, address }) => holdsGil ?? this.isAttached(address)) ?? claims[0];
    for (const thread of claims) thread.current = thread === taker;
    const first = found.findIndex((thread) => thread.current);
    if (first > 0) found.unshift(...found.splice(first, 1));
    for (const thread of found) {
      const read = (): Stack => this.stack(thread.address);
      Object.assign(thread, living?.moving === true ? settledStack(read, () => memory.refresh()) : read());
    }
    return found;
  }

  /** It runs Python, or C code that may use objects. */
  private isAttached(thread: number): boolean {
    const { memory, layout } = this.runtime.process;
    return attempt(() => memory.i32(thread + layout.at('thread.state')) === THREAD_ATTACHED, false);
  }

  /** `known` is what `threading` has: `Thread.native_id`. */
  private nativeId(thread: number, ident: number, known: number | undefined, notes: CoreNotes): number {
    const { memory, layout } = this.runtime.process;
    const own = layout.has('thread.native_thread_id')
      ? attempt(() => memory.u64(thread + layout.at('thread.native_thread_id')), 0)
      : known;
    // In a container the number that Python knows is another one than the kernel writes into the core.
    const byNumber = notes.threads.find((each) => (each.ownId ?? each.id) === own);
    if (byNumber !== undefined) return byNumber.id;
    const exact = notes.threads.find((each) => each.threadPointer === ident && ident !== 0);
    if (exact !== undefined) return exact.id;
    // aarch64: pthread_self(3) lies below the thread pointer by the size of glibc's struct pthread.
    const near = notes.threads.find(
      (each) => each.threadPointer > ident && each.threadPointer - ident <= 0x1000,
    );
    if (near !== undefined && ident !== 0) return near.id;
    return notes.threads.length === 1 ? (notes.threads[0]?.id ?? 0) : 0;
  }

  private gilHolder(interpreter: Interpreter): number | undefined {
    const { process, address } = this.runtime;
    const { memory, layout } = process;
    return attempt(() => {
      const gil = layout.has('runtime.gil')
        ? address + layout.at('runtime.gil')
        : memory.u64(interpreter.address + layout.at('interpreter.gil'));
      if (layout.freeThreaded && memory.i32(gil + layout.at('gil.enabled')) === 0) return undefined;
      if (memory.i32(gil + layout.at('gil.locked')) !== 1) return 0;
      return memory.u64(gil + layout.at('gil.lastHolder'));
    }, undefined);
  }

  /** `threading._active`: Thread objects by ident. */
  private threadNames(interpreter: Interpreter): Map<number, { name: string; nativeId: number }> {
    const names = new Map<number, { name: string; nativeId: number }>();
    const { process } = this.runtime;
    const active = this.contents(interpreter, 'threading').get('_active');
    if (active === undefined) return names;
    for (const { key, value } of attempt(() => dictEntries(process, active), [])) {
      const thread = attempt(() => attributes(process, value, process.types.of(value)), []);
      const own = (name: string): number | undefined => thread.find((each) => each.name === name)?.value;
      const name = this.objects.text(own('_name'));
      const nativeId = this.objects.number(own('_native_id'));
      if (name !== undefined) names.set(this.objects.number(key), { name, nativeId });
    }
    return names;
  }

  /** The frames of a thread. */
  private stack(thread: number): Stack {
    const { memory, layout } = this.runtime.process;
    const most = this.objects.limits.calls;
    const frames: Frame[] = [];
    try {
      if (layout.has('thread.frame')) {
        let address = memory.u64(thread + layout.at('thread.frame'));
        while (address !== 0 && frames.length < most) {
          const frame = this.frames.ofObject(address);
          frames.push(frame);
          address = frame.previous;
        }
        return { frames, cut: address !== 0 };
      }
      let address = layout.has('thread.current_frame')
        ? memory.u64(thread + layout.at('thread.current_frame'))
        : memory.u64(memory.u64(thread + layout.at('thread.cframe')) + layout.at('cframe.current_frame'));
      for (let steps = 0; address !== 0 && steps < 2 * most; steps += 1) {
        const owner = memory.u8(address + layout.at('frame.owner'));
        const previous = memory.u64(address + layout.at('frame.previous'));
        const entry = owner >= ENTRY_FRAME && layout.minor >= 12;
        const last = frames.at(-1);
        if (entry && last !== undefined) last.fromC = true;
        if (!entry) {
          const frame = attempt(() => this.frames.interpreterFrame(address), undefined);
          // 3.12 and later put a frame without a real code object at the bottom of each call from C.
          if (frame === undefined && !this.isObject(address)) return { frames, cut: true };
          if (frame !== undefined) frames.push(frame);
        }
        address = previous;
        if (frames.length >= most) return { frames, cut: address !== 0 };
      }
      return { frames, cut: address !== 0 };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { frames, cut: true };
    }
  }

  private isObject(frame: number): boolean {
    const { memory, layout, types } = this.runtime.process;
    return attempt(
      () => types.of(untagged(memory.u64(frame + layout.at('frame.code')))) !== undefined,
      false,
    );
  }
}

// The names of these types are not the names under which the module `types` has them.
const NAMES_IN_TYPES: Readonly<Record<string, string>> = {
  FunctionType: 'function',
  CodeType: 'code',
  GeneratorType: 'generator',
  CoroutineType: 'coroutine',
  AsyncGeneratorType: 'async_generator',
  MethodType: 'method',
  BuiltinFunctionType: 'builtin_function_or_method',
  WrapperDescriptorType: 'wrapper_descriptor',
  MethodWrapperType: 'method-wrapper',
  MethodDescriptorType: 'method_descriptor',
  ClassMethodDescriptorType: 'classmethod_descriptor',
  ModuleType: 'module',
  TracebackType: 'traceback',
  FrameType: 'frame',
  GetSetDescriptorType: 'getset_descriptor',
  MemberDescriptorType: 'member_descriptor',
  CellType: 'cell',
  MappingProxyType: 'mappingproxy',
  SimpleNamespace: 'types.SimpleNamespace',
};
const CONSTANTS: Readonly<Record<string, string>> = {
  None: 'NoneType',
  Ellipsis: 'ellipsis',
  NotImplemented: 'NotImplementedType',
};
const FROM_ABC = /^(dict_keys|dict_values|dict_items|range_iterator|list_iterator|tuple_iterator)$/;

/**
 * Gives names to the interpreter's own types from where these are reachable (`builtins`, `types`, every module) if the
 * core does not have them: what `tp_name` points to lies in read-only pages.
 */
export function nameTypes(interpreters: Interpreters): void {
  const { process } = interpreters.runtime;
  const { memory, layout, types } = process;
  const [main] = interpreters.all;
  if (main === undefined) return;
  const typeOf = (object: number): number =>
    attempt(() => memory.u64(object + layout.at('object.ob_type')), 0);
  const isType = (address: number): boolean =>
    attempt(() => (memory.u32(typeOf(address) + layout.at('type.tp_flags')) & FLAG.type) !== 0, false);
  types.useModules((name) => interpreters.all.map((each) => interpreters.contents(each, name)));
  const sys = attempt(() => memory.u64(main.address + layout.at('interpreter.sys')), 0);
  const type = typeOf(typeOf(sys));
  const there = attempt(
    () => memory.cString(memory.u64(type + layout.at('type.tp_name')), 8) === 'type',
    false,
  );
  const near = there ? new Map<number, string>() : namesOfBuiltins(interpreters, main, isType);
  let far: Map<number, string> | undefined;
  types.useNames((address) => {
    const name = near.get(address);
    if (name !== undefined) return name;
    far ??= namesInModules(interpreters, main, isType);
    return far.get(address);
  });
}

/** The names of the interpreter's own types, by address. */
function namesOfBuiltins(
  interpreters: Interpreters,
  main: Interpreter,
  isType: (address: number) => boolean,
): Map<number, string> {
  const { memory, layout } = interpreters.runtime.process;
  const typeOf = (object: number): number =>
    attempt(() => memory.u64(object + layout.at('object.ob_type')), 0);
  const near = new Map<number, string>();
  for (const [name, value] of interpreters.contents(main, 'builtins')) {
    const constant = CONSTANTS[name];
    if (constant !== undefined) near.set(typeOf(value), constant);
    else if (isType(value) && !near.has(value)) near.set(value, name);
  }
  for (const [name, value] of interpreters.contents(main, 'types')) {
    const own = NAMES_IN_TYPES[name];
    if (own !== undefined) near.set(value, own);
  }
  for (const [name, value] of interpreters.contents(main, '_collections_abc')) {
    if (FROM_ABC.test(name)) near.set(value, name);
  }
  nameCallables(interpreters, main, near);
  return near;
}

/** `array.ArrayType`, but not `numpy.dtypes.Float64DType`. */
function isAlias(name: string): boolean {
  return name.endsWith('Type') && !name.endsWith('DType');
}

/**
 * Of two names of a type the one that it calls itself by: `array.array` and not `array.ArrayType`, `numpy.float64` and not
 * `numpy.double`, `numpy.ndarray` and not `numpy._core.multiarray.ndarray`. Another package only borrows it.
 */
function isBetter(name: string, known: string): boolean {
  const [a, b] = [name.split('.'), known.split('.')];
  if (a[0] !== b[0]) return false;
  if (isAlias(name) !== isAlias(known)) return isAlias(known);
  if (a.length !== b.length) return a.length < b.length;
  return /\d$/.test(name) && !/\d$/.test(known);
}

/** What every module calls its types, by address: those of libraries in C, of which the file is not on this machine. */
function namesInModules(
  interpreters: Interpreters,
  main: Interpreter,
  isType: (address: number) => boolean,
): Map<number, string> {
  const names = new Map<number, string>();
  for (const module of interpreters.modules(main).keys()) {
    const shown = PUBLIC[module] ?? module;
    for (const [own, value] of interpreters.contents(main, module)) {
      const name = `${shown}.${own}`;
      const known = names.get(value);
      if ((known === undefined || isBetter(name, known)) && isType(value)) names.set(value, name);
    }
  }
  return names;
}

/** The module `types` is not imported by every program: functions, code and modules are known by how they hang together. */
function nameCallables(interpreters: Interpreters, main: Interpreter, names: Map<number, string>): void {
  const { memory, layout } = interpreters.runtime.process;
  const typeOf = (object: number): number =>
    attempt(() => memory.u64(object + layout.at('object.ob_type')), 0);
  const module = interpreters.modules(main).get('os') ?? interpreters.modules(main).get('builtins') ?? 0;
  names.set(typeOf(module), 'module');
  names.set(typeOf(interpreters.contents(main, 'builtins').get('len') ?? 0), 'builtin_function_or_method');
  const globals = attempt(() => memory.u64(module + layout.at('module.md_dict')), 0);
  for (const value of interpreters.contents(main, 'os').values()) {
    // A function's globals are the dict of its module.
    if (globals === 0 || attempt(() => memory.u64(value + layout.at('function.func_globals')), 0) !== globals)
      continue;
    const code = attempt(() => memory.u64(value + layout.at('function.func_code')), 0);
    names.set(typeOf(value), 'function');
    names.set(typeOf(code), 'code');
    return;
  }
}

// Modules of which the types call themselves by another one's name.
const PUBLIC: Readonly<Record<string, string>> = {
  _collections: 'collections',
  _datetime: 'datetime',
  _decimal: 'decimal',
  _functools: 'functools',
};
