import { dictEntries } from '../dicts.ts';
import { FLAG, type PythonType } from '../types.ts';
import type { Texts } from '../texts.ts';
import type { Library, StrReader } from './library.ts';

const SHOWN_SETS = 10;

/** sqlalchemy.exc.SQLAlchemyError: what it was made with, and where its code is explained. */
const errorText: StrReader = (texts, address, type) => {
  const code = codeText(texts, address, type);
  return `${argumentsText(texts, address)}${code === '' ? '' : ` ${code}`}`;
};

/** sqlalchemy.exc.StatementError: the details, the error, the statement, its parameters, the code. */
const statementText: StrReader = (texts, address, type) => {
  const { objects } = texts;
  const details = objects
    .list(objects.attribute(address, 'detail') ?? 0)
    .map((each) => `(${texts.str(each)})`);
  const lines = [...details, argumentsText(texts, address)];
  const statement = objects.attribute(address, 'statement');
  if (statement !== undefined && !texts.isNone(statement)) {
    lines.push(`[SQL: ${texts.str(statement)}]`);
    const parameters = objects.attribute(address, 'params');
    const hidden = objects.number(objects.attribute(address, 'hide_parameters')) === 1;
    if (parameters !== undefined && !isEmpty(texts, parameters))
      lines.push(
        hidden
          ? '[SQL parameters hidden due to hide_parameters=True]'
          : `[parameters: ${parametersText(texts, address, parameters)}]`,
      );
  }
  const code = codeText(texts, address, type);
  return [...lines, ...(code === '' ? [] : [code])].join('\n');
};

function argumentsText(texts: Texts, address: number): string {
  const args = texts.args(address);
  const [only] = args;
  return args.length === 1 && only !== undefined
    ? texts.str(only)
    : texts.repr(texts.pointer(address, 'exception.args'));
}

function codeText(texts: Texts, address: number, type: PythonType): string {
  const { objects } = texts;
  const { types } = objects.process;
  const code = objects.text(objects.attribute(address, 'code') ?? types.attribute(type, 'code'));
  const [version] = types.inModule('sqlalchemy.exc', '_version_token');
  if (code === undefined || version === undefined) return '';
  const token = texts.str(version);
  const scheme = token === '13' ? 'http' : 'https';
  return `(Background on this error at: ${scheme}://sqlalche.me/e/${token}/${code})`;
}

function isEmpty(texts: Texts, address: number): boolean {
  const { types } = texts.objects.process;
  if (texts.isNone(address)) return true;
  const { flags } = types.of(address);
  if ((flags & FLAG.dict) !== 0) return dictEntries(texts.objects.process, address, 1).length === 0;
  return texts.objects.tuple(address).length === 0 && texts.objects.list(address).length === 0;
}

/** sqlalchemy.sql._repr_params: of many sets the first eight and the last two. */
function parametersText(texts: Texts, exception: number, address: number): string {
  const { objects } = texts;
  const { memory, layout, types } = objects.process;
  const isList = (types.of(address).flags & FLAG.list) !== 0;
  const many = isList || objects.number(objects.attribute(exception, 'ismulti')) === 1;
  const count = memory.u64(address + layout.at('varObject.ob_size'));
  if (!many || count <= SHOWN_SETS) return texts.repr(address);
  const items = isList ? memory.u64(address + layout.at('list.items')) : address + layout.at('tuple.items');
  const shown = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, at) => texts.repr(memory.u64(items + (from + at) * 8))).join(', ');
  const left = ` ... displaying ${SHOWN_SETS} of ${count} total bound parameter sets ... `;
  const [open, close] = isList ? ['[', ']'] : ['(', ')'];
  return `${open}${shown(0, SHOWN_SETS - 2)} ${left} ${shown(count - 2, count)}${close}`;
}

export const SQLALCHEMY: Library = {
  texts: {
    'sqlalchemy.exc.SQLAlchemyError': errorText,
    'sqlalchemy.exc.StatementError': statementText,
  },
};
