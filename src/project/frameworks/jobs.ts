import type { Parser } from 'web-tree-sitter';
import type { Application, Note, Service } from '../project.ts';
import { isJobServer } from '../servers/index.ts';
import type { Sources } from '../sources.ts';
import { hasPackageFile } from '../versions.ts';
import { celery } from './celery.ts';
import { choose } from './chosen-object.ts';
import type { Framework } from './framework.ts';
import { applicationOf, findIn, inOnePackage } from './index.ts';
import { deployedFiles, type FoundObject } from './objects.ts';

/** What runs in the background, beside a web application or alone; its objects are watched in place, too. */
export const JOBS: readonly Framework[] = [celery];

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
  if (objects.length === 0) return { applications: [...applications], notes: [] };
  if (applications.length === 0) {
    const isProject = (root: string) => root !== '' && hasPackageFile(sources, root);
    const chosen = choose(objects, [startedBy(services)], names, { alone: true, isProject });
    return { applications: inOnePackage(chosen).map((group) => applicationOf(group, sources)), notes: [] };
  }
  const working = objects.filter(({ unlikely }) => unlikely < ONLY_SENDS);
  return {
    applications: applications.map((application) => ({
      ...application,
      entryPoints: [
        ...application.entryPoints,
        ...working.filter((object) => isBeside(application, object)).flatMap(({ points }) => points),
      ],
    })),
    notes: working
      .filter((object) => !applications.some((application) => isBeside(application, object)))
      .map(leftAlone),
  };
}

/** What `celery -A shop` may mean (celery/app/utils.py, find_app). */
function startedBy(services: readonly Service[]): string[] {
  return services.flatMap(({ command }) => {
    const name = command?.value.application;
    if (name === undefined || !isJobServer(command?.value.server)) return [];
    if (name.includes(':')) return [name];
    return [name, `${name}.celery`].flatMap((module) => [`${module}:app`, `${module}:celery`]);
  });
}

function isBeside(application: Application, { importRoot }: FoundObject): boolean {
  return application.importRoot === importRoot;
}

function leftAlone({ framework, points: [{ file, object, inPlace }] }: FoundObject): Note {
  const message =
    `${file} has ${object === undefined ? 'an application' : object} of ${framework.title}, in another folder than the web ` +
    'application: its tasks are not watched. Run init in its own folder';
  return inPlace === undefined
    ? { code: 'job-left-alone', message }
    : { code: 'job-left-alone', message, at: inPlace.statement };
}
