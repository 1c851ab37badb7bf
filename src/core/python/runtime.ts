import { posix } from 'node:path';
import type { Memory } from '../elf/memory.ts';
import type { Module, Modules } from '../elf/modules.ts';
import { dictEntries } from './dicts.ts';
import { LAYOUTS, type Layout } from './layouts.ts';
import { smallInteger } from './numbers.ts';
import { attempt, type Process } from './process.ts';
import { readText } from './text.ts';
import { FLAG, Types } from './types.ts';

/** The interpreter of a process, found. */
export interface Runtime {
  process: Process;
  /** Address of `_PyRuntime`. */
  address: number;
  /** E.g. `3.11.7`. */
  version: string;
  module: Module | undefined;
  /** `_PyRuntime of .dynsym`, `cookie`, or `search`. */
  foundBy: string;
}

/** A free-threaded build of a version that there is no table of. */
export interface FreeThreaded {
  freeThreaded: true;
  minor: number;
}

const COOKIE = Buffer.from('xdebugpy');
const MOST_SEARCHED = 64 * 1024 * 1024;

/** Finds the interpreter: by the symbol in a file of the same build, by the cookie of 3.13, else by its shape. */
export function findRuntime(
  memory: Memory,
  modules: Modules,
  layouts: readonly Layout[] = LAYOUTS,
): Runtime | FreeThreaded | undefined {
  const candidates = modules.all
    .map((module) => ({ module, rank: rank(module, modules) }))
    .filter(({ rank: value }) => value < 4)
    .sort((a, b) => a.rank - b.rank)
    .map(({ module }) => module);
  for (const module of candidates) {
    if (rank(module, modules) > 2) break;
    const address = modules.symbol(module, '_PyRuntime', '.PyRuntime');
    if (address === undefined) continue;
    const found = at(memory, address, layouts, module, 'the symbol _PyRuntime');
    if (found !== undefined) return found;
  }
  for (const module of candidates) {
    const found = search(memory, module, layouts);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** libpython, then programs called python, then the program that ran, then the other libraries. */
function rank(module: Module, modules: Modules): number {
  const name = posix.basename(module.path);
  if (name.startsWith('libpython3')) return 0;
  if (/^python3?/.test(name)) return 1;
  if (module === modules.program) return 2;
  return /python|wsgi|unit/i.test(name) && !name.includes('.cpython-') ? 3 : 4;
}

function at(
  memory: Memory,
  address: number,
  layouts: readonly Layout[],
  module: Module | undefined,
  foundBy: string,
): Runtime | FreeThreaded | undefined {
  const cookie = attempt(() => memory.bytes(address, 24), Buffer.alloc(0));
  if (cookie.subarray(0, 8).equals(COOKIE)) {
    const minor = cookie[10] ?? 0;
    const freeThreaded = cookie.readUInt32LE(16) !== 0;
    const layout = layouts.find((each) => each.minor === minor && each.freeThreaded === freeThreaded);
    if (layout === undefined) return freeThreaded ? { freeThreaded, minor } : undefined;
    return (
      check(memory, address, withDebugOffsets(layout, memory, address), module, foundBy) ??
      check(memory, address, layout, module, foundBy)
    );
  }
  // Only the right one passes; the one that the file is called after saves making the others (1 ms each).
  const named = Number(/python3\.(\d+)/.exec(module?.path ?? '')?.[1]);
  for (const layout of layouts.toSorted((a, b) => Number(b.minor === named) - Number(a.minor === named))) {
    if (layout.minor >= 13) continue;
    const found = check(memory, address, layout, module, foundBy);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The runtime at the address by that layout, if all that it leads to is right: down to sys.hexversion. */
function check(
  memory: Memory,
  address: number,
  layout: Layout,
  module: Module | undefined,
  foundBy: string,
): Runtime | undefined {
  return attempt(() => {
    const interpreter = memory.u64(address + layout.at('runtime.interpreters'));
    if (interpreter === 0 || interpreter % 8 !== 0) return undefined;
    const thread = memory.u64(interpreter + layout.at('interpreter.threads'));
    if (memory.u64(thread + layout.at('thread.interp')) !== interpreter) return undefined;
    const sys = memory.u64(interpreter + layout.at('interpreter.sys'));
    const { process } = new Types({ memory, layout });
    if ((process.types.of(sys).flags & FLAG.dict) === 0) return undefined;
    for (const { key, value } of dictEntries(process, sys, 500)) {
      if (readText(process, key, 32).text !== 'hexversion') continue;
      const hex = smallInteger(process, value);
      if (Math.floor(hex / 0x1000000) !== 3 || ((hex >>> 16) & 255) !== layout.minor) return undefined;
      const suffix = { 10: 'a', 11: 'b', 12: 'rc' }[(hex >>> 4) & 15];
      const version = `3.${layout.minor}.${(hex >>> 8) & 255}${suffix === undefined ? '' : `${suffix}${hex & 15}`}`;
      return { process, address, version, module, foundBy };
    }
    return undefined;
  }, undefined);
}

/** Looks through the writable data of a program for what can only be `_PyRuntime`. */
function search(
  memory: Memory,
  module: Module,
  layouts: readonly Layout[],
): Runtime | FreeThreaded | undefined {
  const parts = writableParts(memory, module);
  for (const { start, bytes } of parts) {
    for (let from = bytes.indexOf(COOKIE); from >= 0; from = bytes.indexOf(COOKIE, from + 8)) {
      const found = at(memory, start + from, layouts, module, 'its cookie');
      if (found !== undefined) return found;
    }
  }
  const old = layouts.filter((layout) => layout.minor < 13);
  // `interpreters.head` and `interpreters.main` are neighbours, and equal where there are no subinterpreters.
  for (const sure of [true, false]) {
    for (const { start, bytes } of parts) {
      for (let from = 0; from + 16 <= bytes.length; from += 8) {
        const high = bytes.readUInt32LE(from + 4);
        const low = bytes.readUInt32LE(from);
        // A program that is not position-independent has its heap below 4 GiB.
        if (high > 0xffff || (high === 0 && low < 0x10000) || (low & 7) !== 0) continue;
        const equal = low === bytes.readUInt32LE(from + 8) && high === bytes.readUInt32LE(from + 12);
        if (equal !== sure) continue;
        for (const layout of old) {
          const address = start + from - layout.at('runtime.interpreters');
          const found = check(memory, address, layout, module, 'its shape');
          if (found !== undefined) return found;
        }
      }
    }
  }
  return undefined;
}

/** Its writable mappings and what directly follows them (.bss). */
function writableParts(memory: Memory, module: Module): { start: number; bytes: Buffer }[] {
  const parts = [];
  const seen = new Set<number>();
  for (const mapping of module.mappings) {
    let segment = memory.segmentAt(mapping.start);
    while (segment !== undefined && segment.writable && !seen.has(segment.start)) {
      seen.add(segment.start);
      const length = Math.min(segment.end - segment.start, MOST_SEARCHED);
      const { start } = segment;
      if (length > 0)
        parts.push({ start, bytes: attempt(() => memory.bytes(start, length), Buffer.alloc(0)) });
      segment = memory.segmentAt(segment.memoryEnd);
    }
  }
  return parts;
}

/** Our names of the fields that `_Py_DebugOffsets` also has. */
const OWN_OFFSETS: Readonly<Record<string, string>> = {
  'runtime_state.interpreters_head': 'runtime.interpreters',
  'interpreter_state.id': 'interpreter.id',
  'interpreter_state.next': 'interpreter.next',
  'interpreter_state.threads_head': 'interpreter.threads',
  'interpreter_state.imports_modules': 'interpreter.modules',
  'interpreter_state.sysdict': 'interpreter.sys',
  'interpreter_state.builtins': 'interpreter.builtins',
  'thread_state.prev': 'thread.prev',
  'thread_state.next': 'thread.next',
  'thread_state.interp': 'thread.interp',
  'thread_state.current_frame': 'thread.current_frame',
  'thread_state.thread_id': 'thread.thread_id',
  'thread_state.native_thread_id': 'thread.native_thread_id',
  'thread_state.current_exception': 'thread.current_exception',
  'interpreter_frame.previous': 'frame.previous',
  'interpreter_frame.executable': 'frame.code',
  'interpreter_frame.instr_ptr': 'frame.instruction',
  'interpreter_frame.localsplus': 'frame.localsplus',
  'interpreter_frame.owner': 'frame.owner',
  'code_object.filename': 'code.co_filename',
  'code_object.name': 'code.co_name',
  'code_object.qualname': 'code.co_qualname',
  'code_object.linetable': 'code.linetable',
  'code_object.firstlineno': 'code.co_firstlineno',
  'code_object.localsplusnames': 'code.co_localsplusnames',
  'code_object.localspluskinds': 'code.co_localspluskinds',
  'code_object.co_code_adaptive': 'code.bytes',
};
const MOST_OFFSET = 1 << 20;

/** The layout with what the process itself says about it; a number that cannot be an offset is not taken. */
function withDebugOffsets(layout: Layout, memory: Memory, runtime: number): Layout {
  const own = new Map<string, number>();
  for (const [theirs, ours] of Object.entries(OWN_OFFSETS)) {
    const value = attempt(() => memory.u64(runtime + layout.at(`debugOffsets.${theirs}`)), NaN);
    if (value < MOST_OFFSET && (value > 0 || layout.at(ours) === 0)) own.set(ours, value);
  }
  if (own.size === 0) return layout;
  const moved = movedBehindGc(layout, memory, runtime);
  return {
    minor: layout.minor,
    freeThreaded: layout.freeThreaded,
    source: `_Py_DebugOffsets of the process, and the ${layout.source}`,
    at: (field) => own.get(field) ?? layout.at(field) + moved(field),
    has: (field) => own.has(field) || layout.has(field),
  };
}

/**
 * 3.14.5 changed the collector's part of `PyInterpreterState` from 240 to 264 bytes, in a patch release: the fields behind
 * it lie so much further on than in the table. Only some of them have an offset in `_Py_DebugOffsets`, but that part's size has.
 */
function movedBehindGc(layout: Layout, memory: Memory, runtime: number): (field: string) => number {
  const size = attempt(() => memory.u64(runtime + layout.at('debugOffsets.gc.size')), NaN);
  const by = size - layout.at('gc.size');
  const behind = layout.at('interpreter.gc');
  if (!(Math.abs(by) <= 1024) || by % 8 !== 0) return () => 0;
  return (field) => (field.startsWith('interpreter.') && layout.at(field) > behind ? by : 0);
}
