import { getAttribute, setAttribute } from './attributes.ts';
import { inBranches } from './branches.ts';
import { distinct, evaluateCall } from './calls.ts';
import { comparison } from './comparisons.ts';
import { isEnvironment, readVariable, writeVariable } from './environment.ts';
import { functionValue } from './functions.ts';
import { guardsOf, reason, type Run } from './run.ts';
import { guarded, union } from './state.ts';
import {
  edgesOf,
  isConditional,
  itemAt,
  replaceElement,
  shiftsWith,
  sliceItems,
  withoutElement,
  withoutSlice,
} from './positions.ts';
import type { Syntax } from './syntax.ts';
import type { Doubt, Guard, Item, ListState, MappingEntry, MappingState, Place, Value } from './values.ts';
import { byDefault, FALSE, NONE, string, textOf, TRUE, truthValue, unknown } from './values.ts';

/** The value of an expression, as far as it can be known; whatever it calls is not run. */
export function evaluate(run: Run, node: Syntax): Value {
  run.step();
  switch (node.type) {
    case 'none':
      return NONE;
    case 'true':
      return TRUE;
    case 'false':
      return FALSE;
    case 'integer':
    case 'float':
      return number(node.text);
    case 'string':
      return stringOf(run, node);
    case 'concatenated_string':
      return joined(
        run,
        node.named.map((part) => evaluate(run, part)),
      );
    case 'identifier':
      return lookUp(run, node.text);
    case 'parenthesized_expression':
    case 'await':
      return node.named[0] === undefined ? NONE : evaluate(run, node.named[0]);
    case 'list':
      return display(run, node, 'list');
    case 'tuple':
    case 'expression_list':
    case 'pattern_list':
      return display(run, node, 'tuple');
    case 'set':
      return display(run, node, 'set');
    case 'dictionary':
      return dictionary(run, node);
    case 'attribute': {
      const object = node.field('object');
      if (object === undefined) return unknown('it is not valid Python');
      const found = getAttribute(run, evaluate(run, object), node.field('attribute')?.text ?? '');
      if (found.kind === 'unknown') run.fails(node.text, 'AttributeError');
      return found;
    }
    case 'subscript':
      return subscript(run, node);
    case 'call':
      return evaluateCall(run, node);
    case 'binary_operator':
      return binaryOperator(run, node);
    case 'boolean_operator':
      return booleanOperator(run, node);
    case 'not_operator': {
      const argument = node.field('argument');
      const value = argument === undefined ? 'unknown' : test(run, argument).holds;
      return value === 'unknown' ? unknown('its condition is not known') : truthValue(!value);
    }
    case 'unary_operator': {
      const operand = node.field('argument');
      const value = operand === undefined ? NONE : evaluate(run, operand);
      if (value.kind !== 'number') return unknown(reason(value));
      switch (node.children[0]?.type) {
        case '-':
          return { kind: 'number', value: -value.value };
        case '~':
          return Number.isInteger(value.value)
            ? { kind: 'number', value: -value.value - 1 }
            : unknown('it is computed');
        default:
          return value;
      }
    }
    case 'comparison_operator':
      return comparison(run, node);
    case 'conditional_expression':
      return conditional(run, node);
    case 'named_expression': {
      const name = node.field('name');
      const value = node.field('value');
      if (name === undefined || value === undefined) return unknown('it is not valid Python');
      const result = evaluate(run, value);
      run.assign(name.text, result, run.place(value));
      return result;
    }
    case 'list_comprehension':
    case 'generator_expression':
      return comprehension(run, node, 'list');
    case 'set_comprehension':
      return comprehension(run, node, 'set');
    case 'lambda':
      return functionValue(run, node);
    case 'dictionary_comprehension':
      return unknown('it is a dictionary comprehension');
    default:
      return unknown(`it is a ${node.type.replaceAll('_', ' ')}`);
  }
}

/** Is the test decided by the program text alone (`certain`), and what is it by default? */
export function test(run: Run, node: Syntax): { holds: boolean | 'unknown'; certain: boolean } {
  const before = run.soft;
  run.soft = false;
  const value = evaluate(run, node);
  const holds = run.truth(value);
  const certain = holds !== 'unknown' && !run.soft && value.kind !== 'environment' && value.kind !== 'choice';
  run.soft = before || !certain;
  return { holds, certain };
}

function number(text: string): Value {
  const value = Number(text.replaceAll('_', '').replace(/[lL]$/, ''));
  if (Number.isNaN(value)) return unknown('it is a number of another kind');
  return isFloat(text) ? { kind: 'number', value, float: true } : { kind: 'number', value };
}

function isFloat(text: string): boolean {
  return !/^0[xob]/i.test(text) && /[.e]/i.test(text);
}

const BUILTINS = new Set(
  (
    'list tuple set frozenset dict str bool int float len sorted reversed filter map any all isinstance issubclass hasattr ' +
    'getattr setattr delattr globals locals vars print open exec eval execfile compile super type object enumerate zip range min max sum ' +
    'property staticmethod classmethod __import__ callable repr abs round id iter next bytes'
  ).split(' '),
);

function lookUp(run: Run, name: string): Value {
  const { frame } = run;
  const scopes = frame.globalNames.has(name)
    ? [frame.globals]
    : [frame.scope, ...frame.enclosing, frame.globals];
  for (const scope of scopes) {
    const value = run.read(scope, name);
    if (value === undefined) continue;
    if (run.binding(scope, name)?.sometimes !== undefined) run.fails(name, 'NameError');
    const own = scope === frame.scope && scope !== frame.globals;
    if (!own && ['none', 'bool', 'number', 'string', 'choice', 'environment'].includes(value.kind)) {
      run.soft = true;
    }
    return value;
  }
  switch (name) {
    case '__name__':
      return string(run.frame.module);
    case '__package__': {
      const { module } = run.frame;
      return string(run.modules.find(module)?.isPackage === true ? module : module.replace(/\.?[^.]*$/, ''));
    }
    case 'BASE_DIR':
    case '__file__':
      return { kind: 'external', path: '__file__' };
    case '__debug__':
      return TRUE;
  }
  if (BUILTINS.has(name)) return { kind: 'external', path: name };
  const doubt = run.doubtsOf(frame.globals, name)[0];
  run.fails(name, 'NameError');
  return unknown(doubt === undefined ? `${name} is not set in this module` : doubt.message);
}

function stringOf(run: Run, node: Syntax): Value {
  const opening = node.children[0]?.text ?? '';
  const prefix = opening.replace(/['"].*$/s, '').toLowerCase();
  if (prefix.includes('b')) return unknown('it is bytes');
  const parts: Value[] = [];
  for (const child of node.children) {
    if (child.type === 'string_content') {
      const text = prefix.includes('f') ? child.text.replaceAll('{{', '{').replaceAll('}}', '}') : child.text;
      if (text.includes('\\N{') && !prefix.includes('r')) return unknown('it has a character by its name');
      parts.push(string(prefix.includes('r') ? text : unescape(text)));
    } else if (child.type === 'interpolation') {
      const expression = child.field('expression') ?? child.named[0];
      const value = expression === undefined ? unknown('it is not valid Python') : evaluate(run, expression);
      const plain =
        child.field('format_specifier') === undefined &&
        child.field('type_conversion') === undefined &&
        !/=\s*\}$/.test(child.text);
      parts.push(
        value.kind === 'number' && plain
          ? written(value)
          : plain
            ? value
            : unknown('it is a formatted string'),
      );
    }
  }
  return joined(run, parts);
}

/** A number as text. */
function written(value: Value): Value {
  const text = textOf(value);
  return text === undefined ? unknown('it is a number as text') : string(text);
}

function joined(run: Run, parts: readonly Value[]): Value {
  let text = '';
  let environment: string | undefined;
  for (const part of parts) {
    const value = part.kind === 'environment' ? part.fallback : part;
    if (part.kind === 'environment') environment ??= part.name;
    if (value?.kind !== 'string') {
      return environment === undefined
        ? unknown(value === undefined ? 'it is not set' : reason(value))
        : { kind: 'environment', name: environment };
    }
    text += value.value;
  }
  if (environment === undefined) return string(text);
  run.soft = true;
  return { kind: 'environment', name: environment, fallback: string(text) };
}

const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  "'": "'",
  '"': '"',
  '\\': '\\',
  '\n': '',
  '\r\n': '',
};

function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(\r\n|[\s\S]))/g,
    (whole: string, x?: string, u?: string, long?: string, octal?: string, other?: string) => {
      const hex = x ?? u ?? long;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        return code > 0x10ffff ? whole : String.fromCodePoint(code);
      }
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      return ESCAPES[other ?? ''] ?? whole;
    },
  );
}

function display(run: Run, node: Syntax, type: ListState['type']): Value {
  const elements = node.named;
  const [first] = elements;
  const items: Item[] = [];
  const doubts = [];
  if (type !== 'set' && node.type !== 'pattern_list') {
    items.push({
      ...run.item(NONE, run.place(node)),
      display: {
        place: run.place(node),
        ...(first === undefined ? {} : { first: run.place(first) }),
      },
    });
  }
  for (const element of elements) {
    if (element.type === 'list_splat' || element.type === 'parenthesized_list_splat') {
      const inner = element.named[0];
      if (inner === undefined) continue;
      const spread = run.elements(evaluate(run, inner), run.place(element));
      items.push(...spread.items);
      doubts.push(...spread.doubts);
      continue;
    }
    items.push(...splitChoice(run, evaluate(run, element), element));
  }
  return run.newList(type, type === 'set' ? distinct(items) : items, doubts);
}

/** An element that is one of several values becomes several guarded elements. */
function splitChoice(run: Run, value: Value, node: Syntax): Item[] {
  if (value.kind !== 'choice') return [run.item(value, run.place(node))];
  return value.options.map((option) => run.item(option.value, run.place(node), option.guards));
}

function dictionary(run: Run, node: Syntax): Value {
  const entries = new Map<string, MappingEntry>();
  const doubts = [];
  for (const pair of node.named) {
    if (pair.type === 'pair') {
      const key = pair.field('key');
      const value = pair.field('value');
      if (key === undefined || value === undefined) continue;
      const keyValue = evaluate(run, key);
      entries.set(keyOf(keyValue, run), {
        key: keyValue,
        value: evaluate(run, value),
        place: run.place(pair),
      });
    } else if (pair.type === 'dictionary_splat' && pair.named[0] !== undefined) {
      const value = evaluate(run, pair.named[0]);
      const other = run.mapping(value);
      for (const [key, entry] of other?.entries ?? []) entries.set(key, entry);
      doubts.push(
        ...(other?.doubts ?? [
          { code: 'unknown-entries', message: reason(value), place: run.place(pair) } as const,
        ]),
      );
    }
  }
  return run.newMapping(entries, doubts);
}

/** What a dictionary finds an entry by. */
export function keyOf(value: Value, run: Run): string {
  switch (value.kind) {
    case 'string':
      return `s:${value.value}`;
    case 'number':
      return `n:${value.value}`;
    case 'bool':
      return `n:${value.value ? 1 : 0}`;
    case 'none':
      return 'none';
    default:
      return `?:${run.fresh()}`;
  }
}

function subscript(run: Run, node: Syntax): Value {
  const object = node.field('value');
  const index = node.field('subscript');
  if (object === undefined || index === undefined) return unknown('it is not valid Python');
  const value = evaluate(run, object);
  if (isEnvironment(value)) {
    const name = evaluate(run, index);
    const found = readVariable(run, name.kind === 'string' ? name.value : index.text);
    if (['environment', 'choice', 'unknown'].includes(found.kind)) run.fails(node.text, 'KeyError');
    return found;
  }
  if (index.type === 'slice') return slice(run, value, index);
  const isThisModule = value.kind === 'external' && value.path === 'sys.modules' && index.text === '__name__';
  if (isThisModule) {
    run.namesTaken.set(run.frame.globals, run.place(node));
    return { kind: 'module', name: run.frame.module };
  }
  const at = evaluate(run, index);
  if (
    value.kind === 'external' &&
    value.path === 'sys.modules' &&
    at.kind === 'string' &&
    run.loaded.has(at.value)
  )
    return { kind: 'module', name: at.value };
  if (value.kind === 'namespace' && at.kind === 'string') {
    const found = run.read(value.scope, at.value);
    if (found === undefined) run.fails(node.text, 'KeyError');
    return found ?? unknown(`${at.value} is not set in this module`);
  }
  const mapping = run.mapping(value);
  if (mapping !== undefined) {
    const found = entryOf(run, mapping, at, run.place(node));
    if (found === undefined || found.maybe === true) run.fails(node.text, 'KeyError');
    return found?.value ?? unknown('the dictionary has no such key');
  }
  const list = run.list(value);
  const position = at.kind === 'bool' ? Number(at.value) : at.kind === 'number' ? at.value : undefined;
  if (list !== undefined && position !== undefined) {
    const found = itemAt(list.items, position);
    if (found === undefined) run.fails(node.text, 'IndexError');
    return found === undefined || list.doubts.some(({ code }) => code !== 'index-shift')
      ? changeable(run, found?.value, run.place(node))
      : mayBeElse(run, value, found.value);
  }
  run.fails(node.text, list === undefined ? '?' : 'TypeError');
  for (const one of list?.items ?? []) {
    if (one.display === undefined) changeable(run, one.value, run.place(node));
  }
  if (value.kind === 'string' && at.kind === 'number') {
    const letter = value.value.at(at.value);
    return letter === undefined ? unknown('the string is shorter') : string(letter);
  }
  return unknown(`an element of something: ${reason(value)}`);
}

/** What was taken out of something that the environment may replace is no more certain than that. */
function mayBeElse(run: Run, source: Value, taken: Value): Value {
  if (source.kind !== 'environment') return taken;
  run.soft = true;
  return { kind: 'environment', name: source.name, fallback: taken };
}

/** The value is one that may be meant, and not surely: if it is a list, what is done to it is not known from now on. */
function changeable(run: Run, value: Value | undefined, place: Place): Value {
  if (value !== undefined) {
    run.doubt(value, [
      { code: 'may-be-changed', message: 'it may be taken out of a list or dictionary and changed', place },
    ]);
  }
  return unknown('which element it is, is not known');
}

/** The entry of a dictionary for a key; one whose value is unknown where it may be another one. */
export function entryOf(run: Run, mapping: MappingState, key: Value, place: Place): MappingEntry | undefined {
  const current = key.kind === 'environment' ? key.fallback : byDefault(key);
  if (current !== undefined && current !== key) {
    // what it is depends on the environment
    run.soft = true;
    const found = entryOf(run, mapping, current, place);
    const name = key.kind === 'environment' ? key.name : 'a condition';
    for (const entry of mapping.entries.values()) changeable(run, entry.value, place);
    return found === undefined
      ? undefined
      : { ...found, maybe: true, value: { kind: 'environment', name, fallback: found.value } };
  }
  const isKnown = ['string', 'number', 'bool', 'none'].includes(key.kind);
  const found = isKnown ? mapping.entries.get(keyOf(key, run)) : undefined;
  const open = [...mapping.entries.keys()].some((one) => one.startsWith('?:'));
  if (isKnown && !open && mapping.doubts.length === 0) return found;
  for (const entry of found === undefined ? mapping.entries.values() : [found]) {
    changeable(run, entry.value, place);
  }
  if (found !== undefined && run.list(found.value) !== undefined) return { ...found, maybe: true };
  if (!isKnown || open || found !== undefined) {
    return { key, value: unknown('which entry of the dictionary it is, is not known'), maybe: true };
  }
  return undefined;
}

interface Bounds {
  from?: Value;
  to?: Value;
  step?: Value;
}

function boundsOf(run: Run, node: Syntax): Bounds {
  const bounds: Bounds = {};
  let which: 'from' | 'to' | 'step' = 'from';
  for (const child of node.children) {
    if (child.type === ':') which = which === 'from' ? 'to' : 'step';
    else bounds[which] = evaluate(run, child);
  }
  return bounds;
}

function slice(run: Run, value: Value, node: Syntax): Value {
  const { from, to, step } = boundsOf(run, node);
  const list = run.list(value);
  const edges = [from, to].map((edge) => (edge?.kind === 'none' ? undefined : edge));
  if (step !== undefined && !(step.kind === 'number' && step.value === -1 && edges.every((e) => !e))) {
    return unknown('it is a slice with a step');
  }
  if (value.kind === 'string' && step === undefined) {
    if (edges.some((edge) => edge !== undefined && edge.kind !== 'number')) return unknown('it is a slice');
    const [start, end] = edges.map((edge) => (edge?.kind === 'number' ? edge.value : undefined));
    return string(value.value.slice(start, end));
  }
  if (list === undefined) return unknown(`it is a slice: ${reason(value)}`);
  if (step !== undefined)
    return mayBeElse(run, value, run.newList(list.type, [...list.items].reverse(), list.doubts));
  const numbers = edgesOf(edges);
  if (numbers === undefined) {
    return run.newList(list.type, list.items, [
      ...list.doubts,
      { code: 'unknown-slice', message: 'a slice has bounds that are not known', place: run.place(node) },
    ]);
  }
  const doubts = [...list.doubts, ...shiftDoubt(run, node, numbers, list)];
  return mayBeElse(run, value, run.newList(list.type, sliceItems(list.items, numbers), doubts));
}

/** A number that counts from the front means another element after a new first entry. */
function shiftDoubt(
  run: Run,
  node: Syntax,
  numbers: readonly (number | undefined)[],
  list: ListState,
): Doubt[] {
  if (numbers.every((bound) => bound === undefined || bound === 0)) return [];
  const text = node.text.replace(/\s+/g, ' ');
  const doubts: Doubt[] = isConditional(list.items)
    ? [
        {
          code: 'unknown-index',
          message: `${text} counts entries that may not be there`,
          place: run.place(node),
        },
      ]
    : [];
  if (!shiftsWith(list.items, numbers) || !/\d/.test(node.text)) return doubts;
  return [
    ...doubts,
    {
      code: 'index-shift',
      message: `${text} counts from the front, so a new first entry moves what it means by one`,
      place: run.place(node),
    },
  ];
}

function binaryOperator(run: Run, node: Syntax): Value {
  const left = node.field('left');
  const right = node.field('right');
  if (left === undefined || right === undefined) return unknown('it is not valid Python');
  const operator = node.field('operator')?.type ?? node.children[1]?.type ?? '';
  return operate(run, operator, evaluate(run, left), evaluate(run, right), left, right);
}

/** `a OP b` for two values; `a` and `b` are where they stand. */
export function operate(run: Run, operator: string, a: Value, b: Value, aNode: Syntax, bNode: Syntax): Value {
  if (operator === '+' && (isList(run, a) || isList(run, b))) {
    const left = run.elements(a, run.place(aNode));
    const right = run.elements(b, run.place(bNode));
    const type = run.list(a)?.type ?? run.list(b)?.type ?? 'unknown';
    if (run.list(a)?.type !== run.list(b)?.type) run.fails(aNode.text, 'TypeError');
    return run.newList(type, [...left.items, ...right.items], union(left.doubts, right.doubts));
  }
  if (operator === '|' && (run.mapping(a) ?? run.mapping(b)) !== undefined) {
    const entries = new Map(run.mapping(a)?.entries);
    for (const [key, entry] of run.mapping(b)?.entries ?? []) entries.set(key, entry);
    const unknowns = [a, b].flatMap((one) => run.mapping(one)?.doubts ?? [unknownEntries(run, one, aNode)]);
    return run.newMapping(entries, unknowns);
  }
  return lift(run, [a, b], ([x, y]) => {
    if (x?.kind === 'string' && y?.kind === 'string' && operator === '+') return string(x.value + y.value);
    if (x?.kind === 'string' && operator === '%' && y !== undefined) return percent(run, x.value, y);
    if (x?.kind === 'number' && y?.kind === 'number') {
      if (y.value === 0 && /^(\/\/?|%)$/.test(operator)) run.fails(aNode.text, 'ZeroDivisionError');
      return arithmetic(operator, x, y);
    }
    run.fails(aNode.text, 'TypeError');
    return unknown(`it is computed: ${aNode.text.length < 60 ? `${aNode.text} ${operator} …` : operator}`);
  });
}

function unknownEntries(run: Run, value: Value, node: Syntax): Doubt {
  return {
    code: 'unknown-entries',
    message: `entries are not known: ${reason(value)}`,
    place: run.place(node),
  };
}

function isList(run: Run, value: Value): boolean {
  if (run.list(value) !== undefined) return true;
  return value.kind === 'choice' && value.options.some((option) => run.list(option.value) !== undefined);
}

/** Computes with what values from the environment are when nothing is set, and says that it came from there. */
export function lift(
  run: Run,
  values: readonly Value[],
  compute: (values: readonly Value[]) => Value,
): Value {
  const names = values.flatMap((value) => (value.kind === 'environment' ? [value.name] : []));
  const plain: Value[] = [];
  for (const value of values) {
    const current = value.kind === 'environment' ? value.fallback : byDefault(value);
    if (value.kind === 'environment' || value.kind === 'choice') run.soft = true;
    if (current === undefined) {
      return names[0] === undefined ? unknown(reason(value)) : { kind: 'environment', name: names[0] };
    }
    plain.push(current);
  }
  const result = compute(plain);
  if (names[0] === undefined || result.kind === 'environment') return result;
  return result.kind === 'unknown'
    ? { kind: 'environment', name: names[0] }
    : { kind: 'environment', name: names[0], fallback: result };
}

function percent(run: Run, format: string, argument: Value): Value {
  const list = run.list(argument)?.items.filter((item) => item.display === undefined);
  const values = list === undefined ? [argument] : list.map((item) => item.value);
  let index = 0;
  let known = true;
  const text = format.replace(/%(s|d|%|.)/g, (_whole, kind: string) => {
    if (kind === '%') return '%';
    const value = values[index++];
    const plain = kind === 's' || kind === 'd' ? textOf(value) : undefined;
    if (plain !== undefined) return plain;
    known = false;
    return '';
  });
  return known ? string(text) : unknown('it is a formatted string');
}

function arithmetic(operator: string, x: Value & { kind: 'number' }, y: Value & { kind: 'number' }): Value {
  const a = x.value;
  const b = y.value;
  const float = operator === '/' || x.float === true || y.float === true || (operator === '**' && b < 0);
  const result = {
    '+': a + b,
    '-': a - b,
    '*': a * b,
    '/': a / b,
    '//': Math.floor(a / b),
    '%': a - b * Math.floor(a / b),
    '**': a ** b,
  }[operator];
  return result === undefined || !Number.isFinite(result)
    ? unknown('it is computed')
    : { kind: 'number', value: result, ...(float ? { float } : {}) };
}

function booleanOperator(run: Run, node: Syntax): Value {
  const leftNode = node.field('left');
  const rightNode = node.field('right');
  if (leftNode === undefined || rightNode === undefined) return unknown('it is not valid Python');
  const isOr = (node.field('operator')?.type ?? node.children[1]?.type) === 'or';
  const before = run.soft;
  run.soft = false;
  const left = evaluate(run, leftNode);
  const holds = run.truth(left);
  const soft = run.soft || left.kind === 'environment' || left.kind === 'choice';
  run.soft = before;
  if (holds !== 'unknown' && !soft) return holds === isOr ? left : evaluate(run, rightNode);
  // Both sides: which one it is is only known when the program runs.
  const [ifTrue, ifFalse] = guardsOf(leftNode.text, holds);
  let right: Value = NONE;
  const evaluateRight = () => (right = evaluate(run, rightNode));
  if (isPlain(rightNode)) evaluateRight();
  else {
    const ways = [
      { guards: [isOr ? ifFalse : ifTrue], value: evaluateRight },
      { guards: [isOr ? ifTrue : ifFalse], value: () => left },
    ];
    const either = inBranches(run, ways, run.place(node));
    if (left.kind !== 'environment') {
      run.soft = true;
      return either;
    }
  }
  run.soft = true;
  if (left.kind === 'environment') {
    if (holds === 'unknown') return { kind: 'environment', name: left.name };
    const fallback = holds === isOr ? left.fallback : right.kind === 'environment' ? right.fallback : right;
    return { kind: 'environment', name: left.name, ...(fallback === undefined ? {} : { fallback }) };
  }
  return isOr ? run.choose(left, [ifTrue], right, [ifFalse]) : run.choose(right, [ifTrue], left, [ifFalse]);
}

/** Does evaluating it surely change nothing? */
function isPlain(node: Syntax): boolean {
  return !/\(|:=/.test(node.text);
}

function conditional(run: Run, node: Syntax): Value {
  const [thenNode, testNode, elseNode] = node.named;
  if (thenNode === undefined || testNode === undefined || elseNode === undefined) {
    return unknown('it is not valid Python');
  }
  const { holds, certain } = test(run, testNode);
  if (certain) return evaluate(run, holds === true ? thenNode : elseNode);
  const [ifTrue, ifFalse] = guardsOf(testNode.text, holds);
  if (!isPlain(thenNode) || !isPlain(elseNode)) {
    const ways = [
      { guards: [ifTrue], value: () => evaluate(run, thenNode) },
      { guards: [ifFalse], value: () => evaluate(run, elseNode) },
    ];
    return inBranches(run, ways, run.place(node));
  }
  return run.choose(evaluate(run, thenNode), [ifTrue], evaluate(run, elseNode), [ifFalse]);
}

function comprehension(run: Run, node: Syntax, type: 'list' | 'set'): Value {
  const body = node.field('body');
  const clauses = node.named.filter((child) => child.type === 'for_in_clause');
  const conditions = node.named.filter((child) => child.type === 'if_clause');
  const [clause] = clauses;
  const target = clause?.field('left');
  const iterable = clause?.field('right');
  if (
    body === undefined ||
    target === undefined ||
    iterable === undefined ||
    clauses.length > 1 ||
    target.type !== 'identifier'
  ) {
    return unknown('it is a comprehension that is not followed');
  }
  const { items, doubts } = run.elements(evaluate(run, iterable), run.place(node));
  const outer = run.frame;
  const scope = run.newScope();
  run.frame = {
    ...outer,
    scope,
    // the names of a class body are not seen in it, but for what it goes over first
    enclosing: outer.classBody === true ? outer.enclosing : [outer.scope, ...outer.enclosing],
    classBody: false,
    globalNames: new Set(),
    outer: new Map(),
  };
  const result: Item[] = [];
  for (const item of items) {
    run.step();
    if (item.display !== undefined) {
      result.push(item);
      continue;
    }
    run.bind(scope, target.text, item.value, item.place);
    const guards: Guard[] = [];
    let dropped = false;
    for (const condition of conditions) {
      const tested = condition.named[0];
      if (tested === undefined) continue;
      const { holds, certain } = test(run, tested);
      if (certain && holds === false) dropped = true;
      else if (!certain) guards.push(guardsOf(tested.text, holds)[0]);
    }
    if (dropped) continue;
    const value = evaluate(run, body);
    result.push(guarded(value === item.value ? item : { ...item, id: run.fresh(), value }, guards));
  }
  run.frame = outer;
  if (type === 'set') return run.newList(type, distinct(result), doubts);
  return node.type === 'generator_expression'
    ? run.newIterator(result, doubts)
    : run.newList(type, result, doubts);
}

/** Binds what stands on the left of `=`. */
export function assignTo(run: Run, target: Syntax, value: Value, source: Syntax): void {
  switch (target.type) {
    case 'identifier':
      run.assign(target.text, value, run.place(source));
      return;
    case 'parenthesized_expression':
      if (target.named[0] !== undefined) assignTo(run, target.named[0], value, source);
      return;
    case 'pattern_list':
    case 'tuple_pattern':
    case 'list_pattern':
    case 'tuple':
    case 'list': {
      const targets = target.named;
      const values = run.list(value)?.items.filter((item) => item.display === undefined);
      const star = targets.findIndex(
        (part) => part.type === 'list_splat_pattern' || part.type === 'list_splat',
      );
      const doubtful = run.list(value)?.doubts.some(({ code }) => code !== 'index-shift') === true;
      const certain =
        values !== undefined &&
        !doubtful &&
        !values.some((item) => item.spread === true || item.guards.length > 0) &&
        (star < 0 ? values.length === targets.length : values.length >= targets.length - 1);
      if (!certain || value.kind === 'environment') run.fails(source.text, 'ValueError');
      const rest = (values?.length ?? 0) - (targets.length - 1);
      for (const [index, part] of targets.entries()) {
        const inner = index === star ? part.named[0] : part;
        if (inner === undefined) continue;
        if (!certain) {
          for (const item of values ?? []) changeable(run, item.value, run.place(source));
          assignTo(run, inner, unknown('it is unpacked'), source);
        } else if (index === star) {
          const starred = run.newList('list', values.slice(index, index + rest));
          assignTo(run, inner, mayBeElse(run, value, starred), source);
        } else {
          const at = star >= 0 && index > star ? index + rest - 1 : index;
          assignTo(run, inner, mayBeElse(run, value, values[at]?.value ?? unknown('it is unpacked')), source);
        }
      }
      return;
    }
    case 'attribute': {
      const object = target.field('object');
      const name = target.field('attribute')?.text;
      if (object !== undefined && name !== undefined) {
        setAttribute(run, evaluate(run, object), name, value, run.place(source));
      }
      return;
    }
    case 'subscript':
      assignElement(run, target, value, source);
      return;
  }
}

function assignElement(run: Run, target: Syntax, value: Value, source: Syntax): void {
  const object = target.field('value');
  const index = target.field('subscript');
  if (object === undefined || index === undefined) return;
  const container = evaluate(run, object);
  if (isEnvironment(container)) {
    const name = evaluate(run, index);
    if (name.kind === 'string') writeVariable(run, name.value, value, run.place(source));
    return;
  }
  if (container.kind === 'namespace') {
    const before = run.soft;
    run.soft = false;
    const name = evaluate(run, index);
    const certain = name.kind === 'string' && !(run.soft && !isPlain(index));
    run.soft ||= before;
    if (name.kind === 'string') run.bind(container.scope, name.value, value, run.place(source));
    if (!certain) {
      run.open(container.scope, {
        code: 'dynamic-names',
        message: `${target.text} sets a name that is not known`,
        place: run.place(target),
      });
    }
    return;
  }
  if (container.kind === 'mapping') {
    const state = run.mapping(container);
    if (state === undefined) return;
    const key = evaluate(run, index);
    const entries = new Map(state.entries);
    entries.set(keyOf(key, run), { key, value, place: run.place(target) });
    run.state.heap.set(container.ref, { ...state, entries });
    return;
  }
  const list = run.list(container);
  if (container.kind !== 'list' || list === undefined) return;
  if (list.type !== 'list') run.fails(target.text, 'TypeError');
  if (list.type === 'tuple') return;
  if (index.type === 'slice') {
    const { from, to, step } = boundsOf(run, index);
    const numbers = step === undefined ? edgesOf([from, to]) : undefined;
    const added = run.elements(value, run.place(source));
    if (numbers !== undefined) {
      run.change(container.ref, withoutSlice(list.items, numbers, added.items), [
        ...added.doubts,
        ...shiftDoubt(run, index, numbers, list),
      ]);
      return;
    }
  } else {
    const at = evaluate(run, index);
    const items =
      at.kind === 'number'
        ? replaceElement(list.items, at.value, run.item(value, run.place(source)))
        : undefined;
    if (at.kind === 'number' && items !== undefined) {
      run.change(container.ref, items, shiftDoubt(run, index, [at.value], list));
      return;
    }
  }
  run.doubt(container, [
    { code: 'unknown-assignment', message: `${target.text} could not be followed`, place: run.place(target) },
  ]);
}

/** `del list[index]` and `del list[from:to]`. */
export function deleteElement(run: Run, container: Value & { kind: 'list' }, target: Syntax): void {
  const list = run.list(container);
  const index = target.field('subscript');
  if (list === undefined || index === undefined) return;
  run.fails(`del ${target.text}`, 'IndexError');
  if (index.type === 'slice') {
    const { from, to, step } = boundsOf(run, index);
    const numbers = step === undefined ? edgesOf([from, to]) : undefined;
    if (list.type === 'list' && numbers !== undefined) {
      const left = withoutSlice(list.items, numbers, []);
      run.change(container.ref, left, shiftDoubt(run, index, numbers, list));
      return;
    }
  } else {
    const at = evaluate(run, index);
    const after = at.kind === 'number' ? withoutElement(list.items, at.value) : undefined;
    if (list.type === 'list' && at.kind === 'number' && after !== undefined && !isConditional(list.items)) {
      run.change(container.ref, after.items, shiftDoubt(run, index, [at.value], list));
      return;
    }
  }
  const message = `del ${target.text} could not be followed`;
  run.doubt(container, [{ code: 'unknown-removal', message, place: run.place(target) }]);
}
