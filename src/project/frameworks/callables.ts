import type { Parser } from 'web-tree-sitter';
import { readCallable } from './callable-object.ts';
import { callableKind, isFactory } from './callable-kind.ts';
import { importRootOf } from './import-root.ts';
import { foldersOf } from '../deployed-paths.ts';
import { wayFrom } from './chosen-object.ts';
import { PythonNames } from './python-names.ts';
import { generatedIn } from '../generated-header.ts';
import type { Application, EntryPoint, Note, Service } from '../project.ts';
import { join, moduleName } from '../python-modules.ts';
import { parsedFiles } from '../parsed-files.ts';
import { isJobServer } from '../servers/index.ts';
import type { Sources } from '../sources.ts';

/** What the applications without a framework are called, as in `Application.framework`, and how people write it. */
export const CALLABLES = [
  { name: 'wsgi', title: 'WSGI' },
  { name: 'asgi', title: 'ASGI' },
] as const;

/**
 * Finds the WSGI and ASGI callables of no framework that we know, which start commands name: `gunicorn shop:application`.
 * Nothing else tells one. Not in the import root of another application of the tree (`besides`), which the start
 * command may mean by ways that could not be followed; nor what leads to an object that is watched there, from a file
 * that an image puts beside it.
 */
export function findCallables(
  sources: Sources,
  parser: Parser,
  services: readonly Service[],
  besides: readonly Application[],
): { applications: Application[]; notes: Note[] } {
  const roots = besides.map(({ importRoot }) => importRoot);
  const parse = parsedFiles(sources, parser);
  const names = new PythonNames(sources.files, parse, (path) => importRootOf(sources, path), roots);
  const watched = new Set(
    besides.flatMap(({ entryPoints }) =>
      entryPoints.map(({ file, object }) => `${file}:${object?.replace('()', '')}`),
    ),
  );
  const isWatched = (path: string, object: string): boolean =>
    [...wayFrom(names.meaning(path, object), names)].some(
      (one) => 'path' in one && watched.has(`${one.path}:${one.name}`),
    );
  const found = new Map<string, { root: string; points: readonly EntryPoint[] }>();
  const notes: Note[] = [];
  for (const service of services) {
    const started = startedModule(service, sources);
    if (started === undefined) continue;
    const { path, root, object, module } = started;
    if (found.has(`${path}:${object}`)) continue;
    if (roots.some((one) => one === '' || one === root || path.startsWith(`${one}/`))) continue;
    if (isWatched(path, object.replace(/\(.*$/s, ''))) continue;
    const python = parse(path);
    if (python === undefined) continue;
    const read = readCallable({
      module,
      object,
      python,
      names,
      parse,
      kindOf: (shape) => callableKind(service, shape),
      isFactory: isFactory(service),
    });
    if (read === undefined) continue;
    found.set(`${path}:${object}`, { root, points: read.points });
    notes.push(...read.notes);
  }
  return { applications: grouped([...found.values()], sources), notes };
}

/** The file of the tree that a server imports, and the object that it takes from it; undefined for what is not in the tree. */
function startedModule(
  service: Service,
  sources: Sources,
): { path: string; root: string; module: string; object: string } | undefined {
  const { application, server } = service.command?.value ?? {};
  if (application === undefined || server === undefined) return undefined;
  const worker = service.command?.value.options.get('worker-class')?.value ?? '';
  if (SERVES_NONE.has(server) || OWN_WORKERS.test(worker) || isJobServer(server)) return undefined;
  // hypercorn takes `wsgi:module:object` and `asgi:module:object`
  const [, written, named = ''] =
    /^(?:wsgi:|asgi:)?([\w./-]+)(?::([\w.]+(?:\(.*\))?))?$/s.exec(application) ?? [];
  // uWSGI's wsgi-file and hypercorn take a path, too
  const module = written
    ?.replace(/\.py$/, '')
    .replace(/^[./]+/, '')
    .replaceAll('/', '.');
  if (module === undefined || !/^[A-Za-z_][\w.]*$/.test(module)) return undefined;
  const ends = [`${module.replaceAll('.', '/')}.py`, `${module.replaceAll('.', '/')}/__init__.py`];
  const near = foldersOf(service).flatMap((folder) => ends.map((end) => join(folder, end)));
  const direct = near.find((path) => sources.files.has(path));
  const all = [...sources.files].filter((path) => ends.some((end) => path.endsWith(`/${end}`)));
  const path = direct ?? (all.length === 1 ? all[0] : undefined);
  // in a template of projects nothing is as it will be
  if (path === undefined || /[{}]/.test(path)) return undefined;
  const inner = ends.find((end) => path === end || path.endsWith(`/${end}`)) ?? '';
  const root = path.slice(0, -inner.length).replace(/\/$/, '');
  const object = named === '' ? (DEFAULT_OBJECT[server] ?? 'application') : named;
  return { path, root, module: moduleName(root, path), object };
}

/** They run no WSGI or ASGI application, or one that only their own framework makes. */
const SERVES_NONE = new Set([
  'flask run',
  'quart run',
  'runserver',
  'tornado',
  'aiohttp',
  'sanic',
  'streamlit',
]);

/** Workers of gunicorn that take the application of their own framework: aiohttp.GunicornWebWorker, sanic.worker.GunicornWorker. */
const OWN_WORKERS = /^(?:aiohttp|sanic)\.|^(?:egg:gunicorn#)?(?:tornado|gaiohttp)$/;

/** The object that a server takes where none is named; for all others it is `application`. */
const DEFAULT_OBJECT: Readonly<Record<string, string>> = { hypercorn: 'app', granian: 'app' };

/** One application for all the callables of one package. */
function grouped(
  found: readonly { root: string; points: readonly EntryPoint[] }[],
  sources: Sources,
): Application[] {
  const groups = new Map<string, { root: string; name: string; points: EntryPoint[] }>();
  for (const { root, points } of found) {
    const [first] = points;
    if (first === undefined) continue;
    const top = first.module.split('.');
    const isPackage = first.file.endsWith('/__init__.py');
    const name = (isPackage ? top : top.slice(0, -1))[0] ?? '';
    const group = groups.get(`${root}:${name}`) ?? { root, name, points: [] };
    group.points.push(...points);
    groups.set(`${root}:${name}`, group);
  }
  return [...groups.values()].map((group) => applicationOf(group, sources));
}

function applicationOf(
  { root, name, points }: { root: string; name: string; points: readonly EntryPoint[] },
  sources: Sources,
): Application {
  const folder = join(root, name);
  return {
    framework: points[0]?.kind === 'asgi' ? 'asgi' : 'wsgi',
    packageName: name,
    packageFolder: folder,
    importRoot: root,
    settings: [],
    entryPoints: points,
    ...generatedIn(folder, sources),
  };
}
