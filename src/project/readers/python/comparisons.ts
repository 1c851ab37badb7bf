import { hasVariable, isEnvironment } from './environment.ts';
import { evaluate, keyOf, lift } from './expressions.ts';
import type { Run } from './run.ts';
import type { Syntax } from './syntax.ts';
import type { Value } from './values.ts';
import { allHold, NONE, same, TRUE, truthValue, unknown } from './values.ts';

/** `a == b`, `a in b`, `a < b < c`. */
export function comparison(run: Run, node: Syntax): Value {
  const parts = node.named;
  // Tokens between the operands, `not in` and `is not` as one or as two of them.
  const operators: string[] = [];
  let last = '';
  for (const child of node.children) {
    if (parts.includes(child)) {
      if (last !== '') operators.push(last);
      last = '';
    } else last = last === '' ? child.text.replace(/\s+/g, ' ') : `${last} ${child.text}`;
  }
  const values = parts.map((part) => evaluate(run, part));
  let result: Value = TRUE;
  for (const [index, operator] of operators.entries()) {
    const a = values[index];
    const b = values[index + 1];
    if (a === undefined || b === undefined) return unknown('it is not valid Python');
    const value = compare(run, operator, a, b);
    const holds = run.truth(value);
    if (holds !== true) return value;
    result = value;
  }
  return result;
}

function compare(run: Run, operator: string, a: Value, b: Value): Value {
  if (operator === 'in' || operator === 'not in') {
    if (a.kind === 'environment') {
      return lift(run, [a], ([one]) => (one === undefined ? NONE : compare(run, operator, one, b)));
    }
    const found = contains(run, a, b);
    if (found === 'unknown') return unknown('its condition is not known');
    return truthValue(found === (operator === 'in'));
  }
  const version = versionOf(a) ?? versionOf(b);
  if (version !== undefined) return compareVersion(run, operator, a, b);
  return lift(run, [a, b], ([x, y]) => {
    if (x === undefined || y === undefined) return unknown('its condition is not known');
    switch (operator) {
      case '==':
      case '!=':
      case 'is':
      case 'is not': {
        if (!isConstant(x) || !isConstant(y)) {
          // only None is told from a list, a function, a module …
          if ((x.kind === 'none' && NOT_NONE.has(y.kind)) || (y.kind === 'none' && NOT_NONE.has(x.kind))) {
            return truthValue(operator === '!=' || operator === 'is not');
          }
          return unknown('its condition is not known');
        }
        return truthValue(equal(x, y) === (operator === '==' || operator === 'is'));
      }
      default: {
        const left = x.kind === 'string' && y.kind === 'string' ? x.value : numeric(x);
        const right = x.kind === 'string' && y.kind === 'string' ? y.value : numeric(y);
        if (left === undefined || right === undefined) {
          run.fails(operator, 'TypeError');
          return unknown('its condition is not known');
        }
        return order(operator, left < right ? -1 : left > right ? 1 : 0);
      }
    }
  });
}

function equal(x: Value, y: Value): boolean {
  return same(x, y) || (numeric(x) !== undefined && numeric(x) === numeric(y));
}

/** Kinds of values that surely are not None. */
const NOT_NONE = new Set(['list', 'mapping', 'function', 'class', 'module', 'string', 'number', 'bool']);

function isConstant(value: Value): boolean {
  return ['none', 'bool', 'number', 'string'].includes(value.kind);
}

function order(operator: string, sign: number): Value {
  switch (operator) {
    case '<':
      return truthValue(sign < 0);
    case '<=':
      return truthValue(sign <= 0);
    case '>':
      return truthValue(sign > 0);
    case '>=':
      return truthValue(sign >= 0);
    default:
      return unknown('its condition is not known');
  }
}

function numeric(value: Value): number | undefined {
  if (value.kind === 'bool') return value.value ? 1 : 0;
  return value.kind === 'number' ? value.value : undefined;
}

/** The generated library needs Python 3.8 and Django 3.2, so tests against older ones are decided. */
const AT_LEAST: Record<string, readonly number[]> = {
  'sys.version_info': [3, 8],
  'django.VERSION': [3, 2],
};

function versionOf(value: Value): readonly number[] | undefined {
  return value.kind === 'external' ? AT_LEAST[value.path] : undefined;
}

function compareVersion(run: Run, operator: string, a: Value, b: Value): Value {
  const least = versionOf(a);
  const against = run
    .list(b)
    ?.items.flatMap((item) => (item.value.kind === 'number' ? [item.value.value] : []));
  if (least === undefined || against === undefined) return unknown('it depends on a version');
  for (const [index, bound] of against.entries()) {
    const lowest = least[index];
    if (lowest === undefined || lowest < bound) break;
    // Even the oldest version is beyond it.
    if (lowest > bound) return truthValue(operator === '>' || operator === '>=' || operator === '!=');
    if (index === against.length - 1 && (operator === '>=' || operator === '<'))
      return truthValue(operator === '>=');
  }
  run.soft = true;
  return unknown('it depends on a version');
}

function contains(run: Run, element: Value, container: Value): boolean | 'unknown' {
  if (container.kind === 'environment') {
    run.soft = true;
    return container.fallback === undefined ? 'unknown' : contains(run, element, container.fallback);
  }
  if (container.kind === 'external' && container.path === 'sys.argv') {
    // the server in production is not `manage.py test`
    run.soft = true;
    return false;
  }
  if (isEnvironment(container)) {
    if (element.kind === 'string') return hasVariable(run, element.value);
    run.soft = true;
    return false;
  }
  if (container.kind === 'namespace') {
    if (element.kind !== 'string') return 'unknown';
    const bound = run.binding(container.scope, element.value);
    if (bound?.sometimes !== undefined) {
      run.soft = true;
      return allHold(bound.sometimes);
    }
    if (bound !== undefined) return true;
    return run.doubtsOf(container.scope, element.value).length > 0 ? 'unknown' : false;
  }
  if (element.kind === 'string' && container.kind === 'string') {
    return container.value.includes(element.value);
  }
  if (!['none', 'bool', 'number', 'string'].includes(element.kind)) return 'unknown';
  const mapping = run.mapping(container);
  if (mapping !== undefined) {
    const keys = [...mapping.entries.keys()];
    const found = mapping.entries.get(keyOf(element, run));
    if (mapping.doubts.length > 0 || found?.maybe === true) return 'unknown';
    return found !== undefined || (keys.some((key) => key.startsWith('?:')) ? 'unknown' : false);
  }
  const list = run.list(container);
  if (list === undefined) return 'unknown';
  let answer: boolean | 'unknown' = false;
  for (const item of list.items) {
    if (item.display !== undefined) continue;
    if (item.spread === true || !['none', 'bool', 'number', 'string'].includes(item.value.kind)) {
      answer = 'unknown';
      continue;
    }
    if (!equal(item.value, element)) continue;
    if (item.guards.length === 0) return run.loses(list) ? 'unknown' : true;
    run.soft = true;
    if (item.guards.every((guard) => guard.holds === true)) return run.loses(list) ? 'unknown' : true;
    if (!item.guards.some((guard) => guard.holds === false)) answer = 'unknown';
  }
  return answer === false && list.doubts.some((doubt) => doubt.code !== 'index-shift') ? 'unknown' : answer;
}
