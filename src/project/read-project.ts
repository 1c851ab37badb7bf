import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { adminCommands } from './frameworks/admin-commands.ts';
import { BLIND_WORDS, findBlindSpots } from './blind-spots.ts';
import { foldersOf, listFiles, type FileList } from './file-list.ts';
import { findCallables } from './frameworks/callables.ts';
import { findDjango } from './frameworks/django.ts';
import { findWatched } from './frameworks/index.ts';
import { JOB_WORDS, withJobs } from './frameworks/jobs.ts';
import { withScripts } from './frameworks/scripts.ts';
import type { Note, Project } from './project.ts';
import { TreeModules } from './python-modules.ts';
import { evaluateFile } from './readers/python/settings.ts';
import { findFileCapabilities } from './readers/file-capabilities.ts';
import { findGivenFolders } from './readers/given-folders.ts';
import { ABORT_WORDS, findAbortCode } from './readers/python/abort-code.ts';
import { notifies, waitsForNotifications } from './readers/sd-notify.ts';
import { findRedeliveredTasks, REJECT_WORDS } from './readers/python/redelivered-tasks.ts';
import { loadPythonParser } from './readers/python/syntax.ts';
import { withYaml } from './readers/yaml.ts';
import { findScheduledCommands } from './scheduled-commands.ts';
import { Sources } from './sources.ts';
import { learnRoots } from './frameworks/import-root.ts';
import { findServices } from './supervisors/index.ts';
import { findUnfollowed } from './unfollowed.ts';
import { pythonVersion } from './versions.ts';

export interface ReadOptions {
  /** Bytes that stand in for those on the disk, by path from the root: what the project is after an edit. */
  overlay?: ReadonlyMap<string, Uint8Array>;
  /** What `listFiles` says of the folder, where the caller knows it. */
  list?: FileList;
  /** Words of a start command that the repository does not have: it is served by that as well. */
  started?: readonly string[];
}

/**
 * Reads what the repository in the folder `root` is: which applications, how they are started, and where each fact
 * stands. Nothing of the repository is run. What cannot be known is a note, never an error; throws a `UserError`
 * only where `root` is no folder.
 */
export async function readProject(root: string, options: ReadOptions = {}): Promise<Project> {
  const folder = resolve(root);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UserError('no-folder', `${folder} is not a folder`, {
      exitCode: 2,
      help: 'name the folder of the repository',
    });
  }
  const listing = options.list ?? listFiles(folder);
  // While git works, and before loadPythonParser: for a hash (src/sha256.ts), and with other flags V8 refuses the compiled
  // form of it that Node has.
  process.getBuiltinModule('node:crypto');
  const [list, parser] = await Promise.all([listing, loadPythonParser()]);
  const sources = new Sources(folder, list.files, options.overlay);
  for (const words of [ABORT_WORDS, REJECT_WORDS, JOB_WORDS, BLIND_WORDS]) sources.lookFor(words);
  const files = [...sources.files].sort();
  const modules = new TreeModules(sources, parser, [''], new Map());
  const reader = { sources, evaluate: (path: string) => evaluateFile(path, modules) };
  const { scheduledCommands, ...found } = await withYaml(() => ({
    ...findServices(reader),
    scheduledCommands: findScheduledCommands(reader),
  }));
  const named = found.services.flatMap(({ settingsModule }) =>
    settingsModule === undefined ? [] : [settingsModule],
  );
  const started = found.services.flatMap(({ command }) => [
    ...(command?.value.argv ?? []),
    ...[...(command?.value.options.values() ?? [])].map(({ value }) => value),
  ]);
  const django = findDjango(sources, parser, named, [...started, ...(options.started ?? [])]);
  const python = pythonVersion(sources);
  const notes: Note[] = [...django.notes, ...found.notes, ...sources.notes];
  learnRoots(sources, found.services);
  const watched = findWatched(sources, parser, found.services, django.applications);
  notes.push(...watched.notes);
  const known = [...django.applications, ...watched.applications];
  const callables = findCallables(sources, parser, found.services, known);
  notes.push(...callables.notes);
  const jobs = withJobs([...known, ...callables.applications], sources, parser, found.services);
  const admin = adminCommands({ services: found.services, scheduledCommands, files }, sources, parser);
  const all = withScripts(jobs.applications, sources, parser, found.services, admin.scripts);
  notes.push(...jobs.notes, ...admin.notes, ...all.notes);
  notes.push(...findUnfollowed(all.applications, found.services, sources, parser, notes));
  if (all.applications.length === 0) {
    const template = files.find((path) => /^[^/]*\{\{.*\}\}.*\//.test(path));
    if (template !== undefined) {
      notes.push({
        code: 'template-folder',
        message: `${template} is in a template of projects: run init in a project that was made from it`,
      });
    }
    notes.push({
      code: 'no-django',
      message: 'no Django project was found: no manage.py, wsgi.py or asgi.py that belongs to one',
    });
  }
  if (list.cut)
    notes.push({ code: 'too-many-files', message: `only the first ${files.length} files were looked at` });
  return {
    root: folder,
    files,
    folders: foldersOf(files),
    git: list.git,
    applications: all.applications,
    services: found.services,
    scheduledCommands,
    blindSpots: findBlindSpots(sources, found.services, scheduledCommands),
    abortCode: await findAbortCode(sources, files),
    redeliveredTasks: await findRedeliveredTasks(sources, files),
    notifiesSystemd: found.services.some((service) => waitsForNotifications(service)) && notifies(sources),
    fileCapabilities: findFileCapabilities(sources, files),
    givenFolders: findGivenFolders(sources, files, found.services),
    ...(python === undefined ? {} : { python }),
    notes,
  };
}
