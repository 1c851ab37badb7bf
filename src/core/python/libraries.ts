import { CLIENTS } from './libraries/clients.ts';
import { DJANGO } from './libraries/django.ts';
import { EXCEPTIONGROUP } from './libraries/exceptiongroup.ts';
import type { Library, StrReader } from './libraries/library.ts';
import { NUMPY } from './libraries/numpy.ts';
import { PANDAS } from './libraries/pandas.ts';
import { PYDANTIC } from './libraries/pydantic.ts';
import { SQLALCHEMY } from './libraries/sqlalchemy.ts';
import { STANDARD } from './libraries/standard.ts';
import { STANDARD_ERRORS } from './libraries/standard-errors.ts';
import type { Reader } from './objects.ts';
import type { PythonType, Types } from './types.ts';

/** Adding what is known of a library's classes is one file. */
const LIBRARIES: readonly Library[] = [
  STANDARD,
  STANDARD_ERRORS,
  CLIENTS,
  DJANGO,
  EXCEPTIONGROUP,
  NUMPY,
  PANDAS,
  PYDANTIC,
  SQLALCHEMY,
];

const READERS: ReadonlyMap<string, Reader> = new Map(
  LIBRARIES.flatMap(({ reprs = {} }) => Object.entries(reprs)),
);
const TEXTS: ReadonlyMap<string, StrReader> = new Map(
  LIBRARIES.flatMap(({ texts = {} }) => Object.entries(texts)),
);

/** Readers that show the name of a subclass themselves. */
export const NAMED_LIBRARIES: readonly Reader[] = LIBRARIES.flatMap(({ named = [] }) => named);

/** What the `__repr__` of a library's class shows; undefined where it is none that we know. */
export function readerOfClass(types: Types, type: PythonType): Reader | undefined {
  const reader = READERS.get(type.dotted);
  return reader !== undefined && types.isGenuine(type) ? reader : undefined;
}

/** What the `__str__` of a library's class says; undefined where it is none that we know. */
export function textOfClass(types: Types, type: PythonType): StrReader | undefined {
  const reader = TEXTS.get(type.dotted);
  return reader !== undefined && types.isGenuine(type) ? reader : undefined;
}
