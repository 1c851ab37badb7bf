import { attributes } from '../attributes.ts';
import type { Objects, Reader } from '../objects.ts';
import type { Texts } from '../texts.ts';
import type { PythonType } from '../types.ts';
import type { PythonChild } from '../value.ts';
import { shownAs, template, type Library, type StrReader } from './library.ts';
import { incompleteReadText } from './standard-errors.ts';

/** The front that `repr` has, and behind it what says more of a request or response than that. */
function withDetails(front: (objects: Objects, address: number) => string, names: readonly string[]): Reader {
  return (objects, address, type, depth) => {
    const there = new Map(attributes(objects.process, address, type).map(({ name, value }) => [name, value]));
    const children: PythonChild[] = [];
    for (const name of names) {
      const value = there.get(name);
      if (value === undefined || saysNothing(objects, value)) continue;
      children.push({ name: name.replace(/^_/, ''), value: objects.value(value, depth + 1) });
    }
    const shown = front(objects, address);
    const [, status] = / (\[.*\])$/.exec(shown) ?? [];
    return children.length === 0
      ? { type: '', text: `<${shown}>` }
      : {
          type: '',
          open: `<${type.dotted} ${status === undefined ? '' : `${status} `}`,
          children,
          close: '>',
        };
  };
}

/** None, and the False of a body that was not read. */
function saysNothing({ process: { types } }: Objects, value: number): boolean {
  return types.isNative(value, 'NoneType') || types.isNative(value, 'bool');
}

const shownNumber = (objects: Objects, address: number, name: string): string => {
  const number = objects.number(objects.attribute(address, name));
  return Number.isNaN(number) ? 'None' : String(number);
};

/** grpc: what `_rpc_state_string` makes of the state of a call. */
function rpcText(path: string, names: readonly [string, string, string]): StrReader {
  return (texts, address, type) => {
    const state = path === '' ? address : texts.objects.attribute(address, path);
    const [code, details, debug] = names.map((name) =>
      state === undefined ? undefined : texts.attribute(state, name),
    );
    if (code === undefined || details === undefined) return undefined;
    return `<${type.short} of RPC that terminated with:\n\tstatus = ${code}\n\tdetails = "${details}"\n\tdebug_error_string = "${debug ?? ''}"\n>`;
  };
}

const callText = rpcText('_state', ['code', 'details', 'debug_error_string']);
const aioText = rpcText('', ['_code', '_details', '_debug_error_string']);

const connectorText: StrReader = (texts, address) => {
  const { objects } = texts;
  const key = objects.attribute(address, '_conn_key');
  // ConnectionKey is a named tuple: host, port, is_ssl, ssl, …
  const [host, port, , ssl] = objects.tuple(key ?? 0);
  const reason = texts.pointer(address, 'osError.strerror');
  if (host === undefined || port === undefined || ssl === undefined || reason === 0) return undefined;
  const shown = texts.repr(ssl) === 'True' ? 'default' : texts.str(ssl);
  return `Cannot connect to host ${texts.str(host)}:${texts.str(port)} ssl:${shown} [${texts.str(reason)}]`;
};

/** yarl.URL as it was written, where it keeps that; else put together. */
const urlText: StrReader = (texts, address) => {
  const { objects } = texts;
  // up to yarl 1.17 a SplitResult
  const split = objects.attribute(address, '_val');
  const parts =
    split === undefined
      ? ['_scheme', '_netloc', '_path', '_query', '_fragment'].map((name) => objects.attribute(address, name))
      : objects.tuple(split);
  const [scheme, host, path, query, fragment] = parts.map((each) => objects.text(each));
  if (scheme === undefined || host === undefined) return undefined;
  const front = `${scheme === '' ? '' : `${scheme}:`}${host === '' ? '' : `//${host}`}${path ?? ''}`;
  return `${front}${query ? `?${query}` : ''}${fragment ? `#${fragment}` : ''}`;
};

/** jsonschema: what did not fit, where; the values are on one line here, and on several there. */
const schemaText: StrReader = (texts, address, type) => {
  const { objects } = texts;
  const message = texts.attribute(address, 'message');
  const [validator, schema, instance] = ['validator', 'schema', 'instance'].map((name) =>
    objects.attribute(address, name),
  );
  if (message === undefined) return undefined;
  if (validator === undefined || schema === undefined || instance === undefined) return message;
  if ([validator, schema, instance].some((each) => objects.process.types.of(each).short === 'Unset'))
    return message;
  const word = (name: string, otherwise: string): string =>
    objects.text(objects.process.types.attribute(type, name)) ?? otherwise;
  const index = (name: string, cut: number): string =>
    placesIn(texts, objects.attribute(address, name), cut)
      .map((each) => `[${each}]`)
      .join('');
  const inSchema = `${word('_word_for_schema_in_error_message', 'schema')}${index('relative_schema_path', 1)}`;
  const inInstance = `${word('_word_for_instance_in_error_message', 'instance')}${index('relative_path', 0)}`;
  return [
    message,
    '',
    `Failed validating ${texts.repr(validator)} in ${inSchema}:`,
    `    ${texts.repr(schema)}`,
    '',
    `On ${inInstance}:`,
    `    ${texts.repr(instance)}`,
  ].join('\n');
};

/** The items of a deque, but for the last `cut` of them. */
function placesIn(texts: Texts, deque: number | undefined, cut: number): string[] {
  if (deque === undefined) return [];
  const items = texts.objects.local(deque).children ?? [];
  return items.slice(0, items.length - cut).map(({ value }) => value.text ?? '?');
}

const statusText: StrReader = (texts, address, type) =>
  template('{status_code}: {detail}')(texts, address, type);

function readIncomplete(objects: Objects, address: number, type: PythonType) {
  return shownAs(incompleteReadText)(objects, address, type, 0);
}

/** Clients and frameworks whose errors have a text of their own. */
export const CLIENTS: Library = {
  reprs: {
    'requests.models.Response': withDetails(
      (objects, address) => `Response [${shownNumber(objects, address, 'status_code')}]`,
      ['url', 'reason', '_content'],
    ),
    'requests.models.PreparedRequest': withDetails(
      (objects, address) =>
        `PreparedRequest [${objects.text(objects.attribute(address, 'method')) ?? 'None'}]`,
      ['url', 'body'],
    ),
    'httpx.Response': withDetails(
      (objects, address) => `Response [${shownNumber(objects, address, 'status_code')}]`,
      ['_request', '_content'],
    ),
    'httpx.Request': withDetails(
      (objects, address) => `Request ${objects.text(objects.attribute(address, 'method')) ?? ''}`.trimEnd(),
      ['url', '_content'],
    ),
    'urllib3.exceptions.IncompleteRead': readIncomplete,
    'grpc._channel._InactiveRpcError': shownAs(callText),
    'grpc._channel._MultiThreadedRendezvous': shownAs(callText),
    'grpc.aio._call.AioRpcError': shownAs(aioText),
    'yarl.URL': shownAs((texts, address, type) => {
      const text = urlText(texts, address, type);
      return text === undefined ? undefined : `URL('${text}')`;
    }),
  },
  texts: {
    'grpc._channel._InactiveRpcError': callText,
    'grpc._channel._MultiThreadedRendezvous': callText,
    'grpc.aio._call.AioRpcError': aioText,
    'yarl.URL': urlText,
    'aiohttp.client_exceptions.ClientResponseError': template(
      "{status}, message={message!r}, url='{request_info.real_url}'",
    ),
    'aiohttp.client_exceptions.ClientConnectorError': connectorText,
    'jsonschema.exceptions._Error': schemaText,
    'starlette.exceptions.HTTPException': statusText,
    'click.exceptions.ClickException': template('{message}'),
  },
};
