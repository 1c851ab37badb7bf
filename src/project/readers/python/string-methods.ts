import type { Arguments } from './calls.ts';
import type { Run } from './run.ts';
import type { Value } from './values.ts';
import { string, textOf, truthValue, unknown } from './values.ts';

/** `'content'.name(…)`: methods of texts that settings use. */
export function stringMethod(run: Run, content: string, name: string, call: Arguments): Value {
  const args = call.positional.map((value) => (value.kind === 'string' ? value.value : undefined));
  const [first, second] = args;
  const list = (parts: readonly string[]) =>
    run.newList(
      'list',
      parts.map((part) => run.item(string(part), run.place(call.node))),
    );
  switch (name) {
    case 'lower':
    case 'casefold':
      return string(content.toLowerCase());
    case 'upper':
      return string(content.toUpperCase());
    case 'strip':
      return first === undefined ? string(content.trim()) : unknown('it is stripped');
    case 'lstrip':
      return first === undefined ? string(content.trimStart()) : unknown('it is stripped');
    case 'rstrip':
      return first === undefined ? string(content.trimEnd()) : unknown('it is stripped');
    case 'title':
    case 'capitalize':
      return unknown('it is text');
    case 'startswith':
      return first === undefined
        ? unknown('its condition is not known')
        : truthValue(content.startsWith(first));
    case 'endswith':
      return first === undefined
        ? unknown('its condition is not known')
        : truthValue(content.endsWith(first));
    case 'isdigit':
      return truthValue(/^\d+$/.test(content));
    case 'replace':
      return first === undefined || second === undefined || call.positional.length > 2 || first === ''
        ? unknown('it is text')
        : string(content.replaceAll(first, second));
    case 'split':
      if (call.positional.length > 1 || call.named.size > 0) return unknown('it is split');
      if (first === undefined) return list(content.split(/\s+/).filter((part) => part !== ''));
      return first === '' ? unknown('it is split') : list(content.split(first));
    case 'splitlines':
      return list(
        content
          .replace(/(\r\n|\n|\r)$/, '')
          .split(/\r\n|\n|\r/)
          .slice(content === '' ? 1 : 0),
      );
    case 'join': {
      const [value] = call.positional;
      const joined = value === undefined || value.kind === 'environment' ? undefined : run.list(value);
      const open =
        joined?.type === 'set' || joined?.doubts.some(({ code }) => code !== 'index-shift') === true;
      const items = open ? undefined : joined?.items.filter((item) => item.display === undefined);
      const parts = items?.map((item) =>
        item.value.kind === 'string' && item.guards.length === 0 ? item.value.value : undefined,
      );
      return parts === undefined || parts.includes(undefined)
        ? unknown('it is joined')
        : string(parts.join(content));
    }
    case 'format': {
      let index = 0;
      let complete = !/\{\{|\}\}|\{\w*[^\w}]/.test(content);
      const result = content.replace(/\{(\w*)\}/g, (_whole, key: string) => {
        const value =
          key === ''
            ? call.positional[index++]
            : /^\d+$/.test(key)
              ? call.positional[Number(key)]
              : call.named.get(key);
        const text = textOf(value);
        if (text !== undefined) return text;
        complete = false;
        return '';
      });
      return complete ? string(result) : unknown('it is a formatted string');
    }
    default:
      run.fails(call.node.text);
      return unknown(`it is what .${name}() returns`);
  }
}
