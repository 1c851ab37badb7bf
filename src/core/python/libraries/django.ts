import { attributes } from '../attributes.ts';
import { dictEntries } from '../dicts.ts';
import { shortName, type Reader } from '../objects.ts';
import { attempt } from '../process.ts';
import { textRepr } from '../text.ts';
import type { Texts } from '../texts.ts';
import type { PythonType } from '../types.ts';
import { repr } from '../value.ts';
import { shownAs, type Library, type StrReader } from './library.ts';

/** As Django shows it; all that it holds is in the report's `request`, not once more in every frame. */
const readRequest: Reader = (objects, address, type) => {
  const there = new Map(attributes(objects.process, address, type).map(({ name, value }) => [name, value]));
  const method = objects.text(there.get('method'));
  const path = objects.text(there.get('path'));
  if (method === undefined || path === undefined) return { type: type.dotted, text: `<${shortName(type)}>` };
  const meta = there.get('META') ?? 0;
  const entry = attempt(() => dictEntries(objects.process, meta), []).find(
    ({ key }) => objects.text(key, 32) === 'QUERY_STRING',
  );
  const query = objects.text(entry?.value) ?? '';
  const full = query === '' ? path : `${path}?${query}`;
  // A str of its own, so that the redaction sees the query.
  return {
    type: type.dotted,
    open: `<${shortName(type)}: ${method} `,
    children: [{ value: { type: 'str', string: full, text: textRepr(full) } }],
    close: '>',
  };
};

const readMultiValueDict: Reader = (objects, address, type, depth) => ({
  type: '',
  open: `<${shortName(type)}: `,
  children: [{ value: objects.contents(address, depth) }],
  close: '>',
});

const readLazyObject: Reader = (objects, address, type, depth) => {
  const wrapped = objects.attribute(address, '_wrapped');
  const empty =
    wrapped === undefined || attempt(() => objects.process.types.of(wrapped).dotted, '') === 'object';
  const shown = empty ? objects.attribute(address, '_setupfunc') : wrapped;
  if (shown === undefined) return { type: '', text: `<${shortName(type)}>`, truncated: true };
  return {
    type: '',
    open: `<${shortName(type)}: `,
    children: [{ value: objects.value(shown, depth + 1) }],
    close: '>',
  };
};

/** django.core.exceptions.ValidationError: a dict of lists, or a list, of errors that have a message and parameters. */
const validationText: StrReader = (texts, address) => {
  const { objects } = texts;
  const dict = objects.attribute(address, 'error_dict');
  if (dict !== undefined) {
    const fields = dictEntries(objects.process, dict).map(
      ({ key, value }) => `${texts.repr(key)}: ${messages(texts, objects.list(value))}`,
    );
    return `{${fields.join(', ')}}`;
  }
  const list = objects.attribute(address, 'error_list');
  return list === undefined ? undefined : messages(texts, objects.list(list));
};

function messages(texts: Texts, errors: readonly number[]): string {
  return `[${errors.map((error) => textRepr(messageOf(texts, error))).join(', ')}]`;
}

function messageOf(texts: Texts, error: number): string {
  const { objects } = texts;
  const message = texts.attribute(error, 'message') ?? '';
  const params = objects.attribute(error, 'params');
  if (params === undefined || texts.isNone(params)) return message;
  const values = new Map(
    attempt(() => dictEntries(objects.process, params), []).map(({ key, value }) => [
      objects.text(key),
      value,
    ]),
  );
  return message.replaceAll(/%\((\w+)\)([sdr])|%%/g, (all, name: string | undefined, mode: string) => {
    if (name === undefined) return '%';
    const value = values.get(name);
    return value === undefined ? all : mode === 'r' ? texts.repr(value) : texts.str(value);
  });
}

/** The text as it was written; a translation of it is not looked for. */
const lazyText: StrReader = (texts, address) => {
  const { objects } = texts;
  // the name is mangled in older versions
  const args = objects.attribute(address, '_args') ?? objects.attribute(address, '_proxy____args') ?? 0;
  const [text] = objects.tuple(args);
  if (text === undefined) return undefined;
  texts.unknown ??= 'django.utils.functional.__proxy__.__str__';
  return texts.str(text);
};

const detailText: StrReader = (texts, address) => texts.attribute(address, 'detail');

const readErrorDetail: Reader = (objects, address, type) => {
  const text = objects.text(address) ?? '';
  const code = objects.attribute(address, 'code');
  const shown = code === undefined ? '?' : repr(objects.value(code, 1));
  return { type: type.dotted, string: text, text: `ErrorDetail(string=${textRepr(text)}, code=${shown})` };
};

const validationRepr = (texts: Texts, address: number, type: PythonType): string | undefined => {
  const text = validationText(texts, address, type);
  return text === undefined ? undefined : `ValidationError(${text})`;
};

/** Django and Django REST framework. */
export const DJANGO: Library = {
  reprs: {
    'django.http.request.HttpRequest': readRequest,
    'django.core.handlers.wsgi.WSGIRequest': readRequest,
    'django.utils.datastructures.MultiValueDict': readMultiValueDict,
    'django.utils.functional.SimpleLazyObject': readLazyObject,
    'django.core.exceptions.ValidationError': shownAs(validationRepr),
    'rest_framework.exceptions.ErrorDetail': readErrorDetail,
  },
  named: [readRequest, readMultiValueDict, readLazyObject],
  texts: {
    'django.core.exceptions.ValidationError': validationText,
    'django.utils.functional.lazy.<locals>.__proxy__': lazyText,
    'rest_framework.exceptions.APIException': detailText,
  },
};
