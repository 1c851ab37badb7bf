import type { Parser } from 'web-tree-sitter';
import type {
  Application,
  EntryPoint,
  Located,
  Note,
  Service,
  SettingsModule,
  StartCommand,
  StaticValue,
} from '../project.ts';
import { foldersOf } from '../deployed-paths.ts';
import { moduleName } from '../python-modules.ts';
import { isJobServer } from '../servers/index.ts';
import type { Sources } from '../sources.ts';
import { hasPackageFile } from '../versions.ts';
import { celery } from './celery.ts';
import { choose } from './chosen-object.ts';
import { wordsOf } from './constructors.ts';
import { dramatiq } from './dramatiq.ts';
import type { Framework } from './framework.ts';
import { generatedIn } from '../generated-header.ts';
import { applicationOf, findIn, inOnePackage } from './index.ts';
import { deployedFiles, type FoundObject } from './objects.ts';
import type { Named } from './named-application.ts';
import { rq } from './rq.ts';

/** What runs in the background, beside a web application or alone; its objects are watched in place, too. */
export const JOBS: readonly Framework[] = [celery, dramatiq, rq];

/** What is looked for in each file, for `Sources.lookFor`. */
export const JOB_WORDS: readonly string[] = wordsOf(JOBS);

/** As `unlikely` of an object that a function makes and keeps: it only sends tasks. */
const ONLY_SENDS = 80;

/**
 * The applications, with the objects of background work that Python imports from the same folder: one init wires both.
 * An object in another folder cannot be sure to import the generated module: a note. Where there is no application at
 * all, the objects are applications of their own.
 */
export function withJobs(
  applications: readonly Application[],
  sources: Sources,
  parser: Parser,
  services: readonly Service[],
): { applications: Application[]; notes: Note[] } {
  const { objects, names } = findIn(deployedFiles(sources), JOBS, sources, parser);
  const commands = commandsOfRq(
    services,
    applications.flatMap(({ settings }) => settings),
  );
  if (applications.length === 0) {
    const isProject = (root: string) => root !== '' && hasPackageFile(sources, root);
    const chosen = choose(objects, [startedBy(services)], names, { alone: true, isProject });
    const alone = inOnePackage(chosen).map((group) => applicationOf(group, sources));
    if (alone.length === 0 && commands.length > 0) alone.push(onlyStarted(commands, sources));
    else if (alone.length === 1) for (const one of alone) one.entryPoints = [...one.entryPoints, ...commands];
    return { applications: alone, notes: [] };
  }
  const working = objects.filter(({ framework, unlikely }) => framework !== celery || unlikely < ONLY_SENDS);
  return {
    applications: applications.map((application) => ({
      ...application,
      entryPoints: [
        ...application.entryPoints,
        ...working
          .filter((object) => isBeside(application, object, sources))
          .flatMap(({ points }) => points)
          .map((point) => seenFrom(application.importRoot, point)),
        ...(applications.length === 1 ? commands : []),
      ],
    })),
    notes: working
      .filter((object) => !applications.some((application) => isBeside(application, object, sources)))
      .map(leftAlone),
  };
}

/**
 * RQ has no application object: what its command line starts is told by an option, and what django-rq starts by the
 * setting RQ_EXCEPTION_HANDLERS (django_rq/settings.py).
 */
function commandsOfRq(services: readonly Service[], settings: readonly SettingsModule[]): EntryPoint[] {
  return services.flatMap(({ command }) => {
    if (command?.value.server !== 'rq') return [];
    const isManaged =
      command.value.argv.some((word) => /^rqworker(-pool)?$/.test(word)) && isManage(command.value);
    const given = isManaged
      ? settings.flatMap(({ values }) => handlersIn(values.get('RQ_EXCEPTION_HANDLERS')))
      : [command.value.options.get('exception-handler')];
    const ours = given.find((one) => one?.value.endsWith('abort_on_exception.abort_on_rq_failure') === true);
    return [
      {
        kind: 'worker' as const,
        file: command.at.file,
        module: '',
        object: isManaged ? 'manage.py rqworker' : 'rq worker',
        commandOption: {
          option: '--exception-handler',
          ...(isManaged ? { setting: 'RQ_EXCEPTION_HANDLERS' } : {}),
          names: 'abort_on_rq_failure',
          call: rq.call,
          command: command.at,
        },
        ...(ours === undefined ? {} : { wrapped: ours.at }),
      },
    ];
  });
}

function isManage({ argv }: StartCommand): boolean {
  return argv.some((word) => /(^|\/)(manage\.py|django-admin(\.py)?)$|^django$/.test(word));
}

function handlersIn(setting: Located<StaticValue> | undefined): Located<string>[] {
  if (setting?.value.kind !== 'sequence') return [];
  return setting.value.elements.flatMap(({ value, at }) =>
    value.kind === 'string' ? [{ value: value.value, at }] : [],
  );
}

/** Workers that a command alone starts: Python imports from the root of the repository (rq worker, --path). */
function onlyStarted(entryPoints: EntryPoint[], sources: Sources): Application {
  return {
    framework: rq.name,
    packageName: '',
    packageFolder: '',
    importRoot: '',
    settings: [],
    entryPoints,
    ...generatedIn('', sources),
  };
}

/** What `celery -A shop` and `dramatiq shop.tasks` may mean (celery/app/utils.py, find_app). */
function startedBy(services: readonly Service[]): Named[] {
  return services.flatMap((service) => {
    const name = service.command?.value.application;
    if (name === undefined || !isJobServer(service.command?.value.server)) return [];
    const folders = foldersOf(service);
    if (name.includes(':')) return [{ name, folders }];
    return [name, `${name}.celery`].flatMap((module) =>
      ['app', 'celery', 'broker'].map((object) => ({ name: `${module}:${object}`, folders })),
    );
  });
}

/** Imported from the same folder, or from below it where a stray `__init__.py` makes that one look like a package. */
function isBeside(application: Application, object: FoundObject, sources: Sources): boolean {
  const root = application.importRoot;
  if (root === object.importRoot) return true;
  const looksLikePackage = root !== '' && sources.files.has(`${root}/__init__.py`);
  return looksLikePackage && object.points[0].file.startsWith(`${root}/`);
}

function seenFrom(root: string, point: EntryPoint): EntryPoint {
  return { ...point, module: moduleName(root, point.file) };
}

function leftAlone({ framework, points: [{ file, object, inPlace }] }: FoundObject): Note {
  const message =
    `${file} has ${object === undefined ? 'an application' : object} of ${framework.title}, in another folder than the web ` +
    'application: its tasks are not watched. Run init in its own folder';
  return inPlace === undefined
    ? { code: 'job-left-alone', message }
    : { code: 'job-left-alone', message, at: inPlace.statement };
}
