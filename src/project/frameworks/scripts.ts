import type { Parser } from 'web-tree-sitter';
import { readScript } from '../entry-points.ts';
import { parsedFiles } from '../parsed-files.ts';
import { wayFrom } from './chosen-object.ts';
import { programOf } from './program.ts';
import { importRootOf } from './import-root.ts';
import { NOT_DEPLOYED } from './objects.ts';
import { PythonNames } from './python-names.ts';
import { generatedIn } from '../generated-header.ts';
import type { Application, EntryPoint, Located, Note, Service, Span, StartCommand } from '../project.ts';
import { foldersOf } from '../deployed-paths.ts';
import { baseName, join, moduleName, parent } from '../python-modules.ts';
import { parsePython } from '../readers/python/syntax.ts';
import type { Sources } from '../sources.ts';
import { DEVELOPMENT } from '../supervisors/index.ts';

/** What a program without any application is called, as in `Application.framework`, and how people write it. */
export const SCRIPT = { name: 'script', title: 'Python script' } as const;

export interface Script {
  point: EntryPoint;
  /** The folder that the script imports from: its own, or that in which `python -m` finds its package. */
  importRoot: string;
  /** Of `python -m package`: the package may have the generated module. */
  packageName: string;
  /** Where it is started. */
  at: Span;
}

/**
 * Adds the programs that services run as long as they live, `python worker.py` or `python -m package`, to the
 * application that Python imports from the same folder. Where there is no application at all they are one of their own.
 * `commands`: those of Django among them.
 */
export function withScripts(
  applications: readonly Application[],
  sources: Sources,
  parser: Parser,
  services: readonly Service[],
  commands: readonly Script[],
): { applications: Application[]; notes: Note[] } {
  const scripts = new Map<string, Script>();
  for (const service of services) {
    const script = scriptOf(service, services, sources, parser);
    const key = script === undefined ? '' : `${script.point.file}:${script.point.calls ?? ''}`;
    if (script !== undefined && !scripts.has(key)) scripts.set(key, script);
  }
  const taken = new Set(applications.flatMap(({ entryPoints }) => entryPoints.map(({ file }) => file)));
  const names = new PythonNames(sources.files, parsedFiles(sources, parser), (path) =>
    importRootOf(sources, path),
  );
  // what serves an application has the hooks from where that is made
  const serves = ({ point: { file, calls } }: Script): boolean =>
    calls !== undefined &&
    calls !== '' &&
    [...wayFrom(names.meaning(file, calls), names)].some((one) => 'path' in one && taken.has(one.path));
  const found = [...scripts.values(), ...commands].filter(
    (script) => !taken.has(script.point.file) && !serves(script),
  );
  if (applications.length === 0) return { applications: alone(found, sources), notes: [] };
  const beside = ({ importRoot }: Application) => found.filter((script) => script.importRoot === importRoot);
  return {
    applications: applications.map((application) => ({
      ...application,
      entryPoints: [...application.entryPoints, ...beside(application).map(({ point }) => point)],
    })),
    notes: found
      .filter((script) => !applications.some((application) => beside(application).includes(script)))
      .map(({ point: { file }, at }) => ({
        code: 'script-left-alone',
        message:
          `${file} is in another folder than the application, so it cannot be sure to import the generated module: ` +
          'an exception that ends it leaves no core. Where it can, call install() of it first',
        at,
      })),
  };
}

/** What a service of these names runs ends by itself. */
export const ENDS =
  /(^|[-_.])(release|migrat\w*|seed\w*|init|initialize|setup|wait\w*|health\w*|backup|cron|build|tests?)([-_.]|$)/i;

function scriptOf(
  service: Service,
  services: readonly Service[],
  sources: Sources,
  parser: Parser,
): Script | undefined {
  const { command } = service;
  if (command === undefined || command.value.server !== undefined) return undefined;
  if (!KEEPS_RUNNING.has(service.supervisor) || ENDS.test(service.name)) return undefined;
  if (NOT_DEPLOYED.test(service.file)) return undefined;
  if (service.unit?.endsByItself === true) return undefined;
  const { entry } = command.value;
  const named = entry === undefined ? programOf(command.value) : undefined;
  if (entry === undefined && (named === undefined || ENDS.test(named.name))) return undefined;
  // a script that prepares what the same service then serves
  if (
    services.some((other) => other.file === service.file && other.name === service.name && other !== service)
  )
    return undefined;
  if (named === undefined) {
    const program = baseName(command.value.argv[0] ?? '');
    if (entry === undefined || ENDS.test(program) || DEVELOPMENT.test(program)) return undefined;
    return installed(entry, command, sources, parser);
  }
  const path =
    named.paths
      .flatMap((one) => foldersOf(service).map((folder) => join(folder, one)))
      .find((one) => sources.files.has(one)) ?? command.value.program;
  const file = path === undefined ? undefined : sources.read(path);
  if (path === undefined || file === undefined) return undefined;
  if (SERVES.test(file.text)) return undefined;
  const inner = named.paths.find((one) => path === one || path.endsWith(`/${one}`)) ?? '';
  const importRoot = named.isModule ? path.slice(0, -inner.length).replace(/\/$/, '') : parent(path);
  const module = moduleName(importRoot, path);
  const python = parsePython(parser, file);
  return {
    point: readScript(named.isModule ? named.name : module, python),
    importRoot,
    packageName: named.isModule && module.includes('.') ? (module.split('.')[0] ?? '') : '',
    at: command.at,
  };
}

/** The function that a command of the repository's own package calls. */
function installed(
  { module, object, file: path }: NonNullable<StartCommand['entry']>,
  command: Located<StartCommand>,
  sources: Sources,
  parser: Parser,
): Script | undefined {
  const file = sources.read(path);
  if (file === undefined || SERVES.test(file.text)) return undefined;
  const inner = `${module.replaceAll('.', '/')}${path.endsWith('/__init__.py') ? '/__init__.py' : '.py'}`;
  return {
    point: readScript(module, parsePython(parser, file), object),
    importRoot: path.slice(0, -inner.length).replace(/\/$/, ''),
    packageName: inner.includes('/') ? (module.split('.')[0] ?? '') : '',
    at: command.at,
  };
}

/** A program that serves the application: that installs the hooks itself where it is made. */
const SERVES =
  /\b(?:app|application|server|web|socketio)\.run\(|\bserve_forever\(|\brun_(?:app|simple)\(|\bmake_server\(|\bserve\(/;

/** Supervisors that keep a program running, by the names of `Service.supervisor`. */
export const KEEPS_RUNNING = new Set([
  'systemd',
  'supervisord',
  'procfile',
  'runit',
  's6',
  'daemontools',
  'openrc',
  'circus',
  'compose',
  'kubernetes',
  'nomad',
]);

function alone(scripts: readonly Script[], sources: Sources): Application[] {
  const groups = new Map<string, Application>();
  for (const { point, importRoot, packageName } of scripts) {
    const key = `${importRoot}:${packageName}`;
    const known = groups.get(key);
    const folder = join(importRoot, packageName);
    groups.set(key, {
      framework: SCRIPT.name,
      packageName,
      packageFolder: folder,
      importRoot,
      settings: [],
      entryPoints: [...(known?.entryPoints ?? []), point],
      ...generatedIn(folder, sources),
    });
  }
  return [...groups.values()];
}
