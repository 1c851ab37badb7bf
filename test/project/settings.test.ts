import { describe, expect, test } from 'vitest';
import type { EffectiveList } from '../../src/project/project.ts';
import { evaluate, type Files } from './evaluate.ts';

/** MIDDLEWARE of a module: each element as `value` or `value [conditions] default`, then where it is open. */
async function middleware(files: Files, module = 'settings'): Promise<EffectiveList> {
  const list = (await evaluate(files, module)).list('MIDDLEWARE');
  if (list === undefined) throw new Error('no MIDDLEWARE');
  return list;
}

function shown(list: EffectiveList): string[] {
  return list.elements.map(({ value, conditions, byDefault, spread }) => {
    const text = value.kind === 'string' ? value.value : value.kind;
    const name = spread === true ? `*${text}` : text;
    return conditions.length === 0 ? name : `${name} [${conditions.join(' and ')}] ${byDefault}`;
  });
}

async function elements(files: Files, module?: string): Promise<string[]> {
  return shown(await middleware(files, module));
}

/** The text of the line that the first place is in, and whether an entry there comes out first. */
function place(list: EffectiveList, files: Files): string {
  const { firstPlace } = list;
  if (firstPlace === undefined) return 'none';
  const { literal, firstElement, effective, reason } = firstPlace;
  const text = files[literal.file] ?? '';
  const first = firstElement === undefined ? 'empty' : text.slice(firstElement.start, firstElement.end);
  return `${literal.file}:${literal.line} ${first} ${effective ? 'first' : `not first: ${reason}`}`;
}

const codes = (list: EffectiveList) => list.notes.map(({ code }) => code);

describe('shapes of real settings', () => {
  test('a plain list: every element with its place', async () => {
    const list = await middleware({ 'settings.py': "MIDDLEWARE = [\n    'a',  # first\n    'b',\n]\n" });
    expect(shown(list)).toEqual(['a', 'b']);
    expect(list).toMatchObject({ type: 'list', complete: true, notes: [] });
    expect(list.elements[1]?.at).toMatchObject({ file: 'settings.py', line: 3, column: 5, endColumn: 8 });
    expect(list.firstPlace).toMatchObject({
      literal: { line: 1, column: 14, endLine: 4, endColumn: 2 },
      firstElement: { line: 2, column: 5 },
      effective: true,
    });
  });

  test('tabs, CRLF and a tuple', async () => {
    const files = { 'settings.py': "MIDDLEWARE = (\r\n\t'a',\r\n\t'b',\r\n)\r\n" };
    const list = await middleware(files);
    expect(list.type).toBe('tuple');
    expect(place(list, files)).toBe("settings.py:1 'a' first");
  });

  test('a base module that production star-imports and extends', async () => {
    const files = {
      'shop/__init__.py': '',
      'shop/settings/__init__.py': '',
      'shop/settings/base.py': "MIDDLEWARE = ['a', 'b']\n",
      'shop/settings/production.py': "from .base import *\nMIDDLEWARE += ['z']\n",
    };
    const list = await middleware(files, 'shop.settings.production');
    expect(shown(list)).toEqual(['a', 'b', 'z']);
    expect(place(list, files)).toBe("shop/settings/base.py:1 'a' first");
    expect(list.elements.at(-1)?.at.file).toBe('shop/settings/production.py');
  });

  test('production puts something in front under a condition', async () => {
    const files = {
      'base.py':
        "import os\ndef flag(name):\n    return os.environ.get(name, '').lower() in ('1', 'true')\nMIDDLEWARE = ('a',)\n",
      'settings.py': "from base import *\nif flag('METRICS'):\n    MIDDLEWARE = ('metrics',) + MIDDLEWARE\n",
    };
    const list = await middleware(files);
    expect(shown(list)).toEqual(["metrics [flag('METRICS')] false", 'a']);
    expect(place(list, files)).toBe(
      "base.py:4 'a' not first: metrics (settings.py:3) comes before it when flag('METRICS')",
    );
  });

  test('a display that a loop adds more than once is no place for an entry that is there once', async () => {
    const files = {
      'settings.py': "MIDDLEWARE = ['a']\nfor name in ('b', 'c'):\n    MIDDLEWARE = [name] + MIDDLEWARE\n",
    };
    const list = await middleware(files);
    expect(shown(list)).toEqual(['c', 'b', 'a']);
    expect(place(list, files)).toBe(
      "settings.py:1 'a' not first: c (settings.py:3) comes before it; b (settings.py:3) comes before it",
    );
  });

  test('insert(0) that runs unless it is switched off', async () => {
    const list = await middleware({
      'settings.py':
        "import os\nMIDDLEWARE = ['a']\nif os.getenv('COMPRESS', 'yes') == 'yes':\n    MIDDLEWARE.insert(0, 'c')\n",
    });
    expect(shown(list)).toEqual(["c [os.getenv('COMPRESS', 'yes') == 'yes'] true", 'a']);
    expect(list.firstPlace?.effective).toBe(false);
  });

  test('a number in insert() that a new first entry moves is said', async () => {
    const list = await middleware({ 'settings.py': "MIDDLEWARE = ['a', 'b']\nMIDDLEWARE.insert(1, 'c')\n" });
    expect(shown(list)).toEqual(['a', 'c', 'b']);
    expect(codes(list)).toEqual(['index-shift']);
    expect(list.complete).toBe(true);
  });

  test('an index that is looked up moves along', async () => {
    const list = await middleware({
      'settings.py': "MIDDLEWARE = ['a', 'b']\nMIDDLEWARE.insert(MIDDLEWARE.index('b') + 1, 'c')\n",
    });
    expect(shown(list)).toEqual(['a', 'b', 'c']);
    expect(codes(list)).toEqual([]);
  });

  test('a sum in parentheses that begins with another list than the imported one', async () => {
    const files = {
      'library.py': "LIBRARY = ['l']\n",
      'settings.py':
        "from library import LIBRARY\nMIDDLEWARE = (\n    ['first']\n    + LIBRARY\n    + ['last']\n)\n",
    };
    const list = await middleware(files);
    expect(shown(list)).toEqual(['first', 'l', 'last']);
    expect(place(list, files)).toBe("settings.py:3 'first' first");
  });

  test('an element that is one of two', async () => {
    expect(
      await elements({ 'settings.py': "DEBUG = False\nMIDDLEWARE = ['a', ('d' if DEBUG else 'p')]\n" }),
    ).toEqual(['a', 'd [DEBUG] false', 'p [not DEBUG] true']);
  });

  test('an empty hook in front is not the place', async () => {
    const files = {
      'defaults.py': "MIDDLEWARE = ('a',)\n",
      'settings.py': 'EXTRA = ()\nfrom defaults import *\nMIDDLEWARE = EXTRA + MIDDLEWARE\n',
    };
    expect(place(await middleware(files), files)).toBe("defaults.py:1 'a' first");
  });

  test('a decoy of the same name in a dictionary is no setting', async () => {
    const { list } = await evaluate({ 'settings.py': "GRAPHENE = {'MIDDLEWARE': ['decoy']}\n" });
    expect(list('MIDDLEWARE')).toBeUndefined();
  });

  test('a function with global that is called', async () => {
    expect(
      await elements({
        'settings.py':
          "import os\nMIDDLEWARE = ['a']\ndef login():\n    global MIDDLEWARE\n    if not os.environ.get('USER_NAME'):\n        return\n    MIDDLEWARE += ['auto']\nlogin()\n",
      }),
    ).toEqual(['a', "auto [os.environ.get('USER_NAME')] false"]);
  });

  test('a class with inheritance, super() and a property', async () => {
    const files = {
      'settings.py':
        "class Base:\n    DEBUG = False\n    @property\n    def MIDDLEWARE(self):\n        found = ['a']\n        if self.DEBUG:\n            found.insert(0, 'debug')\n        return found\n\nclass Production(Base):\n    @property\n    def MIDDLEWARE(self):\n        found = super().MIDDLEWARE\n        found.append('p')\n        return found\n",
    };
    const classes = (await evaluate(files)).classes('MIDDLEWARE');
    expect(classes.map(({ name }) => name)).toEqual(['Base', 'Production']);
    const list = classes[1]?.list();
    expect(list === undefined ? [] : shown(list)).toEqual(['debug [self.DEBUG] false', 'a', 'p']);
    expect(list === undefined ? '' : place(list, files)).toBe(
      "settings.py:5 'a' not first: debug (settings.py:7) comes before it when self.DEBUG",
    );
  });

  test('attributes of classes and a hook that runs after they are taken', async () => {
    const files = {
      'settings.py':
        "class Base:\n    MIDDLEWARE = ['a']\n    @classmethod\n    def post_setup(cls):\n        cls.MIDDLEWARE.insert(1, 'silk')\n\nclass Production(Base):\n    MIDDLEWARE = Base.MIDDLEWARE + ['p']\n",
    };
    const [, production] = (await evaluate(files)).classes('MIDDLEWARE');
    const list = production?.list();
    expect(list === undefined ? [] : shown(list)).toEqual(['a', 'silk', 'p']);
  });

  test('django-split-settings', async () => {
    const files = {
      'settings/__init__.py':
        "from split_settings.tools import include, optional\ninclude('parts/base.py', 'parts/more_*.py', optional('parts/local.py'))\n",
      'settings/parts/base.py': "MIDDLEWARE = ['a']\n",
      'settings/parts/more_debug.py': "MIDDLEWARE += ['b']\n",
    };
    const list = await middleware(files, 'settings');
    expect(shown(list)).toEqual(['a', 'b']);
    expect(list).toMatchObject({ complete: false });
    expect(codes(list)).toEqual(['outside-tree']);
  });
});

describe('what cannot be known is said', () => {
  test('a star import of a module that is not in the tree', async () => {
    const list = await middleware({
      'settings.py':
        "MIDDLEWARE = ['a']\ntry:\n    from local_settings import *\nexcept ImportError:\n    pass\nMIDDLEWARE += ['b']\n",
    });
    expect(shown(list)).toEqual(['a', 'b']);
    expect(list.complete).toBe(false);
    expect(list.notes).toMatchObject([{ code: 'outside-tree', at: { line: 3 } }]);
  });

  test('one before the list is set does not matter', async () => {
    expect(await middleware({ 'settings.py': "from other import *\nMIDDLEWARE = ['a']\n" })).toMatchObject({
      complete: true,
      notes: [],
    });
  });

  test('a list of a package that is not in the tree has no first place', async () => {
    const list = await middleware({
      'settings.py': "from geo.settings import MIDDLEWARE\nMIDDLEWARE += ['b']\n",
    });
    expect(shown(list)).toEqual(['*unknown', 'b']);
    expect(list.complete).toBe(false);
    expect(list.firstPlace).toMatchObject({ effective: false });
  });

  test('entries from the environment', async () => {
    const list = await middleware({
      'settings.py':
        "import environ\nenv = environ.Env()\nMIDDLEWARE = env.list('FIRST', default=[]) + ['a']\n",
    });
    expect(shown(list)).toEqual(['*environment', 'a']);
    expect(list.firstPlace?.reason).toBe('unknown entries (settings.py:3) comes before it');
  });

  test('globals() given to a function of another package', async () => {
    const list = await middleware({
      'settings.py': "import django_heroku\nMIDDLEWARE = ['a']\ndjango_heroku.settings(locals())\n",
    });
    expect(codes(list)).toEqual(['may-be-changed']);
  });

  const KEEPER =
    'class Merged:\n    def __init__(self, names):\n        self.names = names\n' +
    '    def write(self):\n        self.names.update(read_the_file())\n';

  test.each([
    [
      'a class of the tree keeps',
      'from merged import Merged\nmerged = Merged(names=globals())\nmerged.write()',
      2,
    ],
    ['a class of another package keeps', 'import other\nother.Settings(globals())', 2],
    ['an object keeps vars() of', 'import other\nkept = other.register(vars())', 2],
    [
      'an object keeps sys.modules[__name__] as',
      'import sys, other\nkept = other.register(sys.modules[__name__])',
      2,
    ],
  ])('%s all names: any setting may be overridden, also one that is set later', async (_name, code, line) => {
    const list = await middleware({
      'merged.py': KEEPER,
      'settings.py': `${code}\nMIDDLEWARE = ['a']\n`,
    });
    expect(shown(list)).toEqual(['a']);
    expect(codes(list)).toEqual(['may-be-changed']);
    expect(list.notes[0]?.message).toMatch(/keeps it: any setting may be overridden$/);
    expect(list.notes[0]?.at).toMatchObject({ file: 'settings.py', line });
  });

  test.each([
    [
      'sys.modules[__name__] given away',
      'import sys, other\nMIDDLEWARE = ["a"]\nother.load(sys.modules[__name__])',
      ['may-be-changed'],
    ],
    ['globals() given to a function before', 'import other\nother.load(globals())\nMIDDLEWARE = ["a"]', []],
    ['vars() of something else', 'import other\nMIDDLEWARE = ["a"]\nother.load(vars(other))', []],
  ])('%s', async (_name, code, expected) => {
    expect(codes(await middleware({ 'settings.py': `${code}\n` }))).toEqual(expected);
  });

  test.each([
    'import environ\nenv = environ.Env(EMAIL_URL=(str, ""))\nEMAIL = env.email_url("EMAIL_URL", default="smtp://x")\n',
    'import environ\nenv = environ.Env()\nEMAIL = env.email("EMAIL_URL")\n',
    'import dj_email_url\nEMAIL = dj_email_url.config()\n',
  ])('settings of e-mail from one URL set EMAIL_… and nothing else: %j', async (code) => {
    const files = { 'settings.py': `MIDDLEWARE = ['a']\n${code}vars().update(EMAIL)\n` };
    expect(await middleware(files)).toMatchObject({ complete: true, notes: [] });
    expect((await evaluate(files)).values.get('EMAIL_HOST')?.value).toMatchObject({ kind: 'environment' });
  });

  test('setattr() and __dict__ of sys.modules[__name__]', async () => {
    const files = {
      'settings.py':
        "import sys\nMIDDLEWARE = ['a']\nsetattr(sys.modules[__name__], 'MIDDLEWARE', ['b'] + MIDDLEWARE)\n" +
        "sys.modules[__name__].__dict__['MIDDLEWARE'] = ['c'] + MIDDLEWARE\n",
    };
    expect(await elements(files)).toEqual(['c', 'b', 'a']);
  });

  test('exec of another file', async () => {
    const list = await middleware({
      'settings.py': "MIDDLEWARE = ['a']\nexec(open('local.py').read())\n",
    });
    expect(codes(list)).toEqual(['runs-text']);
  });

  test.each([
    [
      'a cycle',
      { 'settings.py': "from other import *\nMIDDLEWARE = ['a']\n", 'other.py': 'from settings import *\n' },
    ],
    ['itself', { 'settings.py': "from settings import *\nMIDDLEWARE = ['a']\n" }],
    ['endless recursion', { 'settings.py': "MIDDLEWARE = ['a']\ndef f(x):\n    return f(x)\nX = f(1)\n" }],
    ['an endless loop', { 'settings.py': "MIDDLEWARE = ['a']\nwhile True:\n    X = 1\n" }],
  ])('%s ends', async (_name, files: Files) => {
    expect(await elements(files)).toEqual(['a']);
  });

  test('a list that doubles in a loop is cut off and said', async () => {
    const evaluated = await evaluate({
      'settings.py': `MIDDLEWARE = ['a']\nfor one in [${'1, '.repeat(100)}]:\n    MIDDLEWARE = MIDDLEWARE + MIDDLEWARE\n`,
    });
    const list = evaluated.list('MIDDLEWARE');
    expect(list?.complete).toBe(false);
    expect(list?.elements.length).toBeLessThan(10_000);
  });

  test('text that is no Python is read as far as possible', async () => {
    const list = await middleware({ 'settings.py': "MIDDLEWARE = ['a']\nthis is ( not python\n" });
    expect(shown(list)).toEqual(['a']);
    expect(codes(list)).toContain('unparsed');
  });
});

describe('values', () => {
  test.each([
    ["X = 'a' 'b'", { kind: 'string', value: 'ab' }],
    ['X = "caf\\u00e9"', { kind: 'string', value: 'café' }],
    ["X = r'\\n'", { kind: 'string', value: '\\n' }],
    ["Y = 'b'\nX = f'a{Y}c'", { kind: 'string', value: 'abc' }],
    ["X = 'a,b'.split(',')[-1]", { kind: 'string', value: 'b' }],
    ['X = 2 * 3 + 1', { kind: 'number', value: 7 }],
    ['X = not []', { kind: 'bool', value: true }],
    ["X = {'a': 1}['a']", { kind: 'number', value: 1 }],
    [
      "import os\nX = os.environ.get('D', '0') == '1'",
      { kind: 'environment', name: 'D', fallback: { kind: 'bool', value: false } },
    ],
    ["import os\nX = os.environ['D']", { kind: 'environment', name: 'D' }],
    [
      "from decouple import config\nX = config('D', default=True, cast=bool)",
      { kind: 'environment', name: 'D', fallback: { kind: 'bool', value: true } },
    ],
    [
      "import environ\nenv = environ.Env(D=(bool, False))\nX = env('D')",
      { kind: 'environment', name: 'D', fallback: { kind: 'bool', value: false } },
    ],
  ])('%s', async (text, expected) => {
    const { values } = await evaluate({ 'settings.py': `${text}\n` });
    expect(values.get('X')?.value).toEqual(expected);
  });

  test('a value with conditions names each alternative', async () => {
    const { values } = await evaluate({
      'settings.py': "import os\nDEBUG = False\nif os.environ.get('DEV'):\n    DEBUG = True\n",
    });
    expect(values.get('DEBUG')?.value).toEqual({
      kind: 'either',
      alternatives: [
        { conditions: ["os.environ.get('DEV')"], byDefault: false, value: { kind: 'bool', value: true } },
        { conditions: ["not os.environ.get('DEV')"], byDefault: true, value: { kind: 'bool', value: false } },
      ],
    });
  });
});
