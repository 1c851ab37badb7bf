import type { Files } from './evaluate.ts';

/**
 * Settings modules that do one odd thing each, by a name for it. A text stands after `MIDDLEWARE = ['a', 'b']` in
 * settings.py.
 */
export const SETTINGS_CASES: Readonly<Record<string, string | Files>> = {
  nameerror: { 'settings.py': "try:\n    MIDDLEWARE\nexcept NameError:\n    MIDDLEWARE = ['x']\n" },
  whileRebind: "n = 0\nwhile n < 2:\n    n += 1\n    MIDDLEWARE = MIDDLEWARE + ['x']\n",
  mutateWhileIterating: 'for m in MIDDLEWARE:\n    MIDDLEWARE.remove(m)\n',
  andAppend: "D = os.environ.get('ONE')\nD and MIDDLEWARE.append('x')\n",
  orAppend: "D = os.environ.get('ONE')\nD or MIDDLEWARE.insert(0, 'x')\n",
  ifExprAppend: "D = os.environ.get('ONE')\nMIDDLEWARE.append('x') if D else None\n",
  ifExprInsert: "MIDDLEWARE.insert(0, 'x') if os.environ.get('ONE') else MIDDLEWARE.append('y')\n",
  decorated:
    "def deco(f):\n    def g():\n        return f() + ['x']\n    return g\n@deco\ndef mw():\n    return ['a']\nMIDDLEWARE = mw()\n",
  decoratedExternal:
    "import functools\n@functools.lru_cache(None)\ndef mw():\n    return ['a']\nMIDDLEWARE = mw()\n",
  nonlocal:
    "def f():\n    x = ['p']\n    def g():\n        nonlocal x\n        x = ['q']\n    g()\n    return x\nMIDDLEWARE = f()\n",
  closureDeep:
    "def f():\n    x = ['p']\n    def g():\n        def h():\n            return x + ['h']\n        return h\n    return g()()\nMIDDLEWARE = f()\n",
  closureShadow:
    "x = ['global']\ndef f():\n    x = ['p']\n    def g():\n        def h():\n            return x + ['h']\n        return h\n    return {'h': g()}\nMIDDLEWARE = f()['h']()\n",
  defaultShared: "def f(v, x=[]):\n    x.append(v)\n    return x\nf('p')\nMIDDLEWARE = f('q')\n",
  defaultEarly: "Y = ['early']\ndef f(x=Y):\n    return x\nY = ['late']\nMIDDLEWARE = f()\n",
  generator: "def g():\n    yield 'p'\n    yield 'q'\nMIDDLEWARE = list(g())\n",
  generatorSide: "def g():\n    MIDDLEWARE.append('x')\n    yield 'p'\ng()\n",
  starTarget: "p, *MIDDLEWARE = ['x', 'y']\n",
  starTarget3: "p, *MIDDLEWARE, q = ['x', 'y', 'z']\n",
  starTargetMore: "p, *MIDDLEWARE = ['x', 'y', 'z']\n",
  unpackCond:
    "L = ['x', 'y']\nif os.environ.get('ONE'): L = ['y']\nelse: L += ['z']\np, q, r = (L + ['s', 't'])[:3]\nMIDDLEWARE = [p, q]\n",
  dunderIadd: "MIDDLEWARE.__iadd__(['x'])\n",
  setitem: "MIDDLEWARE.__setitem__(0, 'x')\n",
  listUnbound: "list.append(MIDDLEWARE, 'x')\n",
  mapAppend: "list(map(MIDDLEWARE.append, ['x']))\n",
  anyGen: "any(MIDDLEWARE.append(x) for x in ['x','y'])\n",
  listMapLambda: "list(map(lambda m: MIDDLEWARE.append(m), ['x']))\n",
  reduceFn: "import functools\nMIDDLEWARE = functools.reduce(lambda a, b: a + [b], ['x','y'], MIDDLEWARE)\n",
  partial: "import functools\nfunctools.partial(MIDDLEWARE.append, 'x')()\n",
  forMapAppend: "for _ in map(MIDDLEWARE.append, ['x']): pass\n",
  removeUnknownItem: "MIDDLEWARE = [os.environ.get('X', 'b'), 'c']\nMIDDLEWARE.remove('b')\n",
  indexUnknownItem:
    "MIDDLEWARE = [os.environ.get('X', 'b'), 'b', 'c']\nMIDDLEWARE.insert(MIDDLEWARE.index('b'), 'x')\n",
  lenDoubt: "O = ['p','q','r']\ndel O[0]\nif len(O) > 2:\n    MIDDLEWARE = ['wrong']\n",
  itemDoubt: "O = ['p','q','r']\ndel O[0]\nMIDDLEWARE = [O[0]]\n",
  popDoubt: "O = ['p','q','r']\ndel O[0]\nMIDDLEWARE.append(O.pop(0))\n",
  truthDoubt: "O = ['p']\ndel O[0]\nif O:\n    MIDDLEWARE = ['wrong']\n",
  indexDoubt: "O = ['p','q','r']\ndel O[0]\nMIDDLEWARE.insert(O.index('r'), 'x')\n",
  joinDoubt: "O = ['p','q','r']\ndel O[0]\nMIDDLEWARE.append('.'.join(O))\n",
  setOrder: "MIDDLEWARE = list(set(['b','a','c','d']))\n",
  setOrder2: "MIDDLEWARE = [*{'b','a','c','d'}]\n",
  setOrder3: "S = {'b','a','c','d'}\nMIDDLEWARE = [m for m in S]\n",
  setFor: "S = {'b','a','c','d'}\nfor m in S: MIDDLEWARE.append(m)\n",
  setDedupe: "MIDDLEWARE = sorted(set(['b','a','b']))\n",
  setLen: "MIDDLEWARE = ['x'] if len(set(['a','a'])) == 1 else ['y']\n",
  setLen2: "MIDDLEWARE = ['x'] if len({'a','a'}) == 1 else ['y']\n",
  fromkeys: "MIDDLEWARE = list(dict.fromkeys(MIDDLEWARE + ['a']))\n",
  dictUnknownKey: "D = {'p': ['x']}\nk = os.sep\nD[k] = ['y']\nMIDDLEWARE = D.get('/', ['z'])\n",
  dictGetUnknownKey: "D = {'/': ['x']}\nMIDDLEWARE = D.get(os.sep, ['z'])\n",
  dictUpdateUnknown:
    "import json\nD = {'m': ['x']}\nD.update(json.loads('{\"m\": [\"y\"]}'))\nMIDDLEWARE = D['m']\n",
  dictUpdatePairs: "D = {'m': ['x']}\nD.update([('m', ['y'])])\nMIDDLEWARE = D['m']\n",
  dictOfPairs: "D = dict([('m', ['y'])], n=['z'])\nMIDDLEWARE = D.get('m', ['q'])\n",
  dictClear: "D = {'m': ['x']}\nD.clear()\nMIDDLEWARE = D.get('m', ['z'])\n",
  dictPopitem: "D = {'m': ['x'], 'n': ['y']}\nD.popitem()\nMIDDLEWARE = D.get('n', ['z'])\n",
  dictDel: "D = {'m': ['x'], 'n': ['y']}\ndel D['m']\nMIDDLEWARE = D.get('m', ['z'])\n",
  dictCondKeys: "D = {'m': 1}\nif os.environ.get('ONE'):\n    D['n'] = 1\nMIDDLEWARE = list(D)\n",
  dictCondIn:
    "D = {'m': 1}\nif os.environ.get('ONE'):\n    D['n'] = 1\nif 'n' in D:\n    MIDDLEWARE = ['x']\n",
  dictCondFor:
    "D = {'m': 1}\nif os.environ.get('ONE'):\n    D['n'] = 1\nfor k, v in D.items():\n    MIDDLEWARE.append(k)\n",
  dictCondGet: "D = {}\nif os.environ.get('ONE'):\n    D['n'] = ['x']\nMIDDLEWARE = D.get('n', ['z'])\n",
  dictDelCond:
    "D = {'m': ['x']}\nif os.environ.get('ONE'):\n    del D['m']\nMIDDLEWARE = D.get('m', ['z'])\n",
  dictPopCond:
    "D = {'m': ['x']}\nif not os.environ.get('ONE'):\n    D.pop('m')\nMIDDLEWARE = D.get('m', ['z'])\n",
  dictValuesOrder: "D = {'m': ['x'], 'n': ['y']}\nD['m'] = ['z']\nMIDDLEWARE = [*D['m'], *D['n']]\n",
  dictDisplaySplatOrder: "D = {'a': 1, 'b': 1}\nE = {**D, 'a': 2}\nMIDDLEWARE = list(E)\n",
  dictPopReinsert: "D = {'a': 1, 'b': 1}\nD['a'] = D.pop('a')\nMIDDLEWARE = list(D)\n",
  dictComp: "MIDDLEWARE = list({k: 1 for k in ['x','y']})\n",
  globalsPop: "globals().pop('MIDDLEWARE')\nMIDDLEWARE = globals().get('MIDDLEWARE', ['x'])\n",
  globalsPopEnd: "X = globals().pop('MIDDLEWARE')\nMIDDLEWARE = ['y'] + X\n",
  globalsSet: "globals().__setitem__('MIDDLEWARE', ['x'])\n",
  globalsUpdateKw: "globals().update(MIDDLEWARE=['x'])\n",
  globalsUpdateUnknownKeys: "globals().update({k: ['x'] for k in ['MIDDLEWARE']})\n",
  globalsSubKey: "for k in ('MIDDLEWARE', 'B'):\n    globals()[k] = ['x']\n",
  varsItems: "for k, v in list(globals().items()):\n    if k == 'MIDDLEWARE':\n        v.append('x')\n",
  setattrLoop: "for k in ['MIDDLEWARE']:\n    setattr(sys.modules[__name__], k, ['x'])\n",
  sysmodulesAttr: "sys.modules[__name__].MIDDLEWARE = ['x']\n",
  sysmodulesVar: "me = sys.modules[__name__]\nme.MIDDLEWARE.append('x')\n",
  sysmodulesDict: "sys.modules[__name__].__dict__['MIDDLEWARE'] = ['x']\n",
  sysmodulesDictUpdate: "sys.modules[__name__].__dict__.update(MIDDLEWARE=['x'])\n",
  sysmodulesByName: {
    'settings.py': "import sys\nMIDDLEWARE = ['a']\nsys.modules['settings'].MIDDLEWARE = ['x']\n",
  },
  importSelf: {
    'settings.py': "import sys\nMIDDLEWARE = ['a']\nimport settings\nsettings.MIDDLEWARE.append('x')\n",
  },
  suppress:
    "import contextlib\nwith contextlib.suppress(Exception):\n    import nothing_here\n    MIDDLEWARE = ['x']\n",
  suppress2:
    "from contextlib import suppress\nwith suppress(ImportError):\n    from nothing_here import *\n    MIDDLEWARE.append('x')\n",
  suppressKey:
    "from contextlib import suppress\nwith suppress(KeyError):\n    X = os.environ['NOPE']\n    MIDDLEWARE.append('x')\n",
  suppressRaise:
    "from contextlib import suppress\nwith suppress(Exception):\n    raise ValueError\nMIDDLEWARE.append('x')\n",
  tryPartial:
    "try:\n    MIDDLEWARE.append('x')\n    import nothing_here\n    MIDDLEWARE.append('y')\nexcept ImportError:\n    MIDDLEWARE.append('z')\n",
  tryOpen:
    "try:\n    open('/nonexistent')\n    MIDDLEWARE.append('x')\nexcept IOError:\n    MIDDLEWARE.append('z')\n",
  tryOpenWith:
    "try:\n    with open('/nonexistent') as f:\n        MIDDLEWARE.append('x')\nexcept OSError:\n    pass\n",
  tryInt: "try:\n    int('x')\n    MIDDLEWARE.append('x')\nexcept ValueError:\n    pass\n",
  tryIntEnv:
    "try:\n    int(os.environ.get('LIST', 'x'))\n    MIDDLEWARE.append('x')\nexcept ValueError:\n    pass\n",
  tryRemove: "try:\n    MIDDLEWARE.remove('q')\n    MIDDLEWARE.append('x')\nexcept ValueError:\n    pass\n",
  tryIndex: "try:\n    MIDDLEWARE[7]\n    MIDDLEWARE.append('x')\nexcept IndexError:\n    pass\n",
  tryName: "try:\n    NOPE\n    MIDDLEWARE.append('x')\nexcept NameError:\n    pass\n",
  tryFinally: "try:\n    MIDDLEWARE.append('x')\nfinally:\n    MIDDLEWARE.append('y')\n",
  tryElse:
    "try:\n    import json\nexcept ImportError:\n    MIDDLEWARE.append('x')\nelse:\n    MIDDLEWARE.append('y')\n",
  tryReturn: "def f():\n    try:\n        return ['x']\n    finally:\n        MIDDLEWARE.append('y')\nf()\n",
  tryReturn2:
    "def f():\n    try:\n        import nothing_here\n        return ['x']\n    except ImportError:\n        return ['y']\nMIDDLEWARE = f()\n",
  tryRaiseCaught:
    "def f():\n    raise ValueError\ntry:\n    f()\n    MIDDLEWARE.append('x')\nexcept ValueError:\n    MIDDLEWARE.append('y')\n",
  tryTwoHandlers:
    "try:\n    raise ValueError\nexcept ImportError:\n    MIDDLEWARE.append('x')\nexcept ValueError:\n    MIDDLEWARE.append('y')\n",
  tryNested:
    "try:\n    try:\n        import nothing_here\n    except ImportError:\n        raise\n    MIDDLEWARE.append('x')\nexcept ImportError:\n    MIDDLEWARE.append('y')\n",
  tryKeyEnv: "try:\n    X = os.environ['NOPE']\nexcept KeyError:\n    MIDDLEWARE.append('y')\n",
  tryDict: "D = {}\ntry:\n    MIDDLEWARE = D['x']\nexcept KeyError:\n    MIDDLEWARE.append('y')\n",
  tryUnpack: "try:\n    p, q = ['x']\n    MIDDLEWARE.append('x')\nexcept ValueError:\n    pass\n",
  tryAssert: "try:\n    assert False\n    MIDDLEWARE.append('x')\nexcept AssertionError:\n    pass\n",
  tryMethodNone:
    "X = None\ntry:\n    X.foo()\n    MIDDLEWARE.append('x')\nexcept AttributeError:\n    pass\n",
  tryFromNoName: {
    'settings.py':
      "MIDDLEWARE = ['a']\ntry:\n    from other import NOPE\n    MIDDLEWARE.append('x')\nexcept ImportError:\n    pass\n",
    'other.py': 'A = 1\n',
  },
  tryFromRaises: {
    'settings.py':
      "MIDDLEWARE = ['a']\ntry:\n    from other import *\nexcept Exception:\n    MIDDLEWARE.append('z')\n",
    'other.py': 'raise ValueError\nMIDDLEWARE = ["other"]\n',
  },
  tryFromMissingInner: {
    'settings.py':
      "MIDDLEWARE = ['a']\ntry:\n    from other import *\nexcept ImportError:\n    MIDDLEWARE.append('z')\n",
    'other.py': 'import nothing_here\nMIDDLEWARE = ["other"]\n',
  },
  starConditional: {
    'settings.py': "MIDDLEWARE = ['a']\nfrom other import *\n",
    'other.py': "import os\nif os.environ.get('ONE'):\n    MIDDLEWARE = ['x']\n",
  },
  starConditionalFalse: {
    'settings.py': "MIDDLEWARE = ['a']\nfrom other import *\n",
    'other.py': "import os\nif not os.environ.get('ONE'):\n    MIDDLEWARE = ['x']\n",
  },
  starAll: {
    'settings.py': "MIDDLEWARE = ['a']\nfrom other import *\n",
    'other.py': "__all__ = ['B']\nB = 1\nMIDDLEWARE = ['x']\n",
  },
  starAllPlus: {
    'settings.py': "MIDDLEWARE = ['a']\nfrom other import *\n",
    'other.py': "__all__ = ['B']\n__all__ += ['MIDDLEWARE']\nB = 1\nMIDDLEWARE = ['x']\n",
  },
  starAllComp: {
    'settings.py': "MIDDLEWARE = ['a']\nfrom other import *\n",
    'other.py': "B = 1\nMIDDLEWARE = ['x']\n__all__ = [n for n in dir() if n != 'MIDDLEWARE']\n",
  },
  starAllCond: {
    'settings.py': "MIDDLEWARE = ['a']\nfrom other import *\n",
    'other.py':
      "import os\nB = 1\nMIDDLEWARE = ['x']\n__all__ = ['B']\nif os.environ.get('ONE'): __all__.append('MIDDLEWARE')\n",
  },
  starUnderscore: {
    'settings.py':
      "from other import *\nMIDDLEWARE = ['a']\ntry:\n    MIDDLEWARE += _x\nexcept NameError:\n    pass\n",
    'other.py': "_x = ['x']\n",
  },
  starCycle: {
    'settings.py': "MIDDLEWARE = ['a']\nfrom other import *\n",
    'other.py': "from settings import *\nMIDDLEWARE = MIDDLEWARE + ['x']\n",
  },
  starDeleted: {
    'settings.py': "MIDDLEWARE = ['a']\nfrom other import *\n",
    'other.py': "MIDDLEWARE = ['x']\ndel MIDDLEWARE\n",
  },
  formatSpec: "MIDDLEWARE.append('{:>3}'.format('x'))\n",
  formatBraces: "MIDDLEWARE.append('{{{}}}'.format('x'))\n",
  formatAttr: "MIDDLEWARE.append('{0.real}'.format(1))\n",
  fstringBraces: "MIDDLEWARE.append(f'{{x}}')\n",
  fstringSpec: "n = 3\nMIDDLEWARE.append(f'{n:03d}')\n",
  fstringEq: "n = 3\nMIDDLEWARE.append(f'{n=}')\n",
  fstringBool: "n = True\nMIDDLEWARE.append(f'{n}')\n",
  strBool: 'MIDDLEWARE.append(str(True))\n',
  strNone: 'MIDDLEWARE.append(str(None))\n',
  strFloat: 'MIDDLEWARE.append(str(1.0))\n',
  strDiv: 'MIDDLEWARE.append(str(4/2))\n',
  strList: "MIDDLEWARE.append(str(['x']))\n",
  strUnpack: "MIDDLEWARE += 'xy'\n",
  strMul: "MIDDLEWARE += 'xy' * 2\n",
  strip: "MIDDLEWARE.append(' x\\n'.strip())\n",
  splitMax: "MIDDLEWARE = 'x y z'.split(' ', 1)\n",
  splitStrip: "MIDDLEWARE = [m.strip() for m in 'x, y,, z'.split(',') if m.strip()]\n",
  escapeN: "MIDDLEWARE = ['\\N{BULLET}']\n",
  replaceCount: "MIDDLEWARE = ['aaa'.replace('a', 'b', 1)]\n",
  startTuple: "if 'abc'.startswith(('x', 'a')): MIDDLEWARE = ['x']\n",
  bytesDecode: "MIDDLEWARE = [b'x'.decode()]\n",
  intFloat: "MIDDLEWARE.insert(int('1'), 'x')\n",
  intTrunc: "MIDDLEWARE.insert(int(1.9), 'x')\n",
  intDivNeg: "MIDDLEWARE.insert(-3 // 2, 'x')\n",
  boolIndex: "MIDDLEWARE.insert(True, 'x')\n",
  boolIndex2: "MIDDLEWARE[True] = 'x'\n",
  invert: "MIDDLEWARE.insert(~0, 'x')\n",
  isinstanceBool: "if isinstance(True, int): MIDDLEWARE = ['x']\n",
  isinstanceAlias: "T = (str, list)\nif isinstance(MIDDLEWARE, T): MIDDLEWARE = ['x']\n",
  typeIs: "if type(MIDDLEWARE) is list: MIDDLEWARE.append('x')\n",
  typeEq: "if type(MIDDLEWARE) == tuple: MIDDLEWARE = MIDDLEWARE + ('x',)\nelse:\n    MIDDLEWARE += ['x']\n",
  listEq: "if MIDDLEWARE == ['a', 'b']: MIDDLEWARE.append('x')\n",
  boolEqNumber: "if 1 in [True]: MIDDLEWARE.append('x')\n",
  setter:
    "class S:\n    @property\n    def MIDDLEWARE(self):\n        return ['p']\n    @MIDDLEWARE.setter\n    def MIDDLEWARE(self, v):\n        pass\nMIDDLEWARE = S().MIDDLEWARE\n",
  mroC3:
    "class A: M=['A']\nclass B: M=['B']\nclass C(A, B): pass\nclass D(B): pass\nclass E(C, D): pass\nMIDDLEWARE = E.M\n",
  mroC3b:
    "class O:\n    M = ['O']\nclass A(O): pass\nclass B(O): M = ['B']\nclass C(A, B): pass\nMIDDLEWARE = C.M\n",
  mroC3c:
    "class F: pass\nclass E(F): M = ['E']\nclass D(F): M = ['D']\nclass C(D, F): pass\nclass B(E, D): pass\nclass A(B, C): pass\nMIDDLEWARE = A.M\n",
  superChain:
    "class A:\n    def m(self): return ['A']\nclass B(A):\n    def m(self): return super().m() + ['B']\nclass C(A):\n    def m(self): return super().m() + ['C']\nclass D(B, C):\n    def m(self): return super().m() + ['D']\nMIDDLEWARE = D().m()\n",
  superInherited:
    "class A:\n    def m(self): return ['A']\nclass B(A):\n    def m(self): return super().m() + ['B']\nclass C(B):\n    pass\nMIDDLEWARE = C().m()\n",
  superTwoArgs:
    "class A:\n    def m(self): return ['A']\nclass B(A):\n    def m(self): return super(B, self).m() + ['B']\nclass C(B):\n    def m(self): return super(C, self).m() + ['C']\nMIDDLEWARE = C().m()\n",
  superClassmethod:
    "class A:\n    @classmethod\n    def m(cls): return ['A']\nclass B(A):\n    @classmethod\n    def m(cls): return super().m() + ['B']\nMIDDLEWARE = B.m()\n",
  classMutate: "class A:\n    M = ['A']\nclass B(A):\n    pass\nB.M.append('x')\nMIDDLEWARE = A.M\n",
  classAugInst: "class A:\n    M = ['A']\na = A()\na.M += ['x']\nMIDDLEWARE = A.M\n",
  classSetattr: "class A:\n    M = ['A']\nsetattr(A, 'M', ['x'])\nMIDDLEWARE = A.M\n",
  classDelattr: "class O:\n    M = ['O']\nclass A(O):\n    M = ['A']\ndel A.M\nMIDDLEWARE = A.M\n",
  classGetattr: "class A:\n    def __getattr__(self, n): return ['g', n]\nMIDDLEWARE = A().M\n",
  classMeta:
    "class M(type):\n    def __new__(m, n, b, d):\n        d['M'] = ['meta']\n        return type.__new__(m, n, b, d)\nclass A(metaclass=M):\n    M = ['A']\nMIDDLEWARE = A.M\n",
  initSubclass:
    "class A:\n    def __init_subclass__(cls, **k):\n        cls.M = ['x']\nclass B(A):\n    M = ['B']\nMIDDLEWARE = B.M\n",
  classDeco:
    "def deco(c):\n    c.M = ['deco']\n    return c\n@deco\nclass A:\n    M = ['A']\nMIDDLEWARE = A.M\n",
  classBodyFor: "class A:\n    M = ['A']\n    for x in ['p','q']:\n        M.append(x)\nMIDDLEWARE = A.M\n",
  classIf:
    "class A:\n    M = ['A']\n    if os.environ.get('ONE'):\n        M = M + ['x']\nMIDDLEWARE = A.M\n",
  classBaseCond:
    "class A: M = ['A']\nclass B: M = ['B']\nX = A\nif os.environ.get('ONE'): X = B\nclass C(X): pass\nMIDDLEWARE = C.M\n",
  staticScope:
    "M = ['g']\nclass A:\n    M = ['A']\n    @staticmethod\n    def f(): return M\nMIDDLEWARE = A.f()\n",
  classScopeFn: "M = ['g']\nclass A:\n    M = ['A']\n    def f(self): return M\nMIDDLEWARE = A().f()\n",
  classScopeFn2: "M = ['g']\nclass A:\n    M = ['A']\n    def f(self): return M\nMIDDLEWARE = A.f(None)\n",
  call: "class A:\n    def __call__(self): return ['x']\nMIDDLEWARE = A()()\n",
  callMut: "class A:\n    def __call__(self, l): l.append('x')\nA()(MIDDLEWARE)\n",
  addDunder: "class A:\n    def __radd__(self, l): return l + ['x']\nMIDDLEWARE = MIDDLEWARE + A()\n",
  kwargsUnknown:
    'import json\ndef f(x=(\'p\',)):\n    return list(x)\nMIDDLEWARE = f(**json.loads(\'{"x": ["q"]}\'))\n',
  argsUnknown:
    "import json\ndef f(x=('p',), y=('q',)):\n    return [*x, *y]\nMIDDLEWARE = f(*json.loads('[[\"r\"], [\"s\"]]'))\n",
  argsCond:
    "A = [['r']]\nif os.environ.get('ONE'): A.append(['s'])\ndef f(x=('p',), y=('q',)):\n    return [*x, *y]\nMIDDLEWARE = f(*A)\n",
  kwonly: "def f(*, x=('p',)):\n    return list(x)\nMIDDLEWARE = f(x=['q'])\n",
  posonly: "def f(x, /, y=('p',)):\n    return [*x, *y]\nMIDDLEWARE = f(['q'], y=['z'])\n",
  varargs: "def f(x, *r, **k):\n    return [*x, *r, *k]\nMIDDLEWARE = f(['q'], 'r', 's', t=1)\n",
  kwonlyAfterArgs: "def f(*r, x=('p',)):\n    return [*r, *x]\nMIDDLEWARE = f('q', 'r')\n",
  recursion: "def f(n):\n    return ['x'] if n == 0 else f(n - 1) + [str(n)]\nMIDDLEWARE = f(3)\n",
  recursionDeep: "def f(n):\n    return ['x'] if n == 0 else f(n - 1) + [str(n)]\nMIDDLEWARE = f(30)\n",
  recursionDeepMut: 'def f(n):\n    if n: \n        MIDDLEWARE.append(str(n)); f(n - 1)\nf(15)\n',
  delSlice: "del MIDDLEWARE[:]\nMIDDLEWARE += ['x']\n",
  delItem: 'del MIDDLEWARE[0]\n',
  delSlice1: 'del MIDDLEWARE[1:]\n',
  sliceStep: "MIDDLEWARE = ['a','b','c','d'][::2]\n",
  sliceRev: 'MIDDLEWARE[:] = MIDDLEWARE[::-1]\n',
  sliceAssignStep: "MIDDLEWARE[::2] = ['x']\n",
  sliceAll: "X = MIDDLEWARE\nMIDDLEWARE[:] = ['x'] + MIDDLEWARE\nMIDDLEWARE = X\n",
  mulList: 'MIDDLEWARE *= 2\n',
  mulList2: 'MIDDLEWARE = MIDDLEWARE * 2\n',
  aug: "X = MIDDLEWARE\nX += ['x']\n",
  augTuple: "MIDDLEWARE = ('a',)\nX = MIDDLEWARE\nX += ('x',)\n",
  augSub: "D = {'m': MIDDLEWARE}\nD['m'] += ['x']\n",
  augSub2: "D = [MIDDLEWARE]\nD[0] += ['x']\n",
  augAttr: "class A: pass\nA.m = MIDDLEWARE\nA.m += ['x']\n",
  chained: "MIDDLEWARE = X = ['p']\nX.append('q')\n",
  chainedSub: "D = {}\nMIDDLEWARE = D['x'] = ['p']\nD['x'].append('q')\n",
  walrus: 'if (n := len(MIDDLEWARE)) > 1: MIDDLEWARE.append(str(n))\n',
  walrusComp: '[last := m for m in MIDDLEWARE]\nMIDDLEWARE.append(last)\n',
  walrusShort: "os.environ.get('ONE') and (MIDDLEWARE := ['x'])\n",
  walrusIf: "MIDDLEWARE.append((x := 'p') if os.environ.get('ONE') else (x := 'q'))\nMIDDLEWARE.append(x)\n",
  compFilterLower: "MIDDLEWARE = [m for m in MIDDLEWARE if m.startswith('a')]\n",
  compPrefix: "MIDDLEWARE = ['x.' + m for m in MIDDLEWARE]\n",
  compFormat: "MIDDLEWARE = [f'x.{m}' for m in MIDDLEWARE]\n",
  compLookup: "D = {'a': 'A', 'b': 'B'}\nMIDDLEWARE = [D[m] for m in MIDDLEWARE]\n",
  compIn: "MIDDLEWARE = [m for m in MIDDLEWARE if m in ('a', 'b')]\n",
  compLen: 'MIDDLEWARE = [m for m in MIDDLEWARE if len(m) < 3]\n',
  compDup: 'MIDDLEWARE = [m for m in MIDDLEWARE if not MIDDLEWARE.count(m) > 1]\n',
  filterLambda: "MIDDLEWARE = list(filter(lambda m: m in ('a', 'b'), MIDDLEWARE))\n",
  filterStarts: "MIDDLEWARE = list(filter(lambda m: m.startswith('a'), MIDDLEWARE))\n",
  mapUpper: 'MIDDLEWARE = list(map(str.upper, MIDDLEWARE))\n',
  mapLambda: "MIDDLEWARE = list(map(lambda m: 'x' + m, MIDDLEWARE))\n",
  forFilter:
    "OUT = []\nfor m in MIDDLEWARE:\n    if m.startswith('a'):\n        OUT.append(m)\nMIDDLEWARE = OUT\n",
  forPrefix: "OUT = []\nfor m in MIDDLEWARE:\n    OUT.append('x.' + m)\nMIDDLEWARE = OUT\n",
  forInsert0: 'OUT = []\nfor m in MIDDLEWARE:\n    OUT.insert(0, m)\nMIDDLEWARE = OUT\n',
  chain: "import itertools\nMIDDLEWARE = list(itertools.chain(['x'], MIDDLEWARE))\n",
  chainFrom: "import itertools\nMIDDLEWARE = list(itertools.chain.from_iterable([['x'], MIDDLEWARE]))\n",
  sumLists: "MIDDLEWARE = sum([['x'], MIDDLEWARE], [])\n",
  zipping: 'MIDDLEWARE = [m for m, on in zip(MIDDLEWARE, [True, False]) if on]\n',
  enumerating: 'MIDDLEWARE = [m for i, m in enumerate(MIDDLEWARE) if i > 0]\n',
  pairs: "MIDDLEWARE = [m for m, on in [('p', True), ('q', False)] if on]\n",
  compNested: "MIDDLEWARE = [m for g in [['x'], ['y']] for m in g]\n",
  sortedKey: "MIDDLEWARE = sorted(['b', 'a'], key=len)\n",
  sortedRev: "MIDDLEWARE = sorted(['b', 'a'], reverse=True)\n",
  sortM: 'MIDDLEWARE.sort(reverse=True)\n',
  reversedList: 'MIDDLEWARE = list(reversed(MIDDLEWARE))\n',
  generatorOnce: 'g = (m for m in MIDDLEWARE)\nx = list(g)\nMIDDLEWARE = list(g)\n',
  generatorLazy: "g = (m for m in MIDDLEWARE)\nMIDDLEWARE.append('x')\nMIDDLEWARE = list(g)\n",
  generatorLazyName: "Y = 'a'\ng = (m for m in MIDDLEWARE if m != Y)\nY = 'b'\nMIDDLEWARE = list(g)\n",
  reversedOnce: 'g = reversed(MIDDLEWARE)\nlist(g)\nMIDDLEWARE = list(g)\n',
  filterOnce: 'g = filter(None, MIDDLEWARE)\nlist(g)\nMIDDLEWARE = list(g)\n',
  keysView: "D = {'a': 1}\nk = D.keys()\nD['b'] = 1\nMIDDLEWARE = list(k)\n",
  iterNext: 'g = iter(MIDDLEWARE)\nnext(g)\nMIDDLEWARE = list(g)\n',
  execText: 'exec("MIDDLEWARE.append(\'x\')")\n',
  evalText: 'MIDDLEWARE = eval("[\'x\']")\n',
  execIn: "def f():\n    exec('MIDDLEWARE.append(1)')\nf()\n",
  compileExec: "exec(compile('MIDDLEWARE = [1]', 'x', 'exec'))\n",
  execAlias: 'run = exec\nrun("MIDDLEWARE.append(\'x\')")\n',
  builtinsExec: 'import builtins\nbuiltins.exec("MIDDLEWARE.append(\'x\')")\n',
  assertWalrus: "assert MIDDLEWARE.append('x') is None\n",
  whileTrue: "while True:\n    MIDDLEWARE.append('x')\n    break\n",
  whileElse: "n = 2\nwhile n:\n    n -= 1\nelse:\n    MIDDLEWARE.append('x')\n",
  forElse: "for x in ['p']:\n    if x == 'q': break\nelse:\n    MIDDLEWARE.append('x')\n",
  forBreak:
    "for x in ['p', 'q', 'r']:\n    if x == 'q': break\n    MIDDLEWARE.append(x)\nelse:\n    MIDDLEWARE.append('x')\n",
  forBreakEnv:
    "for x in ['p', 'q', 'r']:\n    if os.environ.get('ONE') and x == 'q': break\n    MIDDLEWARE.append(x)\nelse:\n    MIDDLEWARE.append('z')\n",
  forContinue: "for x in ['p', 'q', 'r']:\n    if x == 'q': continue\n    MIDDLEWARE.append(x)\n",
  forRange: 'for i in range(2):\n    MIDDLEWARE.append(str(i))\n',
  forRangeRebind: 'for i in range(2):\n    MIDDLEWARE = MIDDLEWARE + [str(i)]\n',
  forUnknownRebind: "for k in os.environ:\n    MIDDLEWARE = ['x'] + MIDDLEWARE\n",
  forLoopVar: 'for m in MIDDLEWARE:\n    pass\nMIDDLEWARE.append(m)\n',
  forTuple: "for m, n in [('p', 'q')]:\n    MIDDLEWARE += [m, n]\n",
  forTupleCond:
    "for m, on in (('p', True), ('q', os.environ.get('ONE'))):\n    if on:\n        MIDDLEWARE.append(m)\n",
  forAppendSame: "for m in MIDDLEWARE:\n    if len(MIDDLEWARE) < 5:\n        MIDDLEWARE.append(m + 'x')\n",
  lambdaMut: "(lambda l: l.append('x'))(MIDDLEWARE)\n",
  lambdaDefault: "f = lambda x=MIDDLEWARE: x + ['l']\nMIDDLEWARE = ['n']\nMIDDLEWARE = f()\n",
  lambdaCond: "f = lambda: ['x'] if os.environ.get('ONE') else ['y']\nMIDDLEWARE = f()\n",
  lambdaLate: "fs = []\nfor x in ['p','q']:\n    fs.append(lambda: x)\nMIDDLEWARE = [f() for f in fs]\n",
  typeChecking: "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    MIDDLEWARE = ['x']\n",
  copyDeep: "import copy\nX = copy.deepcopy({'m': MIDDLEWARE})\nX['m'].append('x')\n",
  copyDeep2: "import copy\nX = [MIDDLEWARE]\nY = copy.copy(X)\nY[0].append('x')\n",
  copyDeep3: "import copy\nX = [MIDDLEWARE]\nY = copy.deepcopy(X)\nY[0].append('x')\n",
  listCopyUnbound: "X = list.copy(MIDDLEWARE)\nX.append('x')\n",
  nestedEscape:
    "import functools\nf = functools.partial(lambda d: d['m'].append('x'))\nf({'m': MIDDLEWARE})\n",
  heapq: "import heapq\nheapq.heappush(MIDDLEWARE, 'A')\n",
  bisectAlias: "from bisect import insort\ninsort(MIDDLEWARE, 'aa')\n",
  random: 'import random\nrandom.shuffle(MIDDLEWARE)\n',
  operatorIadd: "import operator\noperator.iadd(MIDDLEWARE, ['x'])\n",
  getattrMethod: "getattr(MIDDLEWARE, 'append')('x')\n",
  getattrDefault: {
    'settings.py': "import other\nMIDDLEWARE = getattr(other, 'M', ['d'])\n",
    'other.py': 'from json import *\nfrom textwrap import *\n',
  },
  getattrCond: {
    'settings.py': "import other\nMIDDLEWARE = getattr(other, 'M', ['d'])\n",
    'other.py': "import os\nif os.environ.get('ONE'):\n    M = ['x']\n",
  },
  getattrCond2: {
    'settings.py': "import other\nMIDDLEWARE = getattr(other, 'M', ['d'])\n",
    'other.py': "import os\nif not os.environ.get('ONE'):\n    M = ['x']\n",
  },
  hasattrCond: {
    'settings.py': "import other\nMIDDLEWARE = ['d']\nif hasattr(other, 'M'): MIDDLEWARE = other.M\n",
    'other.py': "import os\nif os.environ.get('ONE'):\n    M = ['x']\n",
  },
  inGlobalsCond:
    "if os.environ.get('ONE'):\n    EXTRA = ['x']\nif 'EXTRA' in globals():\n    MIDDLEWARE += EXTRA\n",
  inGlobalsCond2:
    "if not os.environ.get('ONE'):\n    EXTRA = ['x']\nif 'EXTRA' in globals():\n    MIDDLEWARE += EXTRA\nelse:\n    MIDDLEWARE += ['no']\n",
  globalsGetCond:
    "if os.environ.get('ONE'):\n    EXTRA = ['x']\nMIDDLEWARE += globals().get('EXTRA', ['dflt'])\n",
  delCond: "if os.environ.get('ONE'):\n    del MIDDLEWARE\nMIDDLEWARE = globals().get('MIDDLEWARE', ['x'])\n",
  tryNameCond:
    "if os.environ.get('ONE'):\n    EXTRA = ['x']\ntry:\n    MIDDLEWARE += EXTRA\nexcept NameError:\n    MIDDLEWARE += ['no']\n",
  environGetNone: "X = os.environ.get('ONE')\nif X is None: MIDDLEWARE.append('x')\n",
  environOrList: "MIDDLEWARE = (os.environ.get('NOPE') and ['x']) or ['y']\n",
  environSplit: "MIDDLEWARE = os.environ.get('LIST', 'x,y').split(',')\n",
  environSplitComp: "MIDDLEWARE += [m for m in os.environ.get('LIST', 'x,y').split(',') if m]\n",
  environIntInsert: "MIDDLEWARE.insert(int(os.environ.get('TWO', '0')), 'x')\n",
  strtobool:
    "def strtobool(v): return v.lower() in ('y', 'yes', '1')\nif strtobool(os.environ.get('ONE', 'no')): MIDDLEWARE.append('x')\n",
  boolEnv: "if bool(os.environ.get('ONE')): MIDDLEWARE.append('x')\n",
  ternaryNested:
    "MIDDLEWARE = ['x'] if os.environ.get('ONE') else ['y'] if os.environ.get('TWO') else ['z']\n",
  dictDispatch:
    "MIDDLEWARE = {'1': ['x'], None: ['y']}[os.environ.get('ONE') if os.environ.get('ONE') == '1' else None]\n",
  dictDispatch2: "MIDDLEWARE = {'1': ['x']}.get(os.environ.get('ONE'), ['y'])\n",
  listDispatch: "MIDDLEWARE = [['x'], ['y']][bool(os.environ.get('ONE'))]\n",
  listDispatch2: "D = True\nMIDDLEWARE = [['x'], ['y']][D]\n",
  listDispatch3: "D = False\nMIDDLEWARE = (['x'], ['y'])[not D]\n",
  aliasCond: "X = []\nif os.environ.get('ONE'): X = MIDDLEWARE\nX.append('x')\n",
  aliasOr: "X = os.environ.get('NOPE') or MIDDLEWARE\nX.append('x')\n",
  aliasOrEnvSet: "X = os.environ.get('ONE') or MIDDLEWARE\nif isinstance(X, list): X.append('x')\n",
  aliasList: "X = [MIDDLEWARE, []]\nfor l in X: l.append('x')\n",
  aliasTupleUnpack: "X, Y = MIDDLEWARE, []\nX.append('x')\n",
  swap: "X = ['x']\nX, MIDDLEWARE = MIDDLEWARE, X\n",
  annotated: "MIDDLEWARE: list = ['x']\nY: int\n",
  annotatedAttr: "class A: pass\nA.m: list = MIDDLEWARE\nA.m.append('x')\n",
  globalFn: "def f():\n    global MIDDLEWARE\n    MIDDLEWARE = ['x'] + MIDDLEWARE\nf()\n",
  globalClass: "class A:\n    global MIDDLEWARE\n    MIDDLEWARE = ['x']\n",
  globalFor: "def f():\n    global MIDDLEWARE\n    for MIDDLEWARE in [['x'], ['y']]: pass\nf()\n",
  globalImport: {
    'settings.py':
      "MIDDLEWARE = ['a']\ndef f():\n    global MIDDLEWARE\n    from other import M as MIDDLEWARE\nf()\n",
    'other.py': "M = ['x']\n",
  },
  globalDef: "def f():\n    global g\n    def g(): return ['x']\nf()\nMIDDLEWARE = g()\n",
  condFn:
    "if os.environ.get('ONE'):\n    def f(): return ['x']\nelse:\n    def f(): return ['y']\nMIDDLEWARE = f()\n",
  condFnMut:
    "if os.environ.get('ONE'):\n    def f(): MIDDLEWARE.append('x')\nelse:\n    def f(): MIDDLEWARE.append('y')\nf()\n",
  fnCondReturn:
    "def f():\n    if os.environ.get('ONE'):\n        return ['x']\n    return ['y']\nMIDDLEWARE = f()\n",
  fnMutArg: "def f(l):\n    l.append('x')\n    l = ['other']\n    l.append('y')\nf(MIDDLEWARE)\n",
  fnInsertFirst: "def add(l, m):\n    l.insert(0, m)\nadd(MIDDLEWARE, 'x')\n",
  fnAttr: "def f(): pass\nf.m = ['x']\nMIDDLEWARE = f.m\n",
  importedFn: {
    'settings.py': "from other import add\nMIDDLEWARE = ['a']\nadd(MIDDLEWARE)\n",
    'other.py': "X = 'q'\ndef add(l):\n    l.append(X)\n",
  },
  importedMod: {
    'settings.py': "import other\nMIDDLEWARE = ['a']\nother.L = MIDDLEWARE\nother.go()\n",
    'other.py': "L = []\ndef go():\n    L.append('x')\n",
  },
  pkgInit: {
    'settings.py': 'from pkg import *\n',
    'pkg/__init__.py': 'from .base import *\nfrom .extra import *\n',
    'pkg/base.py': "MIDDLEWARE = ['a']\n",
    'pkg/extra.py': "from .base import MIDDLEWARE\nMIDDLEWARE.append('x')\n",
  },
  pkgSubmoduleName: {
    'settings.py': "MIDDLEWARE = ['a']\nimport pkg.base\nMIDDLEWARE += pkg.base.M\n",
    'pkg/__init__.py': '',
    'pkg/base.py': "M = ['x']\n",
  },
  pkgShadow2: {
    'settings.py': 'from pkg import base\nMIDDLEWARE = base\n',
    'pkg/__init__.py': "from .base import M\nbase = ['shadow']\n",
    'pkg/base.py': "M = ['x']\n",
  },
  pkgStarSubmodule: {
    'settings.py':
      "MIDDLEWARE = ['a']\nbase = None\nfrom pkg import *\nMIDDLEWARE = base.M if base else MIDDLEWARE\n",
    'pkg/__init__.py': 'from . import base\n',
    'pkg/base.py': "M = ['x']\n",
  },
  pkgStarSubmodule2: {
    'settings.py':
      "MIDDLEWARE = ['a']\nbase = None\nfrom pkg import *\nMIDDLEWARE = base.M if base else MIDDLEWARE\n",
    'pkg/__init__.py': 'from .base import M\n',
    'pkg/base.py': "M = ['x']\n",
  },
  dotName: {
    'settings.py':
      "import pkg.base\nimport pkg\nMIDDLEWARE = pkg.base.M + ['x']\npkg.base.M.append('y')\nfrom pkg.base import M\nMIDDLEWARE += M\n",
    'pkg/__init__.py': '',
    'pkg/base.py': "M = ['m']\n",
  },
  importlibMod: {
    'settings.py':
      "import importlib\nm = importlib.import_module('other')\nMIDDLEWARE = m.M\nm.M.append('y')\n",
    'other.py': "M = ['x']\n",
  },
  importlibUpd: {
    'settings.py':
      "import importlib\nMIDDLEWARE = ['a']\nm = importlib.import_module('other')\nglobals().update(vars(m))\n",
    'other.py': "MIDDLEWARE = ['x']\n",
  },
  importlibDir: {
    'settings.py':
      "import importlib\nMIDDLEWARE = ['a']\nm = importlib.import_module('other')\nfor n in dir(m):\n    if n.isupper(): globals()[n] = getattr(m, n)\n",
    'other.py': "MIDDLEWARE = ['x']\n",
  },
  dunderImport: {
    'settings.py': "MIDDLEWARE = ['a']\nm = __import__('other')\nm.f(MIDDLEWARE)\n",
    'other.py': "def f(l): l.append('x')\n",
  },
  dunderImportGlobals: {
    'settings.py': "MIDDLEWARE = ['a']\nimport other\nother.f(globals())\n",
    'other.py': "def f(g): g['MIDDLEWARE'].append('x')\n",
  },
  dunderImportGlobals2: {
    'settings.py': "MIDDLEWARE = ['a']\nimport other\nother.f(__name__)\n",
    'other.py': "import sys\ndef f(n): sys.modules[n].MIDDLEWARE.append('x')\n",
  },
  calledByImport: {
    'settings.py': "MIDDLEWARE = ['a']\nimport other\n",
    'other.py': "import settings\nsettings.MIDDLEWARE.append('x')\n",
  },
  calledByImport2: {
    'settings.py': "MIDDLEWARE = ['a']\nimport other\n",
    'other.py': "import sys\nsys.modules['settings'].MIDDLEWARE.append('x')\n",
  },
  moduleGetattr: {
    'settings.py': 'from other import M\nMIDDLEWARE = M\n',
    'other.py': "def __getattr__(n): return ['x']\n",
  },
  middlewareDel: "X = MIDDLEWARE\ndel MIDDLEWARE\nMIDDLEWARE = X + ['x']\n",
  middlewareNone: "MIDDLEWARE = None\nif MIDDLEWARE is None: MIDDLEWARE = ['x']\n",
  tuplePlusList: "MIDDLEWARE = tuple(MIDDLEWARE) + tuple(['x'])\n",
  parenOne: "MIDDLEWARE = ('x')\n",
  implicitConcat: "MIDDLEWARE = ['x' 'y', 'z']\n",
  ellipsis: "MIDDLEWARE = [...]\nMIDDLEWARE = ['x']\n",
  yieldFrom: "def g():\n    yield from ['p']\nMIDDLEWARE = [*g()]\n",
  nt: "from collections import namedtuple\nS = namedtuple('S', 'm')\nMIDDLEWARE = S(MIDDLEWARE).m\n",
  simpleNs: "from types import SimpleNamespace\nn = SimpleNamespace(m=MIDDLEWARE)\nn.m.append('x')\n",
  dataclass:
    "from dataclasses import dataclass\n@dataclass\nclass C:\n    m: list\nc = C(MIDDLEWARE)\nc.m.append('x')\n",
  dataclassDefault:
    "from dataclasses import dataclass, field\n@dataclass\nclass C:\n    m: tuple = ('p',)\nMIDDLEWARE = list(C(m=('q',)).m)\n",
  containerEscape: "L = []\nL.append(MIDDLEWARE)\nL[0].append('x')\n",
  containerEscape2: "L = []\nL.append(MIDDLEWARE)\nfor l in L:\n    l.insert(0, 'x')\n",
  containerUnknown:
    "L = [MIDDLEWARE]\nrandom_choice = __import__('random').choice\nrandom_choice(L).append('x')\n",
  dictValuesMut: "D = {'m': MIDDLEWARE}\nfor v in D.values(): v.append('x')\n",
  dictUnknownSub: "D = {'/': MIDDLEWARE}\nD[os.sep].append('x')\n",
  listUnknownSub: "D = [[], MIDDLEWARE]\nD[len(os.sep)].append('x')\n",
  choiceMut: "D = {'1': [], '2': MIDDLEWARE}\nD['2' if not os.environ.get('ONE') else '1'].append('x')\n",
  ifExpMut: "(MIDDLEWARE if not os.environ.get('ONE') else []).append('x')\n",
  ifExpMut2: "(MIDDLEWARE if os.sep == '/' else []).insert(0, 'x')\n",
  ifExpMutNone: "X = MIDDLEWARE if os.sep == '/' else None\nif X: X.insert(0, 'x')\n",
  orMut: "X = None\n(X or MIDDLEWARE).insert(0, 'x')\n",
  orMutEnv: "X = os.environ.get('NOPE')\n(X or MIDDLEWARE).insert(0, 'x')\n",
  getMutable: "D = {}\nD.setdefault('m', MIDDLEWARE).append('x')\n",
  maxKey: "max([MIDDLEWARE, []], key=len).append('x')\n",
  nextMut: "next(iter([MIDDLEWARE])).append('x')\n",
  zipMut: "for l, x in zip([MIDDLEWARE], ['x']): l.append(x)\n",
  enumerateMut: "for i, l in enumerate([MIDDLEWARE]): l.append('x')\n",
  enumerateSet: "for i, m in enumerate(MIDDLEWARE): MIDDLEWARE[i] = 'x' + m\n",
  whileIn: "while 'a' in MIDDLEWARE: MIDDLEWARE.remove('a')\n",
  ifRemove: "if 'a' in MIDDLEWARE: MIDDLEWARE.remove('a')\n",
  removeDup: "MIDDLEWARE = ['a', 'b', 'a']\nMIDDLEWARE.remove('a')\n",
  moveFirst: 'MIDDLEWARE.insert(0, MIDDLEWARE.pop())\n',
  moveFirst2: "MIDDLEWARE.insert(0, MIDDLEWARE.pop(MIDDLEWARE.index('b')))\n",
  insertIndex: "MIDDLEWARE.insert(MIDDLEWARE.index('a'), 'x')\n",
  insertIndex1: "MIDDLEWARE.insert(MIDDLEWARE.index('a') + 1, 'x')\n",
  insertLen: "MIDDLEWARE.insert(len(MIDDLEWARE), 'x')\n",
  insertNeg: "MIDDLEWARE.insert(-1, 'x')\n",
  insertLenHalf: "MIDDLEWARE.insert(len(MIDDLEWARE) - 2, 'x')\n",
  insertVar: "i = 1\nMIDDLEWARE.insert(i, 'x')\n",
  insertKey: "MIDDLEWARE.insert(0, *['x'])\n",
  extendGen: "MIDDLEWARE.extend(m for m in ['x','y'] if m != 'x')\n",
  extendDict: "MIDDLEWARE.extend({'x': 1})\n",
  extendSelf: 'MIDDLEWARE.extend(MIDDLEWARE)\n',
  sliceMid: "i = MIDDLEWARE.index('b')\nMIDDLEWARE = MIDDLEWARE[:i] + ['x'] + MIDDLEWARE[i:]\n",
  sliceMid1: "i = MIDDLEWARE.index('a') + 1\nMIDDLEWARE[i:i] = ['x']\n",
  assign0: "MIDDLEWARE[0] = 'x'\n",
  assignNeg: "MIDDLEWARE[-1] = 'x'\n",
  assignNeg2: "MIDDLEWARE[-2] = 'x'\n",
  head: "MIDDLEWARE = [MIDDLEWARE[0], 'x'] + MIDDLEWARE[1:]\n",
  headUnpack: "h, *t = MIDDLEWARE\nMIDDLEWARE = [h, 'x', *t]\n",
  unpackAll: 'p, q = MIDDLEWARE\nMIDDLEWARE = [q, p]\n',
  condLen: "if len(MIDDLEWARE) == 2: MIDDLEWARE.insert(0, 'x')\n",
  condFirst: "if MIDDLEWARE[0] == 'a': MIDDLEWARE.insert(0, 'x')\n",
  condFirstNot: "if MIDDLEWARE[0] != 'a': MIDDLEWARE = ['x'] + MIDDLEWARE\n",
  condIndex: "if MIDDLEWARE.index('a') == 0: MIDDLEWARE.insert(0, 'x')\n",
  condTruth: "MIDDLEWARE = []\nif MIDDLEWARE: MIDDLEWARE = ['x'] + MIDDLEWARE\n",
  condTruth2: "EXTRA = []\nMIDDLEWARE = EXTRA or ['x']\n",
  condAll:
    "if all(len(m) < 2 for m in MIDDLEWARE): MIDDLEWARE = MIDDLEWARE + ['x']\nelse:\n    MIDDLEWARE = ['z'] + MIDDLEWARE\n",
  condEq: "if MIDDLEWARE == ['a', 'b']: pass\nelse: MIDDLEWARE = ['z'] + MIDDLEWARE\n",
  condJoin: "MIDDLEWARE = ','.join(MIDDLEWARE).split(',')\n",
  condJoin2: "MIDDLEWARE = ','.join(MIDDLEWARE).replace('a', 'x').split(',')\n",
  minus: "MIDDLEWARE = list(set(MIDDLEWARE) - {'a'})\n",
  compNotIn: "REMOVE = {'a'}\nMIDDLEWARE = [m for m in MIDDLEWARE if m not in REMOVE]\n",
  compCondEnv: "MIDDLEWARE = [m for m in MIDDLEWARE if not (m == 'a' and os.environ.get('ONE'))]\n",
  compTernary: "MIDDLEWARE = ['x' if m == 'a' else m for m in MIDDLEWARE]\n",
  compTernaryAll: "MIDDLEWARE = [m if m in ('a', 'b') else 'x' for m in MIDDLEWARE]\n",
  tupleMethod:
    "MIDDLEWARE = ('a',)\ntry:\n    MIDDLEWARE.append('x')\nexcept AttributeError:\n    MIDDLEWARE = ['z']\n",
  usedUp: "g = (m for m in MIDDLEWARE)\nlist(g)\nif list(g):\n    MIDDLEWARE = ['x']\n",
  usedUpName: "g = (m for m in MIDDLEWARE)\nlist(g)\nM = list(g)\nif M:\n    MIDDLEWARE = ['x']\n",
  tupleElement:
    "MIDDLEWARE = ('a',)\ntry:\n    MIDDLEWARE[0] = 'x'\nexcept TypeError:\n    MIDDLEWARE = ['z']\n",
  envSplit0: "MIDDLEWARE = [os.environ.get('LIST', 'x,y').split(',')[0], 'b']\n",
  envSplitPick: "D = {'x': ['p'], 'z': ['q']}\nMIDDLEWARE = D[os.environ.get('LIST', 'x,y').split(',')[0]]\n",
  envSplitUnpack: "p, *q = os.environ.get('LIST', 'x,y').split(',')\nMIDDLEWARE = [p]\n",
  inDoubt:
    "O = ['p', 'q']\nprint(O.__len__()) if False else None\nO.__delitem__(0)\nif 'p' in O: MIDDLEWARE = ['wrong']\n",
  inDoubt2:
    "O = ['p','q','r']\ndel O[int(os.environ.get('ONE') == '1')]\nif 'p' in O: MIDDLEWARE = ['x']\nelse: MIDDLEWARE = ['y']\n",
  delattrClass: "class A:\n    M = ['x']\nclass B(A):\n    M = ['y']\ndelattr(B, 'M')\nMIDDLEWARE = B.M\n",
  delattrTry:
    "class A:\n    M = ['x']\ndelattr(A, 'M')\ntry:\n    MIDDLEWARE = A.M\nexcept AttributeError:\n    MIDDLEWARE = ['z']\n",
  ctxBody:
    "import contextlib\n@contextlib.contextmanager\ndef c():\n    MIDDLEWARE.append('in')\n    yield\n    MIDDLEWARE.append('out')\nwith c():\n    MIDDLEWARE.append('x')\n",
  ctxValue:
    "import contextlib\n@contextlib.contextmanager\ndef c():\n    yield MIDDLEWARE\nwith c() as m:\n    m.append('x')\n",
  ctxClass:
    "class C:\n    def __enter__(self):\n        MIDDLEWARE.append('in')\n        return self\n    def __exit__(self, *a):\n        MIDDLEWARE.append('out')\nwith C():\n    MIDDLEWARE.append('x')\n",
  ctxClassSwallow:
    "class C:\n    def __enter__(self): return self\n    def __exit__(self, *a): return True\nwith C():\n    MIDDLEWARE.remove('q')\n    MIDDLEWARE.append('x')\n",
  envWrite: "os.environ['ONE'] = '7'\nif os.environ.get('ONE') == '7': MIDDLEWARE.append('x')\n",
  envWrite2:
    "os.environ['ONE'] = '7'\nif os.environ.get('ONE'): MIDDLEWARE.append('x')\nelse: MIDDLEWARE = ['n']\n",
  envWrite4: "os.environ.update({'ONE': '7'})\nif os.environ.get('ONE'): MIDDLEWARE.append('x')\n",
  envWrite8:
    "if 'TWO' not in os.environ:\n    os.environ['TWO'] = 'd'\nMIDDLEWARE.append(os.environ['TWO'])\nif os.environ['TWO'] == 'd': MIDDLEWARE.append('dd')\n",
  envSetdefaultIn: "os.environ.setdefault('ONE', '1')\nif 'ONE' in os.environ: MIDDLEWARE.append('x')\n",
  tryAttr5: "try:\n    None.x\n    MIDDLEWARE = ['w']\nexcept AttributeError:\n    MIDDLEWARE.append('y')\n",
  tryZero: "try:\n    1 / 0\n    MIDDLEWARE = ['w']\nexcept ZeroDivisionError:\n    MIDDLEWARE.append('y')\n",
  tryZero3: "try:\n    5 % 0\n    MIDDLEWARE = ['w']\nexcept ArithmeticError:\n    MIDDLEWARE.append('y')\n",
  tryKey2:
    "D = {}\ntry:\n    D.pop('x')\n    MIDDLEWARE = ['w']\nexcept KeyError:\n    MIDDLEWARE.append('y')\n",
  tryKey3:
    "D = {'p': 1}\ntry:\n    D['p']['q']\n    MIDDLEWARE = ['w']\nexcept TypeError:\n    MIDDLEWARE.append('y')\n",
  tryType:
    "try:\n    MIDDLEWARE + ('x',)\n    MIDDLEWARE = ['w']\nexcept TypeError:\n    MIDDLEWARE.append('y')\n",
  tryType2: "try:\n    'a' + 1\n    MIDDLEWARE = ['w']\nexcept TypeError:\n    MIDDLEWARE.append('y')\n",
  tryType4: "try:\n    len(None)\n    MIDDLEWARE = ['w']\nexcept TypeError:\n    MIDDLEWARE.append('y')\n",
  tryType5:
    "def f(x): return x\ntry:\n    f()\n    MIDDLEWARE = ['w']\nexcept TypeError:\n    MIDDLEWARE.append('y')\n",
  tryType7:
    "try:\n    for x in None: pass\n    MIDDLEWARE = ['w']\nexcept TypeError:\n    MIDDLEWARE.append('y')\n",
  tryNext:
    "try:\n    next(iter([]))\n    MIDDLEWARE = ['w']\nexcept StopIteration:\n    MIDDLEWARE.append('y')\n",
  tryStrIndex:
    "try:\n    'abc'.index('q')\n    MIDDLEWARE = ['w']\nexcept ValueError:\n    MIDDLEWARE.append('y')\n",
  importVars7: {
    'settings.py': "mod = __import__('pkg.conf')\nMIDDLEWARE = mod.MIDDLEWARE + ['x']\n",
    'pkg/__init__.py': "MIDDLEWARE = ['pk']\n",
    'pkg/conf.py': "MIDDLEWARE = ['p']\n",
  },
  importRel: {
    'settings.py': 'from pkg.production import *\n',
    'pkg/__init__.py': '',
    'pkg/production.py':
      "import importlib\nm = importlib.import_module('.conf', __package__)\nMIDDLEWARE = m.MIDDLEWARE\n",
    'pkg/conf.py': "MIDDLEWARE = ['p']\n",
    'conf.py': "MIDDLEWARE = ['wrong']\n",
  },
  importRel2: {
    'settings.py': 'from pkg.production import *\n',
    'pkg/__init__.py': '',
    'pkg/production.py':
      "import importlib\nm = importlib.import_module('.conf', package='pkg')\nMIDDLEWARE = m.MIDDLEWARE\n",
    'pkg/conf.py': "MIDDLEWARE = ['p']\n",
  },
  importRel3: {
    'settings.py': 'from pkg.production import *\n',
    'pkg/__init__.py': '',
    'pkg/production.py':
      "import importlib\nm = importlib.import_module(__package__ + '.conf')\nMIDDLEWARE = m.MIDDLEWARE\n",
    'pkg/conf.py': "MIDDLEWARE = ['p']\n",
  },
  locals3: "def f():\n    M = ['x']\n    locals()['M'] = ['wrong']\n    return M\nMIDDLEWARE = f()\n",
  locals4: "def f():\n    M = ['x']\n    return locals()\nMIDDLEWARE = f()['M']\n",
  classComp3:
    "y = 'mod'\nclass A:\n    y = 'cls'\n    M = [m for m in ['p', 'mod', 'cls'] if m == y]\nMIDDLEWARE = A.M\n",
  del0: 'del MIDDLEWARE[0]\n',
  delIndex: "del MIDDLEWARE[MIDDLEWARE.index('b')]\n",
  delAll: "del MIDDLEWARE[:]\nMIDDLEWARE.append('x')\n",
  fromkeys2: "MIDDLEWARE = list(dict.fromkeys(['x', *MIDDLEWARE, 'x', 'a']))\n",
  filterNone: "MIDDLEWARE = list(filter(None, ['x', '', None, os.environ.get('ONE') and 'y']))\n",
  starAll4: {
    'settings.py': 'from base import *\n',
    'base.py': "MIDDLEWARE = ['p']\n__all__ = [n for n in dir() if n.isupper()]\n",
  },
  strNum:
    "MIDDLEWARE.append('{}'.format(4 / 2))\nn = 4 / 2\nMIDDLEWARE.append(f'{n}')\nMIDDLEWARE.append(str(n))\nMIDDLEWARE.append('%s' % n)\n",
  splitLines: "MIDDLEWARE = 'x\\ny\\n'.splitlines()\n",
  environGlobal2: "globals()['MIDDLE' + ('WARE' if os.environ.get('ONE') else 'X')] = ['w']\n",
};
