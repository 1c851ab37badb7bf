import { type Arbitrary, array, constantFrom, integer, letrec, nat, oneof, tuple } from 'fast-check';
import type { Files } from './evaluate.ts';

/** Random settings modules in the shapes that real ones have: built from pieces, so that they nearly always run. */

const entry = constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const variable = constantFrom('MIDDLEWARE', 'MIDDLEWARE', 'MIDDLEWARE', 'EXTRA', 'OTHER');
const small = integer({ min: -3, max: 4 });

/** Conditions whose value does not change while the module runs. */
const stableCondition = constantFrom(
  'DEBUG',
  'not DEBUG',
  'PRODUCTION',
  "os.environ.get('ONE')",
  "os.environ.get('TWO') == '2'",
  "os.environ.get('ONE') and PRODUCTION",
  "os.environ.get('TWO') or DEBUG",
  "'x' in os.environ.get('LIST', 'x,y').split(',')",
  "os.getenv('ONE', 'no').lower() in ('yes', 'true', '1')",
  'sys.version_info >= (3, 6)',
);

const contentCondition = oneof(
  { weight: 3, arbitrary: stableCondition },
  tuple(entry, variable).map(([one, name]) => `'${one}' in ${name}`),
  tuple(entry, variable).map(([one, name]) => `'${one}' not in ${name}`),
);

const anyCondition = oneof(
  { weight: 4, arbitrary: contentCondition },
  variable.map((name) => `len(${name}) > 2`),
  variable,
);

const display = array(entry, { maxLength: 4 }).map((all) => `[${all.map((one) => `'${one}'`).join(', ')}]`);

interface Options {
  conditions: Arbitrary<string>;
  /** Operations that count elements or look at them; their meaning changes when a new element comes in front. */
  counting: boolean;
  /** Conditions on how long a list is. */
  sizes: boolean;
}

function expressions({ conditions, counting }: Options): Arbitrary<string> {
  return letrec<{ list: string; leaf: string }>((tie) => ({
    leaf: oneof(display, variable),
    list: oneof(
      { maxDepth: 3 },
      tie('leaf'),
      tuple(tie('leaf'), tie('list')).map(([a, b]) => `${a} + ${b}`),
      tuple(tie('list'), tie('leaf')).map(([a, b]) => `(${a}) + ${b}`),
      tuple(entry, tie('leaf'), entry).map(([a, list, b]) => `['${a}', *${list}, '${b}']`),
      tie('list').map((list) => `list(tuple(${list}))`),
      tie('leaf').map((list) => `[*${list}]`),
      tuple(tie('leaf'), entry).map(([list, one]) => `[m for m in ${list} if m != '${one}']`),
      tuple(tie('leaf'), conditions, tie('leaf')).map(([a, test, b]) => `(${a} if ${test} else ${b})`),
      ...(counting
        ? [
            tuple(tie('leaf'), small).map(([list, at]) => `${list}[:${at}]`),
            tuple(tie('leaf'), small).map(([list, at]) => `${list}[${at}:]`),
            tuple(tie('leaf'), small, small).map(([list, from, to]) => `${list}[${from}:${to}]`),
            tie('leaf').map((list) => `sorted(${list})`),
            tie('leaf').map((list) => `list(reversed(${list}))`),
          ]
        : []),
    ),
  })).list;
}

const indent = (block: string) => block.replace(/^/gm, '    ');

function statements(options: Options): Arbitrary<string> {
  const list = expressions(options);
  const { conditions, counting, sizes } = options;
  return letrec<{ statement: string; simple: string; block: string }>((tie) => ({
    simple: oneof(
      tuple(variable, list).map(([name, value]) => `${name} = ${value}`),
      tuple(variable, list).map(([name, value]) => `${name} += ${value}`),
      tuple(variable, list).map(([name, value]) => `${name} = list(${value})`),
      tuple(variable, entry).map(([name, one]) => `${name}.append('${one}')`),
      tuple(variable, entry).map(([name, one]) => `${name}.insert(0, '${one}')`),
      tuple(variable, list).map(([name, value]) => `${name}.extend(${value})`),
      tuple(variable, list).map(([name, value]) => `${name}[0:0] = ${value}`),
      tuple(variable, variable).map(([name, other]) => `${name} = ${other}`),
      tuple(variable, entry).map(([name, one]) => `globals()['${name}'] = globals()['${name}'] + ['${one}']`),
      tuple(variable, list).map(([name, value]) => `globals().update({'${name}': ${value}})`),
      ...(counting
        ? [
            tuple(variable, small, entry).map(([name, at, one]) => `${name}.insert(${at}, '${one}')`),
            tuple(variable, entry).map(([name, one]) => `if '${one}' in ${name}: ${name}.remove('${one}')`),
            variable.map((name) => (sizes ? `if len(${name}) > 1: ${name}.pop()` : `${name}.pop()`)),
            tuple(variable, constantFrom(0, 1, -1)).map(([name, at]) =>
              sizes ? `if len(${name}) > 1: ${name}[${at}] = 'z'` : `${name}[${at}] = 'z'`,
            ),
            variable.map((name) => `${name}.reverse()`),
          ]
        : []),
    ),
    block: array(tie('statement'), { minLength: 1, maxLength: 3 }).map((all) => all.join('\n')),
    statement: oneof(
      { maxDepth: 2, depthIdentifier: 'statement' },
      { weight: 5, arbitrary: tie('simple') },
      tuple(conditions, tie('block')).map(([test, block]) => `if ${test}:\n${indent(block)}`),
      tuple(conditions, tie('block'), tie('block')).map(
        ([test, a, b]) => `if ${test}:\n${indent(a)}\nelse:\n${indent(b)}`,
      ),
      tuple(conditions, tie('block'), conditions, tie('block')).map(
        ([one, a, other, b]) => `if ${one}:\n${indent(a)}\nelif ${other}:\n${indent(b)}`,
      ),
      tuple(variable, display).map(([name, values]) => `for one in ${values}:\n    ${name}.append(one)`),
      ...(counting
        ? [
            tuple(tie('block')).map(
              ([block]) =>
                `try:\n    from .base import *\nexcept ImportError:\n    pass\nelse:\n${indent(block)}`,
            ),
          ]
        : []),
      tuple(conditions, tie('block'), nat(1_000_000)).map(
        ([test, block, number]) =>
          `def f${number}():\n    global MIDDLEWARE, EXTRA, OTHER\n    if ${test}:\n        return\n${indent(block)}\nf${number}()`,
      ),
      tuple(variable, entry, nat(1_000_000)).map(
        ([name, one, number]) =>
          `def g${number}(values, more=('y',)):\n    return values + list(more) + ['${one}']\n${name} = g${number}(${name})`,
      ),
    ),
  })).statement;
}

const HEAD =
  "import os\nimport sys\n\nDEBUG = False\nPRODUCTION = True\nMIDDLEWARE = ['m1', 'm2']\nEXTRA = []\nOTHER = ['o']\n";

/** A package with a base module and one that star-imports it. */
export function settingsPrograms(kind: 'any' | 'stable' | 'sizeless'): Arbitrary<Files> {
  const options = {
    conditions: { any: anyCondition, stable: stableCondition, sizeless: contentCondition }[kind],
    counting: kind !== 'stable',
    sizes: kind === 'any',
  };
  const body = array(statements(options), { maxLength: 5 }).map((all) => all.join('\n'));
  return tuple(body, body).map(([base, production]) => ({
    'shop/__init__.py': '',
    'shop/base.py': `${HEAD}${base}\n`,
    'shop/production.py': `from .base import *\nimport os\nimport sys\n\n${production}\n`,
  }));
}
