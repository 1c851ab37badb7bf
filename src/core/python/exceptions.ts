import type { ChainedException, ReportedFrame } from '../../report/model.ts';
import { attributes } from './attributes.ts';
import { dictEntries } from './dicts.ts';
import type { Frame, Frames } from './frames.ts';
import { attempt } from './process.ts';
import { FLAG, type PythonType } from './types.ts';
import { repr, type PythonValue } from './value.ts';

const MOST_EXCEPTIONS = 50;
const MOST_ENTRIES = 5000;
// Of a deep recursion the report shows the values of the outermost and the innermost calls.
const WITH_LOCALS = { outermost: 60, innermost: 140 };

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
        message: attempt(() => this.message(address, type), ''),
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

  private isGroup(type: PythonType): boolean {
    return type.bases.some((base) => base.dotted === 'BaseExceptionGroup');
  }

  private members(address: number): number[] {
    const { types } = this.frames.objects.process;
    if (!attempt(() => this.isGroup(types.of(address)), false)) return [];
    return attempt(() => this.tuple(this.pointer(address, 'exceptionGroup.excs')), []);
  }

  private tuple(address: number): number[] {
    const { memory, layout } = this.frames.objects.process;
    const count = Math.min(memory.u64(address + layout.at('varObject.ob_size')), 1000);
    const items = [];
    for (let index = 0; index < count; index += 1)
      items.push(memory.u64(address + layout.at('tuple.items') + index * 8));
    return items;
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
      notes.push(objects.text(note) ?? this.shown(note));
    }
    return notes;
  }

  /** `repr` of a value, short. */
  private shown(address: number): string {
    return repr(this.frames.objects.local(address));
  }

  /** `str` of a value. */
  private text(address: number): string {
    return this.frames.objects.text(address) ?? this.shown(address);
  }

  /** `str(exception)`: Objects/exceptions.c. What a `__str__` in Python would say cannot be known; its args can. */
  private message(address: number, type: PythonType): string {
    const bases = new Set(type.bases.map((base) => base.dotted));
    const args = this.tuple(this.pointer(address, 'exception.args'));
    if (bases.has('OSError')) {
      const [number, text, first, second] = ['myerrno', 'strerror', 'filename', 'filename2'].map((name) =>
        this.pointer(address, `osError.${name}`),
      );
      if (number && text) {
        const named = first && !this.isNone(first) ? `: ${this.shown(first)}` : '';
        const both = named !== '' && second && !this.isNone(second) ? ` -> ${this.shown(second)}` : '';
        return `[Errno ${this.text(number)}] ${this.text(text)}${named}${both}`;
      }
    }
    if (bases.has('BaseExceptionGroup')) {
      const count = this.members(address).length;
      const text = this.text(this.pointer(address, 'exceptionGroup.msg'));
      return `${text} (${count} sub-exception${count === 1 ? '' : 's'})`;
    }
    if (bases.has('SyntaxError')) {
      const message = this.pointer(address, 'syntaxError.msg');
      const file = this.frames.objects.text(this.pointer(address, 'syntaxError.filename'));
      const line = this.frames.objects.number(this.pointer(address, 'syntaxError.lineno'));
      const base = message === 0 ? 'None' : this.text(message);
      const name = file?.slice(file.lastIndexOf('/') + 1);
      if (name !== undefined && !Number.isNaN(line)) return `${base} (${name}, line ${line})`;
      return name === undefined
        ? Number.isNaN(line)
          ? base
          : `${base} (line ${line})`
        : `${base} (${name})`;
    }
    if (bases.has('UnicodeDecodeError') || bases.has('UnicodeEncodeError'))
      return this.codecMessage(address, bases);
    if (bases.has('ImportError')) {
      const message = this.pointer(address, 'importError.msg');
      if (message !== 0 && this.frames.objects.text(message) !== undefined) return this.text(message);
    }
    const [only] = args;
    if (only === undefined) return '';
    if (args.length === 1) return bases.has('KeyError') ? this.shown(only) : this.text(only);
    return `(${args.map((each) => this.shown(each)).join(', ')})`;
  }

  private codecMessage(address: number, bases: ReadonlySet<string>): string {
    const { memory, layout } = this.frames.objects.process;
    const encoding = this.text(this.pointer(address, 'unicodeError.encoding'));
    const reason = this.text(this.pointer(address, 'unicodeError.reason'));
    const start = memory.i64(address + layout.at('unicodeError.start'));
    const end = memory.i64(address + layout.at('unicodeError.end'));
    const object = this.frames.objects.local(this.pointer(address, 'unicodeError.object')).string ?? '';
    const decode = bases.has('UnicodeDecodeError');
    if (end !== start + 1) {
      const what = decode ? 'decode bytes' : 'encode characters';
      return `'${encoding}' codec can't ${what} in position ${start}-${end - 1}: ${reason}`;
    }
    if (decode) {
      const byte = object.charCodeAt(start).toString(16).padStart(2, '0');
      return `'${encoding}' codec can't decode byte 0x${byte} in position ${start}: ${reason}`;
    }
    const point = [...object][start]?.codePointAt(0) ?? 0;
    const width = point < 0x100 ? 2 : point < 0x10000 ? 4 : 8;
    const letter = { 2: 'x', 4: 'u', 8: 'U' }[width];
    const shown = `\\${letter}${point.toString(16).padStart(width, '0')}`;
    return `'${encoding}' codec can't encode character '${shown}' in position ${start}: ${reason}`;
  }

  private isNone(address: number): boolean {
    const { types } = this.frames.objects.process;
    return attempt(() => types.of(address).dotted === 'NoneType', false);
  }
}
