import type { Objects, Reader } from '../objects.ts';
import type { Texts } from '../texts.ts';
import type { PythonType } from '../types.ts';

/** `str` of an object; undefined where what it is made of is not there. */
export type StrReader = (texts: Texts, address: number, type: PythonType) => string | undefined;

/** What is known of a library: by the dotted names of its classes, which are compared with what its modules hold. */
export interface Library {
  /** What `__repr__` of these classes shows. */
  reprs?: Readonly<Record<string, Reader>>;
  /** The readers among them that show the name of a subclass themselves, as Python does. */
  named?: readonly Reader[];
  /** What `__str__` of these classes says. */
  texts?: Readonly<Record<string, StrReader>>;
}

/** `str` by a template whose `{names}` are attributes: `{name}` as `str` shows it, `{name!r}` as `repr`. */
export function template(text: string): StrReader {
  return (texts, address) => {
    let complete = true;
    const filled = text.replaceAll(
      /\{(\w+(?:\.\w+)*)(!r)?\}/g,
      (_, path: string, mode: string | undefined) => {
        const value = follow(texts, address, path);
        if (value === undefined) complete = false;
        return value === undefined ? '' : mode === undefined ? texts.str(value) : texts.repr(value);
      },
    );
    return complete ? filled : undefined;
  };
}

function follow({ objects }: Texts, address: number, path: string): number | undefined {
  let found: number | undefined = address;
  for (const name of path.split('.'))
    found =
      found === undefined ? undefined : (objects.attribute(found, name) ?? fieldOf(objects, found, name));
  return found;
}

/** A field of a named tuple. */
function fieldOf(objects: Objects, address: number, name: string): number | undefined {
  const { types } = objects.process;
  const fields = objects.tuple(types.attribute(types.of(address), '_fields') ?? 0);
  const at = fields.findIndex((each) => objects.text(each) === name);
  return at < 0 ? undefined : objects.tuple(address)[at];
}

/** What is made as a text is a `repr` too. */
export function shownAs(text: StrReader): Reader {
  return (objects, address, type) => {
    const shown = text(objects.texts(), address, type);
    if (shown !== undefined) return { type: '', text: shown };
    const unread = `<${type.dotted} at 0x${address.toString(16)}, whose __repr__ was not run>`;
    return { type: '', text: unread, ownRepr: `${type.dotted}.__repr__` };
  };
}

/** What stands between the quotes: `1.5` of `Decimal('1.5')`. */
export function quoted(text: string): string | undefined {
  return /\('([^']*)'\)/.exec(text)?.[1];
}
