import { attributes, slotsOf } from '../attributes.ts';
import { dictEntries } from '../dicts.ts';
import type { Objects, Reader } from '../objects.ts';
import { attempt } from '../process.ts';
import { type PythonChild } from '../value.ts';
import type { PythonType } from '../types.ts';
import type { Texts } from '../texts.ts';
import type { Library, StrReader } from './library.ts';

/** As `repr` shows a model, with what other fields were allowed; behind it its private attributes. */
const readModel: Reader = (objects, address, type, depth) => {
  const hidden = hiddenFields(objects, type);
  const slots = slotsOf(objects.process, address, type);
  const fields = attributes(objects.process, address, type).filter(({ name }) => !hidden.has(name));
  const shown = [
    ...fields.filter(({ name }) => !slots.has(name)),
    ...named(objects, slots.get('__pydantic_extra__')),
  ];
  const secret = [
    ...named(objects, slots.get('__pydantic_private__')),
    ...fields.filter(({ name }) => slots.has(name) && !name.startsWith('__')),
  ];
  const model = { type: '', open: `${type.short}(`, ...objects.named(shown, depth), close: ')' };
  if (secret.length === 0) return model;
  const privates: PythonChild[] = objects.named(secret, depth).children ?? [];
  return {
    type: '',
    open: '<',
    children: [{ value: { ...model, type: type.dotted } }, ...privates],
    close: '>',
  };
};

function named(objects: Objects, dict: number | undefined): { name: string; value: number }[] {
  if (dict === undefined) return [];
  return attempt(() => dictEntries(objects.process, dict), []).map(({ key, value }) => ({
    name: objects.text(key) ?? '?',
    value,
  }));
}

/** Fields with `repr=False`. */
function hiddenFields(objects: Objects, type: PythonType): Set<string> {
  const { types } = objects.process;
  const fields =
    types.attribute(type, '__pydantic_fields__') ??
    types.attribute(type, 'model_fields') ??
    types.attribute(type, '__fields__');
  return new Set(
    named(objects, fields)
      .filter(({ value }) => {
        const info = objects.attribute(value, 'field_info') ?? value;
        return objects.number(objects.attribute(info, 'repr')) === 0;
      })
      .map(({ name }) => name),
  );
}

interface FieldError {
  location: string[];
  exception: number;
}

/** pydantic 1: every error with the place in the input; what pydantic-core keeps for itself in version 2 is not read. */
const validationText: StrReader = (texts, address) => {
  const { objects } = texts;
  const raw = objects.attribute(address, 'raw_errors');
  const model = objects.attribute(address, 'model');
  if (raw === undefined || model === undefined) return undefined;
  const errors = flatten(texts, objects.list(raw), [], 0);
  const name = attempt(() => objects.process.types.at(model).short, '?');
  const lines = errors.map((each) => `${each.location.join(' -> ')}\n  ${errorText(texts, each.exception)}`);
  return `${errors.length} validation error${errors.length === 1 ? '' : 's'} for ${name}\n${lines.join('\n')}`;
};

function flatten(
  texts: Texts,
  errors: readonly number[],
  front: readonly string[],
  depth: number,
): FieldError[] {
  // a list in itself ends
  if (depth > 100) return [];
  const { objects } = texts;
  return errors.flatMap((error) => {
    const exception = objects.attribute(error, 'exc');
    if (exception === undefined) return flatten(texts, objects.list(error), front, depth + 1);
    const place = objects.attribute(error, '_loc') ?? 0;
    const parts = objects.tuple(place);
    const location = [...front, ...(parts.length === 0 ? [place] : parts).map((each) => texts.str(each))];
    const inner = objects.attribute(exception, 'raw_errors');
    return inner === undefined
      ? [{ location, exception }]
      : flatten(texts, objects.list(inner), location, depth + 1);
  });
}

function errorText(texts: Texts, exception: number): string {
  const { objects } = texts;
  const { types } = objects.process;
  const type = types.of(exception);
  const given = attributes(objects.process, exception, type);
  const template = objects.text(types.attribute(type, 'msg_template'));
  const values = new Map(given.map(({ name, value }) => [name, value]));
  const message =
    template?.replaceAll(/\{(\w+)\}/g, (all, name: string) => {
      const value = values.get(name);
      return value === undefined ? all : texts.str(value);
    }) ?? texts.str(exception);
  const context = given.map(({ name, value }) => `; ${name}=${texts.str(value)}`).join('');
  return `${message} (type=${errorKind(texts, type)}${context})`;
}

/** pydantic.error_wrappers._get_exc_type */
function errorKind({ objects }: Texts, type: PythonType): string {
  const { types } = objects.process;
  if (types.is(type, 'AssertionError')) return 'assertion_error';
  const base = types.is(type, 'TypeError') ? 'type_error' : 'value_error';
  if (type.dotted === 'TypeError' || type.dotted === 'ValueError') return base;
  const code = objects.text(types.attribute(type, 'code'));
  return `${base}.${code ?? type.short.replaceAll('Error', '').toLowerCase()}`;
}

const readValidationError: Reader = (objects, address, type) => {
  const text = validationText(objects.texts(), address, type);
  return {
    type: '',
    text: text === undefined ? `<${type.dotted}>` : `<${type.dotted} ${text.split('\n', 1)[0] ?? ''}>`,
  };
};

export const PYDANTIC: Library = {
  reprs: {
    'pydantic.main.BaseModel': readModel,
    'pydantic.v1.main.BaseModel': readModel,
    'pydantic.error_wrappers.ValidationError': readValidationError,
    'pydantic.v1.error_wrappers.ValidationError': readValidationError,
  },
  named: [readModel, readValidationError],
  texts: {
    'pydantic.error_wrappers.ValidationError': validationText,
    'pydantic.v1.error_wrappers.ValidationError': validationText,
  },
};
