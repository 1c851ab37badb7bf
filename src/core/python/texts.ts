import { dateText } from './dates.ts';
import { textOfClass } from './libraries.ts';
import { quoted } from './libraries/library.ts';
import type { Objects } from './objects.ts';
import { attempt } from './process.ts';
import { codePointAt, shownText } from './text.ts';
import { FLAG, type PythonType } from './types.ts';
import { repr, type PythonValue } from './value.ts';

/** `str` of a type in C. */
type NativeText = (texts: Texts, address: number) => string | undefined;

/** The first `__repr__` in a value that was not run. */
function ownRepr(value: PythonValue): string | undefined {
  let found = value.ownRepr;
  for (const child of value.children ?? []) {
    found ??= (child.key === undefined ? undefined : ownRepr(child.key)) ?? ownRepr(child.value);
  }
  return found;
}

/** `str()` of objects, for messages. What a `__str__` in Python that is not known would say is told by `unknown`. */
export class Texts {
  readonly objects: Objects;
  /** The first `__str__` or `__repr__` that was met and cannot be run: `shop.errors.Declined.__str__`. */
  unknown: string | undefined;
  private depth = 0;

  constructor(objects: Objects) {
    this.objects = objects;
  }

  /** `str(object)`; what a `__str__` that cannot be run was given is shown instead of what it says. */
  str(address: number): string {
    if (this.depth >= this.objects.limits.messageDepth) return '…';
    this.depth += 1;
    try {
      return this.found(address) ?? this.repr(address);
    } finally {
      this.depth -= 1;
    }
  }

  /** `repr(object)` */
  repr(address: number): string {
    const value = this.objects.exactly(address);
    this.unknown ??= ownRepr(value);
    return repr(value);
  }

  /** `str` of an attribute; undefined where there is none of that name. */
  attribute(address: number, name: string): string | undefined {
    const value = this.objects.attribute(address, name);
    return value === undefined ? undefined : this.str(value);
  }

  isNone(address: number): boolean {
    return this.objects.process.types.isNative(address, 'NoneType');
  }

  /** A pointer in the C structure of an object; 0 where it is not there. */
  pointer(address: number, field: string): number {
    const { memory, layout } = this.objects.process;
    return attempt(() => memory.u64(address + layout.at(field)), 0);
  }

  args(exception: number): number[] {
    return this.objects.tuple(this.pointer(exception, 'exception.args'));
  }

  private found(address: number): string | undefined {
    const { types } = this.objects.process;
    const type = attempt(() => types.of(address), undefined);
    if (type === undefined) return undefined;
    for (const each of types.order(type)) {
      const text = this.ofClass(each);
      if (text === 'none') continue;
      const shown = text === 'unknown' ? undefined : attempt(() => text(this, address, type), undefined);
      if (shown !== undefined) return shown;
      this.unknown ??= `${each.dotted}.__str__`;
      // the arguments of an exception and the characters of a str are something: a base's text of another value is not
      if ((type.flags & (FLAG.exception | FLAG.text)) === 0) return undefined;
    }
    return undefined;
  }

  private ofClass(each: PythonType): TextOf | 'none' | 'unknown' {
    const { types } = this.objects.process;
    const known = textOfClass(types, each) ?? (each.native ? NATIVE[each.dotted] : undefined);
    if (known !== undefined) return known;
    // without one of its own it says what its base or, in the end, `repr` does
    if (each.native) return types.definesSlot(each, 'str') ? 'unknown' : 'none';
    const own = types.own(each).get('__str__');
    return own === undefined ? 'none' : this.borrowed(each, own);
  }

  /** `__str__ = Exception.__str__`, and what Enum puts into each of its classes. */
  private borrowed(type: PythonType, own: number): TextOf | 'unknown' {
    const { memory, layout, types } = this.objects.process;
    if (types.isNative(own, 'wrapper_descriptor')) {
      const owner = attempt(() => types.at(memory.u64(own + layout.at('descriptor.d_type'))), undefined);
      if (owner === undefined) return 'unknown';
      const name = this.objects.text(this.pointer(own, 'descriptor.d_name'));
      if (name === '__repr__') return ofBase(owner.dotted);
      return NATIVE[owner.dotted] ?? ((texts, address) => texts.repr(address));
    }
    if (!types.isNative(own, 'function')) return 'unknown';
    const name = this.objects.text(this.pointer(own, 'function.func_qualname'))?.replace(/\.\w+$/, '');
    const module = this.objects.text(this.pointer(own, 'function.func_module'));
    for (const address of types.classesAt(module ?? '', name ?? '')) {
      const owner = attempt(() => types.at(address), undefined);
      if (owner === undefined || owner === type || ![...types.own(owner).values()].includes(own)) continue;
      return textOfClass(types, owner) ?? 'unknown';
    }
    return 'unknown';
  }
}

type TextOf = (texts: Texts, address: number, type: PythonType) => string | undefined;

/** Objects/exceptions.c, BaseException_str. */
const baseText: NativeText = (texts, address) => {
  const args = texts.args(address);
  const [only] = args;
  if (only === undefined) return '';
  if (args.length === 1) return texts.str(only);
  return texts.repr(texts.pointer(address, 'exception.args'));
};

const keyText: NativeText = (texts, address) => {
  const [only, ...more] = texts.args(address);
  return only !== undefined && more.length === 0 ? texts.repr(only) : baseText(texts, address);
};

const osText: NativeText = (texts, address) => {
  const [number, text, first, second] = ['myerrno', 'strerror', 'filename', 'filename2'].map((name) =>
    texts.pointer(address, `osError.${name}`),
  );
  if (!number || !text) return baseText(texts, address);
  const named = first && !texts.isNone(first) ? `: ${texts.repr(first)}` : '';
  const both = named !== '' && second && !texts.isNone(second) ? ` -> ${texts.repr(second)}` : '';
  return `[Errno ${texts.str(number)}] ${texts.str(text)}${named}${both}`;
};

/** Modules/_ssl.c: the text alone, where there is one. */
const sslText: NativeText = (texts, address) => {
  const text = texts.objects.text(texts.pointer(address, 'osError.strerror'));
  return text ?? texts.repr(texts.pointer(address, 'exception.args'));
};

const groupText: NativeText = (texts, address) => {
  const { memory, layout } = texts.objects.process;
  const members = texts.pointer(address, 'exceptionGroup.excs');
  const count = memory.u64(members + layout.at('varObject.ob_size'));
  const text = texts.str(texts.pointer(address, 'exceptionGroup.msg'));
  return `${text} (${count} sub-exception${count === 1 ? '' : 's'})`;
};

const syntaxText: NativeText = (texts, address) => {
  const message = texts.pointer(address, 'syntaxError.msg');
  const file = texts.objects.text(texts.pointer(address, 'syntaxError.filename'));
  const line = texts.objects.number(texts.pointer(address, 'syntaxError.lineno'));
  const base = message === 0 ? 'None' : texts.str(message);
  const places = [
    ...(file === undefined ? [] : [file.slice(file.lastIndexOf('/') + 1)]),
    ...(Number.isNaN(line) ? [] : [`line ${line}`]),
  ];
  return places.length === 0 ? base : `${base} (${places.join(', ')})`;
};

const importText: NativeText = (texts, address) => {
  const message = texts.objects.text(texts.pointer(address, 'importError.msg'));
  return message === undefined
    ? baseText(texts, address)
    : texts.str(texts.pointer(address, 'importError.msg'));
};

function codecText(what: 'decode' | 'encode' | 'translate'): NativeText {
  return (texts, address) => {
    const { objects } = texts;
    const { memory, layout } = objects.process;
    const object = texts.pointer(address, 'unicodeError.object');
    if (object === 0) return '';
    const encoding =
      what === 'translate' ? '' : `'${texts.str(texts.pointer(address, 'unicodeError.encoding'))}' codec `;
    const reason = texts.str(texts.pointer(address, 'unicodeError.reason'));
    const start = memory.i64(address + layout.at('unicodeError.start'));
    const end = memory.i64(address + layout.at('unicodeError.end'));
    const units = what === 'decode' ? 'bytes' : 'characters';
    const unit = end === start + 1 ? shownUnit(objects, object, start, what === 'decode') : undefined;
    return unit === undefined
      ? `${encoding}can't ${what} ${units} in position ${start}-${end - 1}: ${reason}`
      : `${encoding}can't ${what} ${unit} in position ${start}: ${reason}`;
  };
}

/** The byte or character that could not be converted; undefined where it is not there. */
function shownUnit(objects: Objects, object: number, at: number, isByte: boolean): string | undefined {
  const { memory, layout } = objects.process;
  return attempt(() => {
    if (isByte) {
      const byte = memory.u8(object + layout.at('bytes.value') + at);
      return `byte 0x${byte.toString(16).padStart(2, '0')}`;
    }
    const point = codePointAt(objects.process, object, at);
    const [letter, width] = point < 0x100 ? ['x', 2] : point < 0x10000 ? ['u', 4] : ['U', 8];
    return `character '\\${letter}${point.toString(16).padStart(Number(width), '0')}'`;
  }, undefined);
}

/** A weak proxy says what it refers to. */
const ofReferent: NativeText = (texts, address) =>
  texts.str(texts.pointer(address, 'weakReference.wr_object'));

const strText: NativeText = ({ objects }, address) => {
  return shownText(objects.process, address, objects.limits.characters);
};

/** What `repr` of a type in C says of an object of any subclass. */
function ofBase(name: string): NativeText {
  return ({ objects }, address) => {
    const value = objects.asBase(address, name);
    return value === undefined ? undefined : repr(value);
  };
}

/** The texts of what is written in C; everything else says what `repr` does. */
const NATIVE: Readonly<Record<string, NativeText>> = {
  BaseException: baseText,
  KeyError: keyText,
  OSError: osText,
  'ssl.SSLError': sslText,
  BaseExceptionGroup: groupText,
  SyntaxError: syntaxText,
  ImportError: importText,
  UnicodeDecodeError: codecText('decode'),
  UnicodeEncodeError: codecText('encode'),
  UnicodeTranslateError: codecText('translate'),
  str: strText,
  bytes: ofBase('bytes'),
  bytearray: ofBase('bytearray'),
  mappingproxy: (texts, address) => texts.str(texts.pointer(address, 'mappingProxy.mapping')),
  weakproxy: ofReferent,
  weakcallableproxy: ofReferent,
  'weakref.ProxyType': ofReferent,
  'weakref.CallableProxyType': ofReferent,
  'decimal.Decimal': (texts, address) => quoted(texts.repr(address)),
  'datetime.date': (texts, address) => dateText('date', texts.repr(address)),
  'datetime.datetime': (texts, address) => dateText('date', texts.repr(address)),
  'datetime.time': (texts, address) => dateText('time', texts.repr(address)),
  'datetime.timedelta': (texts, address) => dateText('duration', texts.repr(address)),
  'datetime.timezone': (texts, address) => dateText('zone', texts.repr(address)),
  'zoneinfo.ZoneInfo': (texts, address) => /key='([^'\\]*)'/.exec(texts.repr(address))?.[1],
};
