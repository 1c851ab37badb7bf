import { negation, TooComplex, type Run } from './run.ts';
import type { State } from './state.ts';
import { syntaxErrorOf } from './syntax-error.ts';
import { runBlock, runStatement } from './statements.ts';
import type { Syntax } from './syntax.ts';
import type { Binding, Doubt, ListState, Place, Value } from './values.ts';
import { NONE, unknown } from './values.ts';

/** Modules that one settings module leads to; the longest chain that was seen has six. */
const MOST_MODULES = 60;

/** Runs a module of the tree once; undefined where it is not in the tree. A module that imports itself sees what it has so far. */
export function loadModule(run: Run, name: string): { scope: number } | undefined {
  const loaded = run.loaded.get(name);
  if (loaded !== undefined) {
    loaded.recall?.(run);
    return loaded;
  }
  const found = run.modules.find(name);
  if (found === undefined) return undefined;
  if (run.loaded.size >= MOST_MODULES) throw new TooComplex();
  const parsed = run.modules.parse(found.path);
  if (parsed === undefined) return undefined;
  const first = run.fresh();
  const scope = run.newScope();
  run.loaded.set(name, { scope, file: parsed.file });
  const outer = run.frame;
  run.frame = {
    scope,
    globals: scope,
    module: name,
    file: parsed.file,
    enclosing: [],
    globalNames: new Set(),
    depth: outer.depth + 1,
  };
  const { path } = run.state;
  // What raises at the module's own level does not in production, or nothing would start: go on after it.
  for (const statement of parsed.module.named) {
    runStatement(run, statement);
    run.state.done = undefined;
  }
  run.state.path = path;
  const error = syntaxErrorOf(parsed);
  if (error?.at !== undefined) {
    const { start, end } = error.at;
    run.open(scope, { code: error.code, message: error.message, place: { file: parsed.file, start, end } });
  }
  run.frame = outer;
  run.loaded.set(name, {
    scope,
    file: parsed.file,
    recall: recallFrom(run.state, scope, first, run.fresh()),
  });
  return { scope };
}

/**
 * A module that was first imported in one branch is the same module, with the same lists, in the other one: puts what it
 * made (identities from `first` to `last`) into a state that has not seen it.
 */
function recallFrom(state: State, scope: number, first: number, last: number): (run: Run) => void {
  const mine = (id: number) => id >= first && id <= last;
  const heap = [...state.heap].filter(([ref]) => mine(ref));
  const scopes = [...state.scopes].filter(([id]) => mine(id));
  const kept = scopes.map(([id, one]) => [id, { names: new Map(one.names), opened: one.opened }] as const);
  return (run) => {
    if (run.state.scopes.has(scope)) return;
    for (const [ref, entry] of heap) if (!run.state.heap.has(ref)) run.state.heap.set(ref, entry);
    for (const [id, one] of kept) {
      if (!run.state.scopes.has(id)) {
        run.state.scopes.set(id, { names: new Map(one.names), opened: one.opened });
      }
    }
  };
}

/** `import a`, `import a.b as c`. */
export function runImport(run: Run, node: Syntax): void {
  for (const child of node.named) {
    const dotted = child.type === 'aliased_import' ? child.field('name') : child;
    const alias = child.type === 'aliased_import' ? child.field('alias')?.text : undefined;
    if (dotted === undefined) continue;
    const name = dotted.text.replace(/\s+/g, '');
    const inTree = loadModule(run, name) !== undefined;
    if (!inTree && isMissing(name)) run.fails(node.text, 'ImportError');
    const top = name.split('.')[0] ?? name;
    if (alias !== undefined) run.assign(alias, moduleValue(inTree, name), run.place(child));
    else run.assign(top, moduleValue(inTree && loadModule(run, top) !== undefined, top), run.place(child));
  }
}

function moduleValue(inTree: boolean, name: string): Value {
  return inTree ? { kind: 'module', name } : { kind: 'external', path: name };
}

/** Django and the standard library of every Python from 3.8 on. */
const ALWAYS = new Set(
  '__future__ django abc argparse array ast asyncio base64 binascii bisect builtins calendar cmath codecs collections colorsys concurrent configparser contextlib contextvars copy csv ctypes dataclasses datetime decimal difflib dis email encodings enum errno faulthandler fcntl fnmatch fractions ftplib functools gc getpass gettext glob graphlib grp gzip hashlib heapq hmac html http imaplib importlib inspect io ipaddress itertools json keyword linecache locale logging lzma math mimetypes mmap multiprocessing netrc numbers operator os pathlib pickle pkgutil platform plistlib posixpath pprint pwd queue random re reprlib resource sched secrets select selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3 ssl stat statistics string struct subprocess sys sysconfig syslog tarfile tempfile textwrap threading time timeit token tokenize traceback tracemalloc types typing unicodedata unittest urllib uuid venv warnings weakref webbrowser wsgiref xml xmlrpc zipfile zipimport zlib zoneinfo'.split(
    ' ',
  ),
);

/** May the import of a module outside of the tree fail? What every project has does not. */
function isMissing(name: string): boolean {
  return !ALWAYS.has(name.split('.')[0] ?? '');
}

/** `from m import a as b, c`, `from .m import *`. */
export function runImportFrom(run: Run, node: Syntax): void {
  const from = node.field('module_name');
  if (from === undefined) return;
  const name = absoluteName(run, from);
  const place = run.place(node);
  const star = node.named.some((child) => child.type === 'wildcard_import');
  const module = name === undefined ? undefined : loadModule(run, name);
  const label = from.text.replace(/\s+/g, '');
  if (module === undefined && isMissing(name ?? label)) run.fails(node.text, 'ImportError');
  if (star) {
    importStar(run, module, name ?? label, place);
    return;
  }
  for (const child of node.named) {
    if (child.start === from.start) continue;
    const source = child.type === 'aliased_import' ? child.field('name') : child;
    const alias = child.type === 'aliased_import' ? child.field('alias') : child;
    if (source === undefined || alias === undefined || source.type !== 'dotted_name') continue;
    run.assign(alias.text, importedValue(run, module, name ?? label, source.text), run.place(child));
  }
}

function importedValue(
  run: Run,
  module: { scope: number } | undefined,
  name: string,
  attribute: string,
): Value {
  if (module === undefined) {
    // a namespace package has no file of its own
    if (loadModule(run, `${name}.${attribute}`) !== undefined)
      return { kind: 'module', name: `${name}.${attribute}` };
    return { kind: 'external', path: `${name}.${attribute}` };
  }
  const value = run.read(module.scope, attribute);
  if (value !== undefined) return value;
  if (loadModule(run, `${name}.${attribute}`) !== undefined)
    return { kind: 'module', name: `${name}.${attribute}` };
  const doubt = run.doubtsOf(module.scope, attribute)[0];
  run.fails(`from ${name} import ${attribute}`, 'ImportError');
  return unknown(doubt === undefined ? `${name} has no ${attribute}` : doubt.message);
}

function importStar(run: Run, module: { scope: number } | undefined, name: string, place: Place): void {
  const target = run.frame.scope;
  if (module === undefined) {
    run.open(target, {
      code: 'outside-tree',
      message: `"from ${name} import *" names a module that is not in the repository; it may set any name`,
      place,
    });
    return;
  }
  const source = run.state.scopes.get(module.scope);
  if (source === undefined || module.scope === target) return;
  const all = source.names.get('__all__');
  const listed = all === undefined ? undefined : run.list(all.value);
  const names =
    listed === undefined || allDoubts(listed).length > 0
      ? [...source.names.keys()].filter((one) => !one.startsWith('_'))
      : listed.items.flatMap((item) => (item.value.kind === 'string' ? [item.value.value] : []));
  for (const { doubt } of source.opened) run.open(target, doubt);
  for (const one of names) {
    const value = run.read(module.scope, one);
    const binding = run.binding(module.scope, one);
    if (value === undefined || binding === undefined) continue;
    const doubts = [...run.doubtsOf(module.scope, one), ...(listed === undefined ? [] : allDoubts(listed))];
    bindSometimes(run, target, one, { ...binding, value, doubts });
  }
}

/** Doubts about which names `__all__` has. */
function allDoubts(all: ListState): readonly Doubt[] {
  const conditional = all.items.some((item) => item.guards.length > 0 || item.spread === true);
  return all.doubts.length === 0 && conditional
    ? [{ code: 'dynamic-names', message: '__all__ has names only under conditions' }]
    : all.doubts;
}

/** Binds a name to what it is in another scope; where it is only set under conditions there, it keeps its value otherwise. */
export function bindSometimes(run: Run, scope: number, name: string, binding: Binding): void {
  const before = run.binding(scope, name);
  const { sometimes, value } = binding;
  if (sometimes === undefined || (before === undefined && sometimes.length === 0)) {
    run.bind(scope, name, value, binding.place, binding.doubts);
    return;
  }
  const bound =
    before === undefined ? value : run.choose(value, sometimes, before.value, [negation(sometimes)]);
  const doubts = [...binding.doubts, ...(before?.doubts ?? [])];
  run.bind(scope, name, bound, binding.place, doubts);
  const now = run.binding(scope, name);
  if (now !== undefined && (before === undefined || before.sometimes !== undefined)) {
    run.state.scopes.get(scope)?.names.set(name, { ...now, sometimes });
  }
}

function absoluteName(run: Run, from: Syntax): string | undefined {
  if (from.type !== 'relative_import') return from.text.replace(/\s+/g, '');
  const prefix = from.child('import_prefix')?.text.replace(/\s+/g, '') ?? '.';
  const rest = from.child('dotted_name')?.text.replace(/\s+/g, '');
  const parts = run.frame.module.split('.');
  // `.` is the package itself in a package's __init__, its parent in a module
  const isPackage = /(^|\/)__init__\.pyw?$/.test(run.frame.file.path);
  const up = prefix.length - (isPackage ? 1 : 0);
  if (up > parts.length) return undefined;
  const base = parts.slice(0, parts.length - up);
  const name = [...base, ...(rest === undefined ? [] : [rest])].join('.');
  return name === '' ? undefined : name;
}

/** django-split-settings: runs the named files in the names of this module. */
export function include(run: Run, files: readonly Value[], place: Place): Value {
  for (const value of files) {
    const doubt = (message: string): Doubt => ({ code: 'outside-tree', message, place });
    if (value.kind !== 'string') {
      run.open(run.frame.globals, doubt('include() of a file whose name is not known; it may set any name'));
      continue;
    }
    const optional = value.value.startsWith('?');
    const pattern = optional ? value.value.slice(1) : value.value;
    const paths = pattern.startsWith('/') ? [] : run.modules.glob(pattern, run.frame.file.path);
    if (paths.length === 0 && !/[*?[]/.test(pattern)) {
      run.open(
        run.frame.globals,
        doubt(`include() of ${pattern}, which is not in the repository; it may set any name`),
      );
    }
    if (paths.length === 0 && pattern.startsWith('/')) {
      run.open(
        run.frame.globals,
        doubt(`include() of ${pattern}, which is outside of the repository; it may set any name`),
      );
    }
    for (const path of paths) {
      const parsed = run.modules.parse(path);
      if (parsed === undefined || run.frame.depth > 20) continue;
      const outer = run.frame;
      run.frame = { ...outer, file: parsed.file, depth: outer.depth + 1 };
      runBlock(run, parsed.module);
      run.frame = outer;
    }
  }
  return NONE;
}
