import type { Parser } from 'web-tree-sitter';
import { foldersOf } from '../deployed-paths.ts';
import { generatedIn } from '../generated-header.ts';
import type { Application, Note, Service, StartCommand } from '../project.ts';
import { join } from '../python-modules.ts';
import { parsedFiles } from '../parsed-files.ts';
import type { Sources } from '../sources.ts';
import { hasPackageFile, requiredVersion } from '../versions.ts';
import { aiohttp } from './aiohttp.ts';
import { bottle, bottleRun } from './bottle.ts';
import { choose, importedBy, ledToBy } from './chosen-object.ts';
import { connexion } from './connexion.ts';
import { Constructors } from './constructors.ts';
import { falcon, falconAsgi } from './falcon.ts';
import { fastapi } from './fastapi.ts';
import { flask } from './flask.ts';
import type { Framework } from './framework.ts';
import { guessed, isPaste } from './guessed-application.ts';
import { litestar } from './litestar.ts';
import { namedTo, type Named } from './named-application.ts';
import { importRootOf } from './import-root.ts';
import { deployedFiles, findObjects, type FoundObject } from './objects.ts';
import { startsItself } from './own-command.ts';
import { pasteApplications, pasteFileOf } from './paste.ts';
import { pyramid } from './pyramid.ts';
import { programOf } from './program.ts';
import { PythonNames } from './python-names.ts';
import { ENDS } from './scripts.ts';
import { starlette } from './starlette.ts';
import { tornado } from './tornado.ts';
import { isJobServer } from '../servers/index.ts';

/** Frameworks other than Django, whose application objects are watched in place. */
export const FRAMEWORKS: readonly Framework[] = [
  flask,
  connexion,
  fastapi,
  starlette,
  falcon,
  falconAsgi,
  bottle,
  bottleRun,
  aiohttp,
  tornado,
  litestar,
  pyramid,
];

/**
 * Finds the applications of these frameworks, and why an object is none that the repository deploys; of several objects
 * of one package those that `services` start. `besides`: the Django projects of the tree, inside of which only what a
 * service starts is an application of its own.
 */
export function findWatched(
  sources: Sources,
  parser: Parser,
  services: readonly Service[],
  besides: readonly Application[],
): { applications: Application[]; notes: Note[] } {
  const none = { applications: [], notes: [] };
  const roots = besides.map(({ importRoot }) => importRoot);
  const isInside = (path: string) => roots.some((root) => root === '' || path.startsWith(`${root}/`));
  const own = new Set(besides.flatMap(({ entryPoints }) => entryPoints.map(({ module }) => module)));
  const serving = services.filter(({ command }) => !isJobServer(command?.value.server));
  const startsOther = serving.some(({ command }) => {
    const module = command?.value.application?.split(':')[0];
    return module !== undefined && !own.has(module);
  });
  const paths = deployedFiles(sources).filter((path) => startsOther || !isInside(path));
  const { objects, names } = findIn(paths, FRAMEWORKS, sources, parser);
  if (objects.length === 0) return none;
  const isProject = (root: string) => root !== '' && !isInside(`${root}/`) && hasPackageFile(sources, root);
  const alone = besides.length === 0;
  const programs = programsOf(serving);
  const named = namedApplications(sources, serving);
  const chosen = choose(objects, named, names, { alone, isProject, programs });
  const isStarted =
    named.flat().some((one) => ledToBy(one, objects, names).length > 0) ||
    programs.some((program) => importedBy(program, objects, names).length > 0);
  const parse = parsedFiles(sources, parser);
  const notes = guessed(chosen, objects, serving, { isStarted, paths, names, parse });
  const deployed = chosen.filter((object) => {
    const note = startsItself(object, sources, services);
    if (note !== undefined) notes.push(note);
    return note === undefined;
  });
  return { applications: inOnePackage(deployed).map((group) => applicationOf(group, sources)), notes };
}

/** Every object of these frameworks that the files make, and the names of the tree to follow. */
export function findIn(
  paths: readonly string[],
  frameworks: readonly Framework[],
  sources: Sources,
  parser: Parser,
): { objects: FoundObject[]; names: PythonNames } {
  const parse = parsedFiles(sources, parser);
  const rootOf = (path: string): string => importRootOf(sources, path);
  const names = new PythonNames(sources.files, parse, rootOf);
  const constructors = new Constructors(frameworks, names, ({ distribution }) => {
    const word = [distribution];
    return paths.some((path) => sources.containing(path, word) !== undefined);
  });
  const files = constructors.files(sources, paths, parse);
  return { objects: findObjects(files, constructors, rootOf), names };
}

/** What start commands name; and what PasteDeploy's files name, should none of those be found. */
function namedApplications(sources: Sources, services: readonly Service[]): Named[][] {
  const named = services.flatMap((service) => {
    const given = namedTo(service);
    if (given.length > 0) return given;
    const { command } = service;
    if (command === undefined) return [];
    const { entry } = command.value;
    const program =
      entry === undefined ? programModule(command.value, sources) : [`${entry.module}:${entry.object}`];
    return program.map((name) => ({ name, folders: foldersOf(service) }));
  });
  return [
    named.flatMap((one) => (isPaste(one.name) ? anywhere(pasteApplications(sources, one.name)) : [one])),
    anywhere(pasteApplications(sources)),
  ];
}

/** The programs of the repository that services run and keep running. */
function programsOf(services: readonly Service[]): string[] {
  const found = services.flatMap(({ name, command, unit }) => {
    const program = command?.value.program;
    return program === undefined || unit?.endsByItself === true || ENDS.test(name) || ENDS.test(program)
      ? []
      : [program];
  });
  return [...new Set(found)];
}

function anywhere(names: readonly string[]): Named[] {
  return names.map((name) => ({ name, folders: [] }));
}

/** The module that `python server.py` or `python -m shop` runs: what that makes is served by the program itself. */
function programModule(command: StartCommand, sources: Sources): string[] {
  const program = programOf(command);
  if (program === undefined) return [];
  for (const path of program.paths) {
    if ([...sources.files].some((file) => file === path || file.endsWith(`/${path}`)))
      return [path.replace(/\.py$/, '').replaceAll('/', '.')];
  }
  return [];
}

/** The objects of one framework that share a package, and can so share the generated module. */
export function inOnePackage(objects: readonly FoundObject[]): (readonly [FoundObject, ...FoundObject[]])[] {
  const groups: [FoundObject, ...FoundObject[]][] = [];
  for (const object of objects) {
    const group = groups.find(
      ([first, ...others]) =>
        first.framework.name === object.framework.name &&
        first.importRoot === object.importRoot &&
        (sharedPackage([first, ...others, object]) !== '' ||
          [first, ...others, object].every(({ points: [point] }) =>
            isModuleOfRoot(point.module, point.file),
          )),
    );
    if (group === undefined) groups.push([object]);
    else group.push(object);
  }
  return groups;
}

/** Beside it the generated module lies in the import root as well. */
function isModuleOfRoot(module: string, file: string): boolean {
  return !module.includes('.') && !file.endsWith('__init__.py');
}

/** The innermost package that has all the objects; '' for the import root. */
function sharedPackage(objects: readonly FoundObject[]): string {
  const [first = [], ...others] = objects.map(({ points: [point] }) => {
    const parts = point.module.split('.');
    return point.file.endsWith('__init__.py') ? parts : parts.slice(0, -1);
  });
  const differs = first.findIndex((part, index) => others.some((one) => one[index] !== part));
  return (differs < 0 ? first : first.slice(0, differs)).join('.');
}

export function applicationOf(
  group: readonly [FoundObject, ...FoundObject[]],
  sources: Sources,
): Application {
  const [
    {
      framework,
      importRoot,
      points: [point],
    },
  ] = group;
  const version = requiredVersion(sources, importRoot, framework.distribution);
  const packageName = sharedPackage(group);
  const packageFolder = join(importRoot, packageName.replaceAll('.', '/'));
  const factory = point.object?.endsWith('()') === true ? point.object.slice(0, -2) : undefined;
  const pasteFile = factory === undefined ? undefined : pasteFileOf(sources, `${point.module}:${factory}`);
  return {
    framework: framework.name,
    ...(version === undefined ? {} : { frameworkVersion: version }),
    packageName,
    packageFolder,
    importRoot,
    settings: [],
    entryPoints: group.flatMap(({ points }) => points),
    ...(pasteFile === undefined ? {} : { pasteFile }),
    ...generatedIn(packageFolder, sources),
  };
}
