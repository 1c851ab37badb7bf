import { posix } from 'node:path';
import type { EntryPoint, Note, Service } from '../project/project.ts';
import { moduleName as pythonModuleName } from '../project/python-modules.ts';
import { DEVELOPMENT } from '../project/supervisors/index.ts';
import { modulesToWire } from './middleware.ts';
import { dropInFor, renderDropIn } from './units/drop-in.ts';
import {
  celeryCommand,
  dramatiqCommand,
  gunicornCommand,
  programCommand,
  renderUnit,
  uvicornCommand,
} from './units/unit.ts';
import { wireOpenrc } from './units/openrc-settings.ts';
import type { Situation, Wiring, Wish } from './wiring.ts';

/** The drop-in's name: it comes after the distribution's and before an operator's own (systemd.unit(5)). */
export const DROP_IN = '10-pycrash.conf';

/** A drop-in beside each unit that starts the application, a conf.d file beside OpenRC's scripts; a complete unit where nothing starts it at all. */
export function wireUnits(situation: Situation): Wiring {
  const { project, supervisor, systemdVersion, ours } = situation;
  // the unit of an earlier run is no unit of theirs
  const services = project.services.filter(
    ({ file, unit }) => unit?.endsByItself !== true && !ours.has(file),
  );
  const units = services.filter((service) => service.supervisor === 'systemd');
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  if (units.length > 0) {
    for (const service of units) wiring.wishes.push(...dropInBeside(service, situation));
    return wiring;
  }
  const scripts = services.filter((service) => service.supervisor === 'openrc');
  for (const service of scripts) wireOpenrc(wiring, service, situation);
  if (scripts.length > 0) return wiring;
  const templates = project.notes.flatMap(({ code, at }) =>
    code === 'unit-template' && at ? [at.file] : [],
  );
  if (supervisor === undefined && services.length === 0 && templates[0] !== undefined) {
    wiring.notes.push(unreadTemplates(templates[0], templates.length));
    return wiring;
  }
  const other = startedElsewhere(services, situation);
  if (supervisor === 'systemd' || (supervisor === undefined && other === undefined)) {
    wiring.wishes.push(completeUnit(situation, systemdVersion));
  } else if (other !== undefined) {
    const starts = services.length > 0 ? 'starts the service' : 'may start the service';
    wiring.notes.push({
      code: 'no-systemd-unit',
      message:
        `${other} ${starts} without systemd, so no unit was written (--supervisor systemd writes one). ` +
        'Something has to start a crashed process again, with a core limit of unlimited and a folder that keeps the core',
    });
  }
  return wiring;
}

function unreadTemplates(first: string, count: number): Note {
  const which =
    count === 1
      ? `${first} is a template of a unit`
      : `${first} and ${count - 1} more are templates of units`;
  return {
    code: 'no-systemd-unit',
    message:
      `${which}; what they start was not read, so no unit was written (--supervisor systemd writes one). ` +
      'A unit needs what starts a crashed process again, LimitCORE=infinity and a folder that keeps the core',
  };
}

/** Files by which a repository that has no systemd unit says how it is started. */
const STARTED_OTHERWISE =
  /(^|\/)(Dockerfile[^/]*|(docker-)?compose[^/]*\.ya?ml|Procfile|supervisord?[^/]*\.conf|uwsgi[^/]*\.ini|fly\.toml|app\.ya?ml|render\.ya?ml)$/;

/** A file that starts services, best one of the application's own folder; with no service known one that may start it by its name. */
function startedElsewhere(
  services: readonly Service[],
  { application: { importRoot }, project }: Situation,
): string | undefined {
  const files = services.map(({ file }) => file);
  const own = files.find((file) => importRoot !== '' && file.startsWith(`${importRoot}/`));
  const named = project.files.filter((file) => STARTED_OTHERWISE.test(file) && !DEVELOPMENT.test(file));
  return own ?? files[0] ?? named.toSorted((a, b) => a.split('/').length - b.split('/').length)[0];
}

function dropInBeside(service: Service, { systemdVersion }: Situation): Wish[] {
  const dropIn = dropInFor(service, systemdVersion);
  if (dropIn === undefined) return [];
  const path = `${posix.dirname(service.file)}/${service.name}.d/${DROP_IN}`.replace(/^\.\//, '');
  return [{ kind: 'units', path, text: renderDropIn(dropIn), others: 'leave' }];
}

function completeUnit(situation: Situation, systemdVersion: number): Wish {
  const { application } = situation;
  const { entryPoints, framework } = application;
  const entry =
    entryPoints.find(
      ({ kind }) => kind === 'wsgi' || kind === 'http' || (kind === 'asgi' && framework !== 'django'),
    ) ?? entryPoints.find(({ kind }) => (kind === 'worker' || kind === 'script') && framework !== 'django');
  const name = serviceName(situation);
  const modules = modulesToWire(situation);
  const production = modules.find(({ role }) => role === 'production')?.module;
  return {
    kind: 'units',
    path: `deploy/${name}.service`,
    others: 'leave',
    text: renderUnit({
      name,
      user: 'www-data',
      importRoot: posix.join(`/srv/${name}`, application.importRoot),
      command: commandOf(situation, entry, `/srv/${name}`),
      settings: production ?? entry?.settingsModule?.value ?? modules[0]?.module ?? '',
      systemdVersion,
    }),
  };
}

function commandOf(situation: Situation, entry: EntryPoint | undefined, place: string): string {
  const { application } = situation;
  const module = entry?.module ?? 'wsgi';
  if (entry?.kind === 'script') return programCommand(place, module);
  if (entry?.kind === 'http') return programCommand(place, runModule(situation, module));
  if (application.pasteFile !== undefined)
    return gunicornCommand(place, `--paste ${posix.join(place, application.pasteFile)}`);
  if (entry?.kind === 'worker' && application.framework === 'rq') return programCommand(place, module);
  if (entry?.kind === 'worker' && application.framework === 'dramatiq')
    return dramatiqCommand(place, modulesWithActors(situation, module));
  const command =
    entry?.kind === 'worker' ? celeryCommand : entry?.kind === 'asgi' ? uvicornCommand : gunicornCommand;
  return command(place, `${module}:${entry?.object ?? 'application'}`);
}

/** What `python -m` runs: the package, where its `__main__.py` has to do with the application's module; else that module. */
function runModule({ application, project, read }: Situation, module: string): string {
  const { packageFolder, packageName } = application;
  const main = `${packageFolder}/__main__.py`;
  if (packageName === '' || !project.files.includes(main)) return module;
  const last = module.slice(module.lastIndexOf('.') + 1);
  const uses = module === packageName || new RegExp(String.raw`\b${last}\b`).test(read(main)?.text ?? '');
  return uses ? packageName : module;
}

/** The modules that Dramatiq's command line has to import: those of the package with an actor, else that of the broker. */
function modulesWithActors({ application, project, read }: Situation, broker: string): string[] {
  const { importRoot, packageFolder } = application;
  const modules = project.files
    .filter(
      (path) => path.endsWith('.py') && path.startsWith(packageFolder === '' ? '' : `${packageFolder}/`),
    )
    .filter((path) => !/(^|\/)test/.test(path) && /^@(dramatiq\.)?actor\b/m.test(read(path)?.text ?? ''))
    .map((path) => pythonModuleName(importRoot, path));
  return modules.length === 0 ? [broker] : modules;
}

/** Names of packages that say nothing about the project. */
const GENERAL = new Set(
  'app apps backend conf config core django main project server settings site src web website'.split(' '),
);

/** A name for the service: the project package's, else pyproject.toml's, never the checkout's folder. */
function serviceName({ application, read }: Situation): string {
  const packaged = application.packageName.split('.')[0] ?? '';
  const named = /^name\s*=\s*["']([A-Za-z0-9_.-]+)["']/m.exec(read('pyproject.toml')?.text ?? '')?.[1];
  const name = packaged === '' || GENERAL.has(packaged) ? (named ?? packaged) : packaged;
  return name.replaceAll(/[_.]/g, '-') || 'app';
}
