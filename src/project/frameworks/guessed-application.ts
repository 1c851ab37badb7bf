import type { Note, Service } from '../project.ts';
import { baseName } from '../python-modules.ts';
import type { PythonFile } from '../readers/python/syntax.ts';
import { statementsOf } from './blocks.ts';
import { ledToBy, rank } from './chosen-object.ts';
import { namedTo } from './named-application.ts';
import type { FoundObject } from './objects.ts';
import { assignedNames, type PythonNames } from './python-names.ts';

interface Tree {
  /** Does any start command lead to an object? */
  isStarted: boolean;
  /** The files that a server may import. */
  paths: readonly string[];
  names: PythonNames;
  parse: (path: string) => PythonFile | undefined;
}

const CODE = 'application-guessed';

/**
 * Where no start command leads to the one object that was `chosen`, although one names another or takes what it loads
 * from a file that is not there, where a module of a usual name keeps an application that a package outside of the
 * tree makes, and where there are several and nothing says which: which was taken, to be looked at.
 */
export function guessed(
  chosen: readonly FoundObject[],
  objects: readonly FoundObject[],
  services: readonly Service[],
  tree: Tree,
): Note[] {
  const [taken] = chosen;
  if (taken === undefined || chosen.length > 1) return [];
  const naming = services.filter(
    ({ command }) => command?.value.application !== undefined && command.value.server !== undefined,
  );
  // what an .ini of PasteDeploy names, and which of them a path means, is another question
  if (
    naming.flatMap(namedTo).some((one) => isPaste(one.name) || ledToBy(one, objects, tree.names).length > 0)
  )
    return [];
  const [{ file, object }] = taken.points;
  const which = `${object ?? 'that'} in ${file}`;
  const first = naming[0]?.command;
  if (first !== undefined) {
    const { application, server } = first.value;
    const message =
      `${server} is started with ${application}, and how that leads to an application of this repository was not ` +
      `found out: ${which} is taken for it. See whether ${application} comes from there`;
    return [{ code: CODE, message, at: first.at }];
  }
  const notes = [...unnamed(services, which), ...madeElsewhere(which, taken, tree)];
  return notes.length > 0 || tree.isStarted ? notes : oneOfSeveral(which, taken, objects);
}

export const isPaste = (name: string): boolean => /\.ini(#|$)/.test(name);

/** A server that takes the name of its application from a file that is not in the repository. */
function unnamed(services: readonly Service[], which: string): Note[] {
  for (const { command, notes } of services) {
    const unread = notes.find(({ code }) => code === 'server-config-unread');
    if (command === undefined || unread === undefined) continue;
    const message = `${unread.message}, so what ${command.value.server ?? 'that server'} loads is not known: ${which} is taken for it. See whether that is the one`;
    return [{ code: CODE, message, at: command.at }];
  }
  return [];
}

/** `app = create_app()` in a module of a usual name, where the function comes from a package that is not in the tree. */
function madeElsewhere(which: string, { framework }: FoundObject, { paths, names, parse }: Tree): Note[] {
  for (const path of paths.filter((one) => USUAL.test(baseName(one)))) {
    const python = parse(path);
    for (const { statement } of python === undefined ? [] : statementsOf(python.module)) {
      const [{ name = '', value = undefined } = {}] = assignedNames(statement);
      if (value?.type !== 'call' || !/^app(lication)?$/.test(name)) continue;
      const maker = value.field('function')?.text ?? '';
      const meaning = names.meaning(path, maker);
      if (meaning === undefined || !('external' in meaning) || !MAKES.test(maker)) continue;
      const at = statement.file.span(statement.start, statement.end);
      const message =
        `${name} in ${path} is what ${meaning.external}() makes, which is not in this repository, and nothing here says that a ` +
        `server loads ${which} instead, which is watched. If it loads ${name}, or what that package itself offers, then ` +
        `import ${framework.call} from the module that init wrote, and call it with that application where it is made`;
      return [{ code: CODE, message, at }];
    }
  }
  return [];
}

/** Nothing starts any of them, and another one is as likely as the one that was taken. */
function oneOfSeveral(which: string, taken: FoundObject, objects: readonly FoundObject[]): Note[] {
  const others = objects.filter(
    (one) => one !== taken && one.importRoot === taken.importRoot && one.unlikely <= taken.unlikely,
  );
  if (others.length === 0) return [];
  const [{ inPlace }] = taken.points;
  const named = others
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, MOST_NAMED)
    .map(({ points: [{ file, object }] }) => (object === undefined ? file : `${object} in ${file}`));
  const more = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : '';
  const message =
    `nothing in this repository says which application a server loads: ${which} is taken for it, and there are also ` +
    `${named.join(', ')}${more}. See whether that is the one, or add the unit, Procfile or Dockerfile that starts it`;
  return [{ code: CODE, message, ...(inPlace === undefined ? {} : { at: inPlace.statement }) }];
}

const MOST_NAMED = 4;

/** Files that keep the application for a server. */
const USUAL = /^(app|application|asgi|main|run|server|wsgi)\.py$/;

/** Functions that make an application. */
const MAKES = /(^|\.)(build|create|get|init|make|setup)_\w*(api|app|application|server)$/;
