import type { ChainedException, ReportedFrame } from '../../report/model.ts';
import { attributes, fieldsFirst, members } from './attributes.ts';
import { dictEntries } from './dicts.ts';
import type { Frame, Frames } from './frames.ts';
import { attempt } from './process.ts';
import { FLAG, type PythonType } from './types.ts';
import { repr, type PythonValue } from './value.ts';

const MOST_EXCEPTIONS = 50;
const MOST_ENTRIES = 5000;
const MOST_ATTRIBUTES = 100;
// Of a deep recursion the report shows the values of the outermost and the innermost calls.
const WITH_LOCALS = { outermost: 60, innermost: 140 };

// `object` and `BaseException` have nothing of their own: args, traceback and the rest are shown as what they are.
function isGeneral(type: PythonType): boolean {
  return type.dotted === 'object' || type.dotted === 'BaseException';
}

function isNative(type: PythonType, name: string): boolean {
  return type.bases.some((base) => base.native && base.dotted === name);
}

interface TracebackEntry {
  frame: number;
  lasti: number;
  line: number;
}

/** Reads exceptions with everything that hangs on them. */
export class Exceptions {
  private readonly frames: Frames;

  constructor(frames: Frames) {
    this.frames = frames;
  }

  /** The object is an exception (not a class of exceptions). */
  is(address: number): boolean {
    if (!(address > 0) || address % 8 !== 0) return false;
    const { types } = this.frames.objects.process;
    return attempt(() => (types.of(address).flags & FLAG.exception) !== 0, false);
  }

  /** It was raised: it has a traceback. */
  wasRaised(address: number): boolean {
    return this.is(address) && this.pointer(address, 'exception.traceback') !== 0;
  }

  /** Where in an exception the pointer to its traceback is. */
  get offsetOfTraceback(): number {
    return this.frames.objects.process.layout.at('exception.traceback');
  }

  /** What may be any word is an exception that was raised: its traceback leads to a frame. */
  isRaised(address: number): boolean {
    if (!this.wasRaised(address)) return false;
    const { memory, layout, types } = this.frames.objects.process;
    return attempt(() => {
      // Any word that refers to a class of exceptions looks like one: in tuples, dicts, and in what was freed.
      if (memory.i32(address) <= 0) return false;
      const isTuple = (types.of(this.pointer(address, 'exception.args')).flags & FLAG.tuple) !== 0;
      const traceback = this.pointer(address, 'exception.traceback');
      this.frames.ofObject(memory.u64(traceback + layout.at('traceback.tb_frame')));
      return isTuple;
    }, false);
  }

  /** The exception and all that it leads to; `seen` gets the address of every one. */
  chain(first: number, seen: Set<number>): ChainedException<PythonValue>[] {
    const chain: ChainedException<PythonValue>[] = [];
    const inChain = new Set<number>();
    const visit = (
      address: number,
      relation: ChainedException['relation'],
      of: number | undefined,
      suppressed: boolean,
    ): void => {
      if (!this.is(address) || inChain.has(address) || chain.length >= MOST_EXCEPTIONS) return;
      inChain.add(address);
      seen.add(address);
      const described = this.describe(address);
      if (described === undefined) return;
      const index =
        chain.push({
          ...described,
          relation,
          ...(of === undefined ? {} : { of }),
          ...(suppressed ? { suppressed } : {}),
        }) - 1;
      for (const member of this.members(address)) visit(member, 'group', index, false);
      const cause = this.pointer(address, 'exception.cause');
      const context = this.pointer(address, 'exception.context');
      visit(cause, 'cause', index, false);
      if (context !== cause) visit(context, 'context', index, this.suppresses(address));
    };
    visit(first, null, undefined, false);
    return chain;
  }

  private describe(
    address: number,
  ): Omit<ChainedException<PythonValue>, 'relation' | 'of' | 'suppressed'> | undefined {
    return attempt(() => {
      const type = this.frames.objects.process.types.of(address);
      return {
        type: type.name,
        module: type.module,
        ...this.message(address),
        ...this.attributes(address, type),
        notes: attempt(() => this.notes(address, type), []),
        frames: this.traceback(address),
      };
    }, undefined);
  }

  private pointer(address: number, field: string): number {
    const { memory, layout } = this.frames.objects.process;
    return attempt(() => memory.u64(address + layout.at(field)), 0);
  }

  private suppresses(address: number): boolean {
    const { memory, layout } = this.frames.objects.process;
    return attempt(() => memory.u8(address + layout.at('exception.suppress_context')) !== 0, false);
  }

  private members(address: number): number[] {
    const { types } = this.frames.objects.process;
    const group = attempt(() => isNative(types.of(address), 'BaseExceptionGroup'), false);
    return group ? this.frames.objects.tuple(this.pointer(address, 'exceptionGroup.excs')) : [];
  }

  /** `str(exception)`, and which `__str__` would have said more than that. */
  private message(address: number): { message: string; ownStr?: string } {
    const texts = this.frames.objects.texts();
    const message = attempt(() => texts.str(address), '');
    return { message, ...(texts.unknown === undefined ? {} : { ownStr: texts.unknown }) };
  }

  /** What is in its `__dict__` and slots, and what those in C keep in fields of their own (`errno`, `filename`, `code`). */
  private attributes(address: number, type: PythonType): { attributes?: Record<string, PythonValue> } {
    const { objects } = this.frames;
    const own = fieldsFirst(attributes(objects.process, address, type)).filter(
      ({ name }) => name !== '__notes__',
    );
    const inC = type.bases
      .filter((base) => base.native && !isGeneral(base))
      .flatMap((base) => members(objects.process, address, base))
      .filter(({ value }) => !objects.process.types.isNative(value, 'NoneType'));
    const shown = [...inC, ...own]
      .slice(0, MOST_ATTRIBUTES)
      .map(({ name, value }) => [name, objects.local(value)] as const);
    return shown.length === 0 ? {} : { attributes: Object.fromEntries(shown) };
  }

  /** The frames of its traceback, from the outermost call; without those that cannot be read. */
  tracebackFrames(address: number): Frame[] {
    return this.entries(address).flatMap(({ frame }) => attempt(() => [this.frames.ofObject(frame)], []));
  }

  private entries(address: number): TracebackEntry[] {
    const { memory, layout } = this.frames.objects.process;
    const entries: TracebackEntry[] = [];
    const seen = new Set<number>();
    let entry = this.pointer(address, 'exception.traceback');
    while (entry !== 0 && !seen.has(entry) && entries.length < MOST_ENTRIES) {
      seen.add(entry);
      const here = entry;
      const read = attempt(
        () => ({
          frame: memory.u64(here + layout.at('traceback.tb_frame')),
          lasti: memory.i32(here + layout.at('traceback.tb_lasti')),
          line: memory.i32(here + layout.at('traceback.tb_lineno')),
        }),
        undefined,
      );
      if (read === undefined) break;
      entries.push(read);
      entry = attempt(() => memory.u64(here + layout.at('traceback.tb_next')), 0);
    }
    return entries;
  }

  private traceback(address: number): ReportedFrame<PythonValue>[] {
    const entries = this.entries(address);
    const frames: ReportedFrame<PythonValue>[] = [];
    entries.forEach(({ frame: frameAddress, lasti, line }, index) => {
      const near = index < WITH_LOCALS.outermost || index >= entries.length - WITH_LOCALS.innermost;
      const frame = attempt(() => this.frames.ofObject(frameAddress), undefined);
      if (frame === undefined) {
        frames.push({ file: '?', line: Math.max(0, line), function: '?', locals: {} });
        return;
      }
      // tb_lineno is -1 until somebody asks for it (3.11 and later).
      frames.push(this.frames.reported(frame, line > 0 ? line : this.frames.line(frame.code, lasti), near));
    });
    return frames;
  }

  private notes(address: number, type: PythonType): string[] {
    const { objects } = this.frames;
    const { process } = objects;
    const dict = this.pointer(address, 'exception.dict');
    let list = attributes(process, address, type).find(({ name }) => name === '__notes__')?.value;
    if (list === undefined && dict !== 0) {
      list = attempt(
        () =>
          dictEntries(process, dict, 1000).find(({ key }) => objects.text(key, 32) === '__notes__')?.value,
        undefined,
      );
    }
    if (list === undefined) return [];
    const { memory, layout } = process;
    if ((process.types.of(list).flags & FLAG.list) === 0) return [];
    const items = memory.u64(list + layout.at('list.items'));
    const count = Math.min(memory.u64(list + layout.at('varObject.ob_size')), 100);
    const notes = [];
    for (let index = 0; index < count; index += 1) {
      const note = memory.u64(items + index * 8);
      notes.push(objects.text(note) ?? repr(objects.local(note)));
    }
    return notes;
  }
}
