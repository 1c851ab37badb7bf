import { generatedIn } from '../generated-header.ts';
import type { Parser } from 'web-tree-sitter';
import { entryKind, isNamedBy, readEntryPoint, readManage } from '../entry-points.ts';
import type { Application, EffectiveList, EntryPoint, Located, Note, SettingsModule } from '../project.ts';
import {
  baseName,
  findModule,
  isImportable,
  join,
  moduleName,
  parent,
  TreeModules,
} from '../python-modules.ts';
import { evaluateModule } from '../readers/python/settings.ts';
import type { PythonFile, Syntax } from '../readers/python/syntax.ts';
import { syntaxErrorOf } from '../readers/python/syntax-error.ts';
import type { Sources } from '../sources.ts';
import { compareVersions, requiredVersion, requiresOne } from '../versions.ts';

/** Settings modules of one application that are looked at. */
const MOST_SETTINGS = 40;

/** The oldest that the generated library runs on. */
const OLDEST_DJANGO = '3.2';

interface Entry {
  point: EntryPoint;
  parsed?: PythonFile;
}

interface Named {
  settings: Located<string>;
  path: string;
}

/** Distributions that a project requires to serve ASGI. */
const ASGI_DISTRIBUTIONS = ['uvicorn', 'uvicorn-worker', 'daphne', 'hypercorn', 'granian', 'channels'];
/** The word of a start command that says so: a server's program or module, gunicorn's class of workers. */
const ASGI_WORD = /^(?:.*\/)?(?:uvicorn|daphne|hypercorn|granian)$|^(?:uvicorn[._]workers?\.\w+|asgi)$/;

/** Finds the Django projects of the tree. `started`: the words of start commands; `named`: settings modules of services. */
export function findDjango(
  sources: Sources,
  parser: Parser,
  named: readonly Located<string>[],
  started: readonly string[],
): { applications: Application[]; notes: Note[] } {
  const parsed = new Map<string, PythonFile | undefined>();
  const notes: Note[] = [];
  const parse = (path: string) => new TreeModules(sources, parser, [''], parsed).parse(path);
  const entries = entryFiles(sources);
  const words = started.flatMap((word) => word.split(/[\s'"=]+/));
  const servesAsgi = words.some((word) => ASGI_WORD.test(word));
  const roots = new Map<string, Named[]>();
  const unresolved: Named[] = [];
  for (const { path, settings } of entries) {
    if (settings === undefined) continue;
    const root = rootFor(sources, path, settings.value);
    if (root === undefined) unresolved.push({ settings, path });
    else roots.set(root, [...(roots.get(root) ?? []), { settings, path }]);
  }
  // An entry point whose settings are not in the tree, or that names none, still is one.
  for (const { path, kind } of entries) {
    const known = [...roots].some(
      ([root, all]) => all.some((one) => one.path === path) || (kind !== 'manage' && isIn(path, root)),
    );
    if (known) continue;
    const root = packageRoot(sources, path);
    if (!roots.has(root) && ![...roots.keys()].some((other) => isIn(path, other))) roots.set(root, []);
  }
  const found = [...roots].sort(([a], [b]) => (a < b ? -1 : 1));
  const applications: Application[] = [];
  for (const [root, names] of found) {
    const inner = found.map(([other]) => other).filter((other) => other !== root && isIn(other, root));
    const mine = entries.filter(
      ({ path }) =>
        names.some((one) => one.path === path) ||
        (isIn(path, root) &&
          !inner.some((other) => isIn(path, other)) &&
          !names.some((one) => one.path === path)),
    );
    const modules = new TreeModules(
      sources,
      parser,
      [...new Set([root, '', 'src', 'lib', ...inner])],
      parsed,
    );
    const points = mine.map(({ path, kind }): Entry => {
      const file = sources.read(path);
      const module = moduleName(isIn(path, root) ? root : parent(path), path);
      if (kind === 'manage' && file !== undefined) return { point: readManage(module, file) };
      const python = parse(path);
      return python === undefined
        ? { point: { kind, file: path, module, unreadable: 'it cannot be read' } }
        : { point: readEntryPoint(kind === 'manage' ? 'wsgi' : kind, module, python), parsed: python };
    });
    const settings = settingsOf(sources, modules, root, points, named);
    const saysAsgi =
      servesAsgi ||
      requiresOne(sources, root, ASGI_DISTRIBUTIONS) ||
      settings.some(({ values }) => values.has('ASGI_APPLICATION'));
    const served = saysAsgi ? points : servedOf(points, words);
    const application = applicationOf(sources, root, served, settings);
    applications.push(application);
    notes.push(
      ...notesOn(
        application,
        unresolved.filter((one) => isIn(one.path, root)),
      ),
    );
  }
  return { applications: preferred(applications), notes };
}

/** Without an asgi.py that is as startproject writes it, beside its wsgi.py, and that no start command names. */
function servedOf(points: Entry[], words: readonly string[]): Entry[] {
  const wsgi = points.filter(({ point }) => point.kind === 'wsgi' && point.unreadable === undefined);
  return points.filter(
    ({ point: { kind, file, module, wrapped, assignment } }) =>
      kind !== 'asgi' ||
      isNamedBy(words, module) ||
      wrapped !== undefined ||
      assignment?.source !== 'get_asgi_application()' ||
      !wsgi.some(({ point }) => point.file === join(parent(file), 'wsgi.py')),
  );
}

/** Projects in folders of tests or documentation are fixtures where there is another one. */
function preferred(applications: Application[]): Application[] {
  const real = applications.filter(
    ({ importRoot }) => !/(^|\/)(tests?|testing|docs?|fixtures)(\/|$)/.test(importRoot),
  );
  return real.length > 0 ? real : applications;
}

interface EntryFile {
  path: string;
  kind: 'wsgi' | 'asgi' | 'manage';
  settings?: Located<string>;
}

function entryFiles(sources: Sources): EntryFile[] {
  const entries: EntryFile[] = [];
  for (const path of sources.files) {
    const name = baseName(path);
    if (!/^(manage|.*[aw]sgi.*)\.py$/.test(name) || /[{}%<>]/.test(path)) continue;
    const file = sources.read(path);
    // one that is a symbolic link to another one in the tree is that one
    if (file === undefined || (file.path !== path && sources.files.has(file.path))) continue;
    const manage = name === 'manage.py';
    if (manage && !MANAGES.test(file.text)) continue;
    const kind = manage ? 'manage' : entryKind(path, file.text);
    if (kind === undefined) continue;
    const { settingsModule } = readManage('', file);
    entries.push({ path, kind, ...(settingsModule === undefined ? {} : { settings: settingsModule }) });
  }
  return entries;
}

/** What a manage.py has, by whatever way it hands over to Django; a module of models may have that name, too. */
const MANAGES =
  /execute_from_command_line|ManagementUtility|execute_manager|call_command|DJANGO_SETTINGS_MODULE|core\.management|configurations/;

function isIn(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** The folder that a module can be imported from, the nearest to the file that names it first. */
function rootFor(sources: Sources, path: string, module: string): string | undefined {
  const places: string[] = [];
  for (let folder = parent(path); ; folder = parent(folder)) {
    places.push(folder);
    if (folder === '') break;
  }
  const exact = places.find((folder) => findModule(sources.files, folder, module) !== undefined);
  if (exact !== undefined) return exact;
  const tail = `${module.replaceAll('.', '/')}`;
  const others = [...sources.files].filter(
    (file) => file.endsWith(`/${tail}.py`) || file.endsWith(`/${tail}/__init__.py`),
  );
  const [other] = others.sort((a, b) => a.length - b.length);
  return other?.slice(0, other.lastIndexOf(`/${tail}`));
}

/** The folder above the outermost package that the file is in. */
function packageRoot(sources: Sources, path: string): string {
  let folder = parent(path);
  while (folder !== '' && isImportable(baseName(folder)) && sources.files.has(`${folder}/__init__.py`))
    folder = parent(folder);
  return folder;
}

function settingsOf(
  sources: Sources,
  modules: TreeModules,
  root: string,
  entries: readonly Entry[],
  named: readonly Located<string>[],
): SettingsModule[] {
  const namedBy = new Map<string, Located<string>[]>();
  const byService = new Set<string>();
  const byDevelopers = new Set<string>();
  const name = (located: Located<string>) => {
    if (modules.find(located.value) === undefined) return;
    namedBy.set(located.value, [...(namedBy.get(located.value) ?? []), located]);
  };
  for (const { point } of entries) if (point.settingsModule !== undefined) name(point.settingsModule);
  for (const located of named) {
    name(located);
    // a compose file is as often what developers start: a module is theirs by its name, or by one that it imports
    const isTheirs = COMPOSE.test(located.at.file) && isDevelopment(located.value, modules);
    (isTheirs ? byDevelopers : byService).add(located.value);
  }
  const wanted = new Set(namedBy.keys());
  if (wanted.size === 0) {
    for (const { point } of entries) {
      const package_ = point.module.split('.').slice(0, -1).join('.');
      const guess = package_ === '' ? 'settings' : `${package_}.settings`;
      if (modules.find(guess) !== undefined) wanted.add(guess);
    }
  }
  const more = [...wanted].flatMap((module) => siblings(sources, root, modules, module));
  for (const other of more) wanted.add(other);
  const settings: SettingsModule[] = [];
  for (const module of [...wanted].slice(0, MOST_SETTINGS)) {
    const at = modules.find(module);
    const evaluated = at === undefined ? undefined : evaluateModule(module, modules);
    if (at === undefined || evaluated === undefined) continue;
    const own = evaluated.list('MIDDLEWARE');
    const classes = own === undefined ? evaluated.classes('MIDDLEWARE') : [];
    if (own === undefined && classes.length === 0 && !namedBy.has(module)) continue;
    const python = modules.parse(at.path);
    const base = {
      module,
      file: sources.realPath(at.path),
      role:
        byDevelopers.has(module) && !byService.has(module) && roleOf(module, false) === 'unknown'
          ? 'development'
          : roleOf(module, byService.has(module)),
      namedBy: namedBy.get(module) ?? [],
      values: evaluated.values,
      notes: [...fileNotes(sources, at.path, python), ...evaluated.notes],
    };
    const chosen = preferredClass(classes);
    const middleware: EffectiveList | undefined = own ?? chosen?.list();
    settings.push({
      ...base,
      ...(chosen === undefined ? {} : { className: chosen.name }),
      ...(middleware === undefined ? {} : { middleware }),
    });
  }
  // a package that only holds the settings modules is none itself
  const some = settings.some(({ middleware }) => middleware !== undefined);
  return withOneProduction(
    some
      ? settings.filter(({ middleware, values }) => middleware !== undefined || values.size > 0)
      : settings,
  );
}

function preferredClass<T extends { name: string }>(classes: readonly T[]): T | undefined {
  return (
    classes.find(({ name }) => /^prod/i.test(name)) ??
    classes.find(({ name }) => /prod/i.test(name)) ??
    classes.find(({ name }) => /^(base|common|core)/i.test(name)) ??
    classes.at(-1)
  );
}

/** Other modules of the settings package, or beside a single settings module. */
function siblings(sources: Sources, root: string, modules: TreeModules, module: string): string[] {
  const found = modules.find(module);
  if (found === undefined) return [];
  const folder = parent(found.path);
  const inPackage = found.isPackage || /(^|\/)(settings|config|conf)[^/]*$/.test(folder);
  const others = [...sources.files].filter(
    (path) =>
      path.startsWith(folder) &&
      parent(path) === folder &&
      /^[A-Za-z_]\w*\.py$/.test(baseName(path)) &&
      (inPackage
        ? !/^(urls|wsgi|asgi|celery\w*|views|models|apps|admin|routing)\.py$/.test(baseName(path))
        : /settings/.test(baseName(path))),
  );
  return others
    .map((path) => moduleName(root, path))
    .filter((name) => name !== '' && modules.find(name) !== undefined);
}

const ROLES: readonly [SettingsModule['role'], RegExp][] = [
  ['test', /(^|_)(tests?|testing|ci|travis|pytest)(_|$)|^test/],
  ['development', /(^|_)(dev|devel|develop|development|local|debug|docker_compose|sandbox)(_|$)/],
  ['unknown', /(^|_)(example|sample|template)(_|$)/],
  ['production', /(^|_)(prod|production|live|deploy|deployment|heroku|release|staging)(_|$)/],
  ['base', /(^|_)(base|common|defaults?|shared|core|main)(_|$)/],
];

const COMPOSE = /compose[^/]*\.ya?ml$/;
/** Does its name, or where that says nothing the name of a module that its own code imports, say development or test? */
function isDevelopment(module: string, modules: TreeModules): boolean {
  const role = roleOf(module, false);
  if (role !== 'unknown') return NOT_PRODUCTION.has(role);
  const found = modules.find(module);
  const text = found === undefined ? undefined : modules.parse(found.path)?.file.text;
  return [...(text ?? '').matchAll(/^from[ \t]+([\w.]+)[ \t]+import[ \t]+\*/gm)].some(([, name = '']) =>
    NOT_PRODUCTION.has(roleOf(`settings${name.startsWith('.') ? '' : '.'}${name}`, false)),
  );
}

const NOT_PRODUCTION = new Set<SettingsModule['role']>(['development', 'test']);

function roleOf(module: string, byService: boolean): SettingsModule['role'] {
  if (byService) return 'production';
  // the innermost name that says something; the first one is the project's
  const parts = module.toLowerCase().split('.');
  for (const part of (parts.length > 1 ? parts.slice(1) : parts).toReversed()) {
    const role = ROLES.find(([, expression]) => expression.test(part))?.[0];
    if (role !== undefined) return role;
  }
  return 'unknown';
}

/** Where no name says it, the module that a server's entry point names is the one that runs in production. */
function withOneProduction(settings: readonly SettingsModule[]): SettingsModule[] {
  if (settings.some(({ role }) => role === 'production')) return [...settings];
  return settings.map((one) =>
    one.role === 'unknown' && one.namedBy.length > 0 ? { ...one, role: 'production' } : one,
  );
}

const PYTHON_2 = (path: string): string =>
  `${path} is Python 2; the generated library needs Python 3.8 or newer`;

function fileNotes(sources: Sources, path: string, python: PythonFile | undefined): Note[] {
  const notes: Note[] = [];
  const real = sources.realPath(path);
  if (real !== path) notes.push({ code: 'symlink', message: `${path} is a symbolic link to ${real}` });
  // the parser takes the statements of Python 2 for valid
  const old =
    python === undefined || !isPython2(python.file.text) ? undefined : python2Statement(python.module);
  if (old !== undefined) {
    notes.push({
      code: 'python-2',
      message: PYTHON_2(path),
      at: old.file.span(old.start, old.end),
    });
  } else if (python?.error !== undefined) {
    const at = python.file.span(python.error.start, python.error.end);
    const error = syntaxErrorOf(python);
    if (isPython2(python.file.text)) notes.push({ code: 'python-2', message: PYTHON_2(path), at });
    else if (error !== undefined) notes.push(error);
  }
  if (
    /(^|\/)project_(template|name)\//.test(path) ||
    isOfRole(sources, path) ||
    (python !== undefined && /\{\{ ?(project_name|cookiecutter)\b/.test(python.file.text))
  ) {
    notes.push({
      code: 'text-template',
      message: `${path} is a template: its text is filled in when a project is made from it`,
    });
  }
  return notes;
}

/** A role of Ansible puts the templates that its tasks name on a host, each by itself. */
function isOfRole(sources: Sources, path: string): boolean {
  const role = /^(.*\/)?templates\//.exec(path);
  return (
    role !== null &&
    ['main.yml', 'main.yaml'].some((name) => sources.files.has(`${role[1] ?? ''}tasks/${name}`))
  );
}

function python2Statement(syntax: Syntax): Syntax | undefined {
  if (syntax.type === 'print_statement' || syntax.type === 'exec_statement') return syntax;
  for (const child of syntax.named) {
    const found = python2Statement(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Statements that only Python 2 has. */
function isPython2(text: string): boolean {
  return /^[ \t]*print[ \t]+["'\w]|^[ \t]*except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:|^[ \t]*exec[ \t]+["']|\bur["']|^[ \t]*raise[ \t]+\w+[ \t]*,/m.test(
    text,
  );
}

function applicationOf(
  sources: Sources,
  root: string,
  entries: readonly Entry[],
  settings: readonly SettingsModule[],
): Application {
  const version = requiredVersion(sources, root, 'django');
  const packageName = packageOf(entries, settings);
  const packageFolder = join(root, packageName.replaceAll('.', '/'));
  return {
    framework: 'django',
    ...(version === undefined ? {} : { frameworkVersion: version }),
    packageName,
    packageFolder,
    importRoot: root,
    settings,
    entryPoints: entries.map(({ point }) => point),
    ...generatedIn(packageFolder, sources),
  };
}

/** The package of wsgi.py or asgi.py, of one whose settings are there before others; else that of the settings. */
function packageOf(entries: readonly Entry[], settings: readonly SettingsModule[]): string {
  const known = new Set(settings.map(({ module }) => module));
  const servers = (['wsgi', 'asgi'] as const)
    .flatMap((kind) => entries.filter(({ point }) => point.kind === kind))
    .filter(({ point }) => isImportable(point.module));
  const server = servers.find(({ point }) => known.has(point.settingsModule?.value ?? '')) ?? servers[0];
  if (server !== undefined) return server.point.module.split('.').slice(0, -1).join('.');
  const parts = settings[0]?.module.split('.') ?? [];
  const at = parts.findIndex((part) => /settings|^conf(ig)?$/.test(part));
  return parts.slice(0, at > 0 ? at : Math.max(0, parts.length - 1)).join('.');
}

function notesOn(application: Application, unresolved: readonly Named[]): Note[] {
  const notes: Note[] = [];
  for (const { settings } of unresolved) {
    notes.push({
      code: 'settings-not-there',
      message: `the settings module ${settings.value} is not in the repository`,
      at: settings.at,
    });
  }
  const version = application.frameworkVersion;
  if (version !== undefined && compareVersions(version.value, OLDEST_DJANGO) < 0) {
    notes.push({
      code: 'django-too-old',
      message: `Django ${version.value} is asked for; the generated library needs ${OLDEST_DJANGO} or newer`,
      at: version.at,
    });
  }
  const lists = application.settings.filter(({ middleware }) => middleware !== undefined);
  if (lists.length === 0) {
    const old = application.settings.find(({ values }) => values.has('MIDDLEWARE_CLASSES'));
    const at = old?.values.get('MIDDLEWARE_CLASSES')?.at;
    if (old !== undefined) {
      notes.push({
        code: 'middleware-classes',
        message: `${old.file} sets MIDDLEWARE_CLASSES, which Django 2.0 and newer ignore, and no MIDDLEWARE`,
        ...(at === undefined ? {} : { at }),
      });
    } else if (application.settings.length > 0) {
      const [first] = application.settings;
      notes.push({
        code: 'no-middleware',
        message: `${first?.file ?? ''} and what it imports set no MIDDLEWARE that stands in the repository`,
      });
    }
  }
  return notes;
}
