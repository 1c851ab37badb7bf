import type { ReportedFrame } from '../../report/model.ts';
import { LIMITS } from '../limits.ts';
import { dictEntries } from './dicts.ts';
import { lineAt } from './line-table.ts';
import type { Objects } from './objects.ts';
import { attempt } from './process.ts';
import { shortened, withoutRepetition, type Gap } from './repetition.ts';
import { FLAG, NAMELESS } from './types.ts';
import type { PythonValue } from './value.ts';

/** A code object, read once. */
export interface Code {
  address: number;
  file: string;
  name: string;
  /** With its classes and functions, 3.11 and later; else the name. */
  qualifiedName: string;
  firstLine: number;
  table: Buffer;
  flags: number;
  /** Names of the slots of a frame, in their order. */
  slots: { name: string; cell: boolean; hidden: boolean }[];
}

/** A frame that was found, in either of the shapes that CPython has had. */
export interface Frame {
  code: Code;
  /** Address of the `PyFrameObject` or `_PyInterpreterFrame`. */
  address: number;
  /** Offset in bytes of the instruction that ran. */
  lasti: number;
  /** Address of the first slot. */
  slots: number;
  /** Address of `f_locals`, which module and class bodies have. */
  namespace: number;
  globals: number;
  /** Address of the next outer frame; 0 for the outermost. */
  previous: number;
  /** As `PyFrame_GetLineNumber` has it where a debugger or compiled code has set it: Objects/frameobject.c; else 0. */
  line: number;
  /** What compiled its function to C, if that is known. */
  compiler?: 'Nuitka' | 'Cython';
  /** C code called it: the interpreter's loop was entered with it. `Interpreters.threads` completes it (3.12 and later). */
  fromC: boolean;
}

/** A call of a stack or of a traceback. */
export interface Call {
  /** Undefined where it cannot be read. */
  frame: Frame | undefined;
  lasti: number;
  /** 0 where CPython has not stored it. */
  line: number;
  /** So many calls come after it that were not kept. */
  leftOut?: number | undefined;
}

export interface Local {
  name: string;
  value: number;
}

const CO_OPTIMIZED = 1;
const CO_FAST_HIDDEN = 0x10;
const CO_FAST_CELL = 0x40;
const CO_FAST_FREE = 0x80;
// CPython itself has no such limits: what a code object that is none would cost.
const MOST_SLOTS = 1 << 16;
const MOST_TABLE_BYTES = 1 << 24;
// A longer stack is shown without its repetitions, and if that is not enough, without its middle.
const LONG_STACK = { outer: 0.3 * LIMITS.longStack, inner: 0.7 * LIMITS.longStack, kinds: 2000 };

/** Reads frames, code objects and what they hold. */
export class Frames {
  readonly objects: Objects;
  private readonly codes = new Map<number, Code>();

  constructor(objects: Objects) {
    this.objects = objects;
  }

  /** A `PyFrameObject`, as a traceback has it. Throws where there is none. */
  ofObject(address: number): Frame {
    const { memory, layout } = this.objects.process;
    if (layout.has('frameObject.f_frame')) {
      return this.interpreterFrame(memory.u64(address + layout.at('frameObject.f_frame')));
    }
    const code = this.code(memory.u64(address + layout.at('frameObject.f_code')));
    return {
      code,
      ...this.ofFrameObject(address, code, memory.u64(address + layout.at('frameObject.f_globals'))),
      address,
      lasti: memory.i32(address + layout.at('frameObject.f_lasti')) * (layout.minor >= 10 ? 2 : 1),
      slots: address + layout.at('frameObject.f_localsplus'),
      namespace: memory.u64(address + layout.at('frameObject.f_locals')),
      globals: memory.u64(address + layout.at('frameObject.f_globals')),
      previous: memory.u64(address + layout.at('frameObject.f_back')),
      fromC: true,
    };
  }

  /** An `_PyInterpreterFrame`, 3.11 and later. Throws where there is none. */
  interpreterFrame(address: number): Frame {
    const { memory, layout } = this.objects.process;
    const code = untagged(memory.u64(address + layout.at('frame.code')));
    const start = this.instructions(code, address);
    const instruction = memory.u64(address + layout.at('frame.instruction'));
    const known = this.code(code);
    return {
      code: known,
      ...this.ofFrameObject(
        memory.u64(address + layout.at('frame.frame_obj')),
        known,
        memory.u64(address + layout.at('frame.f_globals')),
      ),
      address,
      lasti: instruction - start,
      slots: address + layout.at('frame.localsplus'),
      namespace: memory.u64(address + layout.at('frame.f_locals')),
      globals: memory.u64(address + layout.at('frame.f_globals')),
      previous: memory.u64(address + layout.at('frame.previous')),
      fromC: layout.has('frame.is_entry') && memory.u8(address + layout.at('frame.is_entry')) !== 0,
    };
  }

  private ofFrameObject(address: number, { file }: Code, globals: number): Pick<Frame, 'line' | 'compiler'> {
    const { process } = this.objects;
    const { memory, layout, types } = process;
    const cython = /\.(?:pyx|pxd|pxi)$/.test(file) ? ({ compiler: 'Cython' } as const) : {};
    // up to 3.9 the line is only that of a trace function
    if (address === 0 || layout.minor < 10) return { line: 0, ...cython };
    const line = attempt(() => memory.i32(address + layout.at('frameObject.f_lineno')), 0);
    // Nuitka's own type of frame, whose name is in the program's file; its modules say `__compiled__`
    const nuitka = attempt(
      () =>
        types.of(address).dotted !== 'frame' &&
        dictEntries(process, globals).some(({ key }) => this.objects.text(key) === '__compiled__'),
      false,
    );
    return nuitka ? { line, compiler: 'Nuitka' } : { line, ...cython };
  }

  /** Where the instructions that the frame runs begin. */
  private instructions(code: number, frame: number): number {
    const { memory, layout } = this.objects.process;
    if (!layout.has('code.copies')) return code + layout.at('code.bytes');
    // a copy of the thread's own; the first is the one in the code object (Include/internal/pycore_code.h)
    const copies = memory.u64(code + layout.at('code.copies')) + layout.at('codeCopies.entries');
    return memory.u64(copies + memory.i32(frame + layout.at('frame.copy')) * 8);
  }

  code(address: number): Code {
    const known = this.codes.get(address);
    if (known !== undefined) return known;
    const { objects } = this;
    const { memory, layout, types } = objects.process;
    if (types.of(address).dotted !== 'code') throw new Error('not a code object');
    const table = memory.u64(address + layout.at('code.linetable'));
    const length = Math.min(memory.u64(table + layout.at('varObject.ob_size')), MOST_TABLE_BYTES);
    const name = objects.text(memory.u64(address + layout.at('code.co_name'))) ?? '?';
    const code: Code = {
      address,
      file: objects.text(memory.u64(address + layout.at('code.co_filename'))) ?? '?',
      name,
      qualifiedName: qualified(
        name,
        objects.text(attempt(() => memory.u64(address + layout.at('code.co_qualname')), 0)),
      ),
      firstLine: memory.i32(address + layout.at('code.co_firstlineno')),
      table: memory.bytes(table + layout.at('bytes.value'), length),
      flags: memory.u32(address + layout.at('code.co_flags')),
      slots: attempt(() => this.slotsOf(address), []),
    };
    if (!memory.exhausted) this.codes.set(address, code);
    return code;
  }

  line(code: Code, lasti: number): number {
    return lineAt(this.objects.process.layout.minor, code.table, code.firstLine, lasti) ?? code.firstLine;
  }

  /** The locals of a frame as addresses: parameters, variables, cells and free variables that have a value. */
  locals(frame: Frame): Local[] {
    if ((frame.code.flags & CO_OPTIMIZED) === 0 && frame.namespace !== 0) {
      // the variables of comprehensions that were inlined into it (PEP 709), which f_locals has while they run
      return [...attempt(() => this.namespace(frame.namespace), []), ...this.slots(frame, true)];
    }
    return this.slots(frame, false);
  }

  /** What is in the slots of a frame: its own variables, or those that are hidden. */
  private slots(frame: Frame, hiddenOnes: boolean): Local[] {
    const { memory, layout, types } = this.objects.process;
    const found = new Map<string, number>();
    frame.code.slots.forEach(({ name, cell, hidden }, index) => {
      if (hidden !== hiddenOnes) return;
      const value = attempt(() => {
        const there = untagged(memory.u64(frame.slots + index * 8));
        if (!cell || there === 0) return there;
        const type = types.of(there);
        if (type.dotted !== 'cell' && type.dotted !== NAMELESS) return there;
        return memory.u64(there + layout.at('cell.ob_ref'));
      }, 0);
      if (value !== 0) found.set(name, value);
    });
    return [...found].map(([name, value]) => ({ name, value }));
  }

  /** The frame as the report shows it; without locals where `withLocals` is false. */
  reported(frame: Frame, line: number, withLocals: boolean): ReportedFrame<PythonValue> {
    const { file, qualifiedName } = frame.code;
    const { objects } = this;
    const all = withLocals ? this.locals(frame) : [];
    const locals = all
      .slice(0, objects.limits.locals)
      .map(({ name, value }): [string, PythonValue] => [name, objects.local(value)]);
    if (frame.compiler !== undefined) objects.compiled.set(file, frame.compiler);
    if (all.length > locals.length)
      objects.leftOut.add(
        `${all.length - locals.length} more locals of ${qualifiedName} (${file}:${line}) are not listed`,
      );
    return { file, line, function: qualifiedName, locals: Object.fromEntries(locals), code: frame.code };
  }

  /**
   * The calls as the report shows them, in their order. Values are read from the innermost call outwards, because what
   * they may take can end before all are read.
   */
  reportedStack(calls: readonly Call[], innermost: 'first' | 'last'): ReportedFrame<PythonValue>[] {
    const shown = shownCalls(calls, innermost);
    const order = [...shown.keys()];
    if (innermost === 'last') order.reverse();
    const frames: ReportedFrame<PythonValue>[] = [];
    for (const index of order) {
      const item = shown[index];
      const call = item === undefined ? undefined : calls[item.index];
      if (item !== undefined && call !== undefined)
        frames[index] = { ...this.reportedCall(call), ...item.gap };
    }
    return frames;
  }

  private reportedCall({ frame, lasti, line }: Call): ReportedFrame<PythonValue> {
    if (frame === undefined) return { file: '?', line: Math.max(0, line), function: '?', locals: {} };
    const own = line > 0 ? line : frame.line;
    return this.reported(frame, own > 0 ? own : this.line(frame.code, lasti), true);
  }

  /** The names of a module or class body, without those that Python puts into every one. */
  private namespace(dict: number): Local[] {
    const { objects } = this;
    const { process } = objects;
    if ((process.types.of(dict).flags & FLAG.dict) === 0) return [];
    const found = [];
    for (const { key, value } of dictEntries(process, dict, MOST_SLOTS)) {
      const name = objects.text(key);
      if (name !== undefined && !/^__\w+__$/.test(name)) found.push({ name, value });
    }
    return found;
  }

  private slotsOf(code: number): Code['slots'] {
    const { memory, layout } = this.objects.process;
    if (!layout.has('code.co_localsplusnames')) {
      return [
        ...this.names(code, 'code.co_varnames').map((name) => ({ name, cell: false, hidden: false })),
        ...this.names(code, 'code.co_cellvars').map((name) => ({ name, cell: true, hidden: false })),
        ...this.names(code, 'code.co_freevars').map((name) => ({ name, cell: true, hidden: false })),
      ];
    }
    const names = this.names(code, 'code.co_localsplusnames');
    const kinds = memory.u64(code + layout.at('code.co_localspluskinds'));
    const bytes = memory.bytes(kinds + layout.at('bytes.value'), names.length);
    return names.map((name, index) => ({
      name,
      cell: ((bytes[index] ?? 0) & (CO_FAST_CELL | CO_FAST_FREE)) !== 0,
      hidden: ((bytes[index] ?? 0) & CO_FAST_HIDDEN) !== 0,
    }));
  }

  private names(code: number, field: string): string[] {
    const { memory, layout } = this.objects.process;
    const tuple = memory.u64(code + layout.at(field));
    const count = Math.min(memory.u64(tuple + layout.at('varObject.ob_size')), MOST_SLOTS);
    const names = [];
    for (let index = 0; index < count; index += 1) {
      names.push(this.objects.text(memory.u64(tuple + layout.at('tuple.items') + index * 8)) ?? '?');
    }
    return names;
  }
}

/** `code.replace(co_name=…)` leaves the qualified name as it was (Jinja2 does so); tracebacks print the name. */
function qualified(name: string, qualifiedName: string | undefined): string {
  return qualifiedName?.endsWith(name) === true ? qualifiedName : name;
}

/** Which calls are shown, and what stands for the others. */
function shownCalls(calls: readonly Call[], innermost: 'first' | 'last'): { index: number; gap: Gap }[] {
  if (calls.length <= LIMITS.wholeStack)
    return calls.map(({ leftOut }, index) => ({ index, gap: gapOf(leftOut) }));
  const keys = calls.map(({ frame, lasti, leftOut }, index) =>
    leftOut === undefined ? `${frame?.code.address ?? 0}:${lasti}` : `gap:${index}`,
  );
  const kept = withoutRepetition(keys).map(({ index, gap }) => ({
    index,
    gap: { ...gap, ...gapOf(calls[index]?.leftOut) },
  }));
  const { outer, inner, kinds } = LONG_STACK;
  const [first, last] = innermost === 'first' ? [inner, outer] : [outer, inner];
  return shortened(kept, { first, last, kinds }, ({ index }) => calls[index]?.frame?.code.address ?? 0);
}

function gapOf(leftOut: number | undefined): Gap {
  return leftOut === undefined ? {} : { leftOut };
}

/** 3.14 and later keep two tag bits in references of frames: Include/internal/pycore_stackref.h. */
export function untagged(reference: number): number {
  return reference - (reference % 4);
}
