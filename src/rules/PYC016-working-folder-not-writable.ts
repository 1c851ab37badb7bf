import type { Project, Service, Span } from '../project/project.ts';
import { isIn } from '../project/unit-keys.ts';
import { containerFolders, type ContainerFolder } from './container-working-folder.ts';
import { coreDirectoryOfModule, goesTo } from './module-core-directory.ts';
import { closedMode, readOnly } from './read-only-paths.ts';
import type { Rule, RuleFinding } from './rule.ts';
import {
  keptFolders,
  mayBeRoot,
  unitServices,
  unprivilegedUser,
  workingFolder,
  type UnitService,
} from './unit-services.ts';
import { typedCommand } from '../typed-command.ts';

export const rule: Rule = {
  id: 'PYC016',
  slug: 'working-folder-not-writable',
  level: 'warning',
  summary: 'the core would go where the service cannot write',
  check: (project) => [
    ...unitServices(project).flatMap((unit) => lookAt(unit, project)),
    ...project.services.flatMap((service) => lookAtOther(service, project)),
    ...containerFolders(project).flatMap((folder) => lookAtContainer(folder, project)),
  ],
};

const PATTERN = 'unless kernel.core_pattern sends it elsewhere';

function lookAt(unit: UnitService, project: Project): RuleFinding[] {
  const { keys, start, service } = unit;
  const { name, workingDirectory } = service;
  const user = unprivilegedUser(unit);
  const folder = workingFolder(unit);
  const at = workingDirectory?.at ?? start;
  const help = 'write StateDirectory=NAME and WorkingDirectory=/var/lib/NAME in [Service]';
  if (folder === undefined) {
    // `~` is the home of the user
    // nobody and a user for the time of the run have no home
    const hasHome = user !== 'nobody' && user !== 'the dynamic user';
    if (user === undefined || (hasHome && workingDirectory?.value.startsWith('~') === true)) return [];
    return [notSaid(name, workingDirectory?.value ?? '', user, at, help)];
  }
  const { path } = folder;
  const kept = [...keptFolders(unit), ...keys.words('RuntimeDirectory').map((own) => `/run/${own}`)];
  if (kept.some((own) => isIn(path, own))) {
    const own = definitely(path, unit, user, help) ?? ofOwnFolder(path, unit, user) ?? ofMask(unit);
    return own === undefined ? [] : [{ ...own, at: own.at ?? at }];
  }
  const instead = coreDirectoryOfModule(project, service);
  const mask = ofMask(unit);
  if (mask !== undefined) return [{ ...mask, at: mask.at ?? at }];
  const found = definitely(path, unit, user, help);
  if (found !== undefined)
    return [instead === undefined ? { ...found, at: found.at ?? at } : moved(found, at, instead)];
  if (user === undefined) {
    const own = instead ?? path;
    const other = project.givenFolders.some((given) => mayBeIn(own, given) && !mayBeRoot(given.user));
    const may = !other || overridesModes(unit) || own === '/';
    return may ? [] : [notSaid(name, own, 'root without CAP_DAC_OVERRIDE', at, help)];
  }
  if (instead !== undefined || isGiven(path, user, project)) return [];
  return [notSaid(name, path, user, at, help)];
}

function mayBeIn(path: string, given: Project['givenFolders'][number]): boolean {
  return given.below ? isIn(path, given.path) : path === given.path;
}

/** Without that capability root is a user as others are (capabilities(7)). */
function overridesModes({ keys }: UnitService): boolean {
  const words = keys.words('CapabilityBoundingSet');
  if (!keys.isSet('CapabilityBoundingSet')) return true;
  const [first = ''] = words;
  return first.startsWith('~') !== words.some((word) => word.replace('~', '') === 'CAP_DAC_OVERRIDE');
}

/** The kernel writes a core only to a file of mode 0600 (fs/coredump.c, do_coredump), root's too. */
function ofMask({ keys }: UnitService): Definite | undefined {
  const mask = keys.entry('UMask');
  if (mask === undefined || !/^[0-7]{1,5}$/.test(mask.value)) return undefined;
  if ((Number.parseInt(mask.value, 8) & 0o600) === 0) return undefined;
  return {
    confidence: 'high',
    message: `UMask=${mask.value} takes from the owner of a file the right to read or write it: the kernel makes an empty core of that mode, and leaves it (${PATTERN})`,
    help: 'write a mask that leaves the owner its rights, such as UMask=0077',
    at: mask.at,
  };
}

type Definite = Omit<RuleFinding, 'at'> & { at?: Span | undefined };

/** A folder that systemd makes for the service: its mode, and the user whom the command changes to. */
function ofOwnFolder(path: string, unit: UnitService, user: string | undefined): Definite | undefined {
  if (user === undefined) return undefined;
  const mode = closedMode(path, unit);
  if (mode !== undefined) {
    return {
      confidence: 'high',
      message: `a core goes to the working directory (${PATTERN}), and ${mode.key} does not let ${user} write to ${path}`,
      help: `write a mode that its owner can write with, such as 0750`,
      at: mode.at,
    };
  }
  const launcher = unit.service.command?.value.startedAs;
  if (launcher?.value !== user) return undefined;
  return {
    confidence: 'high',
    message: `a core goes to the working directory (${PATTERN}), and systemd makes ${path} for root: ${user}, to whom the command changes, cannot write there`,
    help: `write User=${user}, and leave the change of the user to systemd`,
    at: launcher.at,
  };
}

/** What the unit itself says against writing to `path`. */
function definitely(
  path: string,
  unit: UnitService,
  user: string | undefined,
  help: string,
): Definite | undefined {
  if (path === '/' && user !== undefined) {
    const why = unit.service.workingDirectory === undefined ? 'without WorkingDirectory= it is /' : 'it is /';
    return {
      confidence: 'high',
      message: `a core goes to the working directory (${PATTERN}), and ${why}, where ${user} cannot write`,
      help,
    };
  }
  const reason = readOnly(path, unit);
  if (reason === undefined) return undefined;
  return {
    confidence: 'high',
    message: `a core goes to the working directory (${PATTERN}), and ${reason.key} makes ${path} read-only for this service`,
    help: path === '/' ? help : `write ReadWritePaths=${path}, or ${help.replace(/^write /, '')}`,
    at: reason.at,
  };
}

/** What is left of a finding where the generated module leaves the folder before it aborts. */
function moved(found: Definite, at: Span, instead: string): RuleFinding {
  return { ...found, level: 'info', message: found.message + goesTo(instead), at: found.at ?? at };
}

function notSaid(name: string, path: string, user: string, at: Span, help: string): RuleFinding {
  return {
    level: 'unknown',
    confidence: 'low',
    message: `a core of ${name} goes to ${path} (${PATTERN}), and no file says that ${user} may write there`,
    help: `ask the host: ${typedCommand('doctor')}; or ${help}`,
    at,
  };
}

/** Does something in the repository say that the folder belongs to the user, or can everybody write there? */
function isGiven(path: string, user: string, { givenFolders }: Project): boolean {
  if (isIn(path, `/home/${user}`) || ['/tmp', '/var/tmp', '/dev/shm'].includes(path)) return true;
  return givenFolders.some(
    (given) => given.user === user && (given.below ? isIn(path, given.path) : path === given.path),
  );
}

/** Where the supervisor starts a service that names no folder: one of root's. */
const PLACES: Readonly<Record<string, string>> = {
  supervisord: 'without directory= it is where supervisord was started, mostly /',
  circus: 'without working_dir it is where circusd was started, mostly /',
  openrc: 'without directory= it is /',
  runit: 'without a cd it is the folder of run',
  s6: 'without a cd it is the folder of run',
  daemontools: 'without a cd it is the folder of run',
};

function lookAtOther(service: Service, project: Project): RuleFinding[] {
  const { name, supervisor, unit, user, workingDirectory, command } = service;
  const place = PLACES[supervisor];
  if (unit !== undefined || place === undefined || command === undefined) return [];
  if (user === undefined || mayBeRoot(user.value)) return [];
  const help = `name a folder that belongs to ${user.value}: ${typedCommand(`unit ${supervisor}`)} prints how`;
  const at = workingDirectory?.at ?? user.at;
  const instead = coreDirectoryOfModule(project, service);
  if (workingDirectory !== undefined && workingDirectory.value !== '/') {
    const path = workingDirectory.value.replace(/(.)\/+$/, '$1');
    const [own = ''] = user.value.split(':');
    return instead !== undefined || isGiven(path, own, project) ? [] : [notSaid(name, path, own, at, help)];
  }
  const found: Definite = {
    confidence: 'medium',
    message: `a core of ${name} goes to the working directory (${PATTERN}), and ${workingDirectory === undefined ? place : 'it is /'}, where ${user.value} cannot write`,
    help,
  };
  return [instead === undefined ? { ...found, at } : moved(found, at, instead)];
}

/** PYC050 and PYC051 have what is read-only and what is lost; here it is who owns the folder. */
function lookAtContainer({ service, files, path, mount }: ContainerFolder, project: Project): RuleFinding[] {
  const { name, user, workingDirectory, command } = service;
  if (command?.value.server === undefined || user === undefined) return [];
  if (mayBeRoot(user.value)) return [];
  if (mount?.lasts === 'container' || mount?.readOnly === true || mount?.everybody === true) return [];
  if (mount === undefined && files.readOnlyRoot !== undefined) return [];
  const [own = ''] = user.value.split(':');
  const at = workingDirectory?.at ?? user.at;
  const help = `let the image make the folder and give it away: RUN mkdir -p FOLDER && chown ${own} FOLDER`;
  const instead = coreDirectoryOfModule(project, service);
  if (path === '/') {
    const found: Definite = {
      confidence: 'high',
      message: `a core of ${name} goes to the working directory (${PATTERN}), and it is /, where ${own} cannot write`,
      help,
    };
    return [instead === undefined ? { ...found, at } : moved(found, at, instead)];
  }
  if (instead !== undefined || (path !== undefined && isGiven(path, own, project))) return [];
  return [notSaid(name, path ?? 'the working directory of the image', own, at, help)];
}
