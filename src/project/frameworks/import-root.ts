import type { Service } from '../project.ts';
import { baseName, join, parent } from '../python-modules.ts';
import type { Sources } from '../sources.ts';

/** Files of a package that are asked by which name they import each other. */
const MOST_ASKED = 40;

/** Folders of a namespace package, one in the other, that are looked at. */
const MOST_LEVELS = 5;

/** The folder that Python imports the file from: above its packages, also where one has no `__init__.py` but is imported. */
export function importRootOf(sources: Sources, path: string): string {
  let folder = parent(path);
  const packages: string[] = [];
  while (folder !== '' && sources.files.has(`${folder}/__init__.py`)) {
    packages.unshift(folder);
    folder = parent(folder);
  }
  const known = saidOf.get(sources)?.find(({ folder: named }) => path.startsWith(`${named}/`));
  if (known !== undefined) return known.root;
  const [outer, inner] = packages;
  if (outer !== undefined && inner !== undefined && isNoPackage(sources, outer)) return outer;
  const namespace =
    outer === undefined
      ? namespaceAbove(sources, path, folder, () => filesIn(sources, parent(folder), MOST_ASKED * 10))
      : (namespaceAbove(sources, path, outer, () => filesIn(sources, outer)) ??
        insideOfPackage(sources, outer));
  if (namespace !== undefined) return namespace;
  const name = baseName(folder);
  const isNamespace =
    folder !== '' &&
    folder === parent(path) &&
    /^[A-Za-z_]\w*$/.test(name) &&
    // a package of the folder's own name in it is meant
    ![name, `src/${name}`].some((one) => sources.files.has(`${folder}/${one}/__init__.py`)) &&
    new RegExp(String.raw`^[ \t]*(from|import)\s+(${name}\b|\.)`, 'm').test(sources.read(path)?.text ?? '');
  return isNamespace ? parent(folder) : folder;
}

/** Packages of which a start command says from where they are imported. */
const saidOf = new WeakMap<Sources, readonly { folder: string; root: string }[]>();

/** Takes in what `python -m shop.web.worker` and the commands that packages install say of where imports begin. */
export function learnRoots(sources: Sources, services: readonly Service[]): void {
  const said = services.flatMap(({ command }) => {
    const { argv = [], program, entry } = command?.value ?? {};
    const module = entry?.module ?? argv[argv.indexOf('-m') + 1] ?? '';
    const [top = ''] = module.split('.');
    if (program === undefined || !module.includes('.') || (entry === undefined && !argv.includes('-m')))
      return [];
    const path = module.replaceAll('.', '/');
    const inner = [`${path}/__main__.py`, `${path}.py`, `${path}/__init__.py`].find(
      (end) => program === end || program.endsWith(`/${end}`),
    );
    if (inner === undefined) return [];
    const root = program.slice(0, -inner.length).replace(/\/$/, '');
    return [{ folder: join(root, top), root }];
  });
  saidOf.set(sources, said);
}

/** The folder above a namespace package: `bodhi/server/__init__.py`, which one of the files `asked` imports as `bodhi.server`. */
function namespaceAbove(
  sources: Sources,
  path: string,
  inner: string,
  asked: () => readonly string[],
): string | undefined {
  let name = baseName(inner);
  let root = parent(inner);
  for (let level = 0; level < MOST_LEVELS && root !== ''; level++) {
    if (!/^[A-Za-z_]\w*$/.test(baseName(root))) return undefined;
    name = `${baseName(root)}.${name}`;
    root = parent(root);
    const isNamed = (file: string): boolean => importing(name).test(textWith(sources, file, name));
    if (once(sources, `${inner} ${name}`, () => asked().some(isNamed)) || isNamed(path)) return root;
  }
  return undefined;
}

/**
 * The folder above the package that a folder without `__init__.py` is a part of: its modules may import each other with
 * dots alone, and others name them, as the entry points of pyproject.toml do: `mopidy._exts.http`.
 */
function insideOfPackage(sources: Sources, outer: string): string | undefined {
  const middle = parent(outer);
  const around = parent(middle);
  if (around === '' || !sources.files.has(`${around}/__init__.py`)) return undefined;
  let root = parent(around);
  while (root !== '' && sources.files.has(`${root}/__init__.py`)) root = parent(root);
  const name = `${baseName(around)}.${baseName(middle)}.`;
  const top = around.slice(root === '' ? 0 : root.length + 1).split('/')[0] ?? '';
  const isNamed = once(sources, `inside ${outer}`, () =>
    [...packaging(root), ...filesIn(sources, join(root, top), MOST_ASKED * 10)].some((file) =>
      textWith(sources, file, name).includes(name),
    ),
  );
  return isNamed ? root : undefined;
}

function packaging(root: string): string[] {
  return ['pyproject.toml', 'setup.cfg', 'setup.py'].flatMap((file) => [file, join(root, file)]);
}

/** What was found out of a package, which is the same for each of its many files. */
const knownOf = new WeakMap<Sources, Map<string, boolean>>();

function once(sources: Sources, key: string, find: () => boolean): boolean {
  const known = knownOf.get(sources) ?? new Map<string, boolean>();
  knownOf.set(sources, known);
  const found = known.get(key) ?? find();
  known.set(key, found);
  return found;
}

/**
 * Has a folder an `__init__.py` although it is no package: its modules import what is beside them by its own name
 * (`src/__init__.py`, and `from shop.web import x` of `src/shop/web.py`), and none imports anything by the folder's.
 */
function isNoPackage(sources: Sources, folder: string): boolean {
  return once(sources, `${folder} alone`, () => {
    const own = importing(baseName(folder));
    // one with code is there to be imported
    if (
      /^[ \t]*(?:from|import|def|class)\b|^\w+\s*=/m.test(sources.read(`${folder}/__init__.py`)?.text ?? '')
    )
      return false;
    let isNamed = false;
    for (const file of filesIn(sources, folder)) {
      const text = sources.read(file)?.text ?? '';
      if (own.test(text)) return false;
      isNamed ||= [...text.matchAll(DOTTED)].some(
        ([, top = '', module = '']) =>
          module !== GENERATED &&
          ['.py', '/__init__.py'].some((end) => sources.files.has(`${folder}/${top}/${module}${end}`)),
      );
    }
    return isNamed;
  });
}

const DOTTED = /^[ \t]*(?:from|import)[ \t]+(\w+)\.(\w+)/gm;

/** What init writes is no proof: it takes a root for granted. */
const GENERATED = 'abort_on_exception';

const pythonFilesOf = new WeakMap<Sources, readonly string[]>();

/** The first Python files of a folder and those below it. */
function filesIn(sources: Sources, folder: string, most = MOST_ASKED): string[] {
  const known = pythonFilesOf.get(sources);
  const all = known ?? [...sources.files].filter((file) => file.endsWith('.py')).toSorted();
  if (known === undefined) pythonFilesOf.set(sources, all);
  const start = folder === '' ? '' : `${folder}/`;
  let [from, to] = [0, all.length];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if ((all[middle] ?? '') < start) from = middle + 1;
    else to = middle;
  }
  const found: string[] = [];
  for (let at = from; at < all.length && found.length < most; at++) {
    const file = all[at] ?? '';
    if (!file.startsWith(start)) break;
    found.push(file);
  }
  return found;
}

function importing(name: string): RegExp {
  return new RegExp(String.raw`^[ \t]*(?:from|import)[ \t]+${name.replaceAll('.', String.raw`\.`)}\b`, 'm');
}

/** The text of a file where the word is in it, else nothing. */
function textWith(sources: Sources, path: string, word: string): string {
  return sources.containing(path, [word])?.text ?? '';
}
