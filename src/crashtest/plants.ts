import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { templateNames, templateText } from '../templates.ts';
import type { Target } from './target.ts';

/** What is planted in one framework, or in several that share their code: a file `templates/verify/pycrash_plant_NAME.py`. */
export interface Plant {
  /** The module's name, e.g. `pycrash_plant_flask`. */
  module: string;
  /** Frameworks whose applications it makes crash, as `Application.framework` has them; none of what runs inside of others. */
  frameworks: readonly string[];
  /** Modules of the framework in which it changes something once they are imported; none where those are the project's. */
  changes: readonly string[];
}

/**
 * All of them, as the files themselves declare it: `FRAMEWORKS = […]` and the keys of `PLANTS = {…}` (`PLANTS = dict…`
 * where the project's own modules are changed).
 */
export function readPlants(): Plant[] {
  return plantedFiles()
    .filter((name) => name.startsWith('pycrash_plant_'))
    .map((name) => {
      const text = templateText(`verify/${name}`);
      const declared = /^FRAMEWORKS = \[(.*)\]$/m.exec(text)?.[1];
      const frameworks = stringsOf(declared ?? '');
      const changes = stringsOf(/^PLANTS = \{\n?([^}]*)\}$/m.exec(text)?.[1] ?? '');
      if (declared === undefined || (changes.length === 0 && !/^PLANTS = dict\b/m.test(text)))
        throw new Error(`${name}: FRAMEWORKS or PLANTS is missing`);
      return { module: name.replace(/\.py$/, ''), frameworks, changes };
    });
}

/** Writes what is put on PYTHONPATH into a folder, with a list of what changes which module. */
export function writePlants(folder: string, started?: Started): void {
  for (const file of plantedFiles()) writeFileSync(join(folder, file), templateText(`verify/${file}`));
  const changes = readPlants().flatMap(({ module, changes: all }) => all.map((name) => [name, module]));
  const callables = started === undefined ? undefined : callablesOf(started);
  if (callables !== undefined) {
    writeFileSync(join(folder, 'callables.json'), JSON.stringify(callables));
    const own = [callables.generated, ...Object.keys(callables.objects)];
    changes.push(...own.map((name) => [name, 'pycrash_plant_callable']));
  }
  writeFileSync(join(folder, 'plants.json'), JSON.stringify(Object.fromEntries(changes)));
}

/** What is started, and by which words. */
type Started = Pick<Target, 'application' | 'command'>;

/** Callables of no framework: those that the command names, else all; by module, with their kind. */
function callablesOf({
  application,
  command,
}: Started): { generated: string; objects: Record<string, Record<string, string>> } | undefined {
  const { framework, entryPoints, packageName } = application;
  if (framework !== 'wsgi' && framework !== 'asgi') return undefined;
  const words = (typeof command === 'string' ? command.split(/[\s'"]+/) : command).map((word) =>
    word.replace(/\(.*\)$/, ''),
  );
  const named = entryPoints.filter(({ module, object = '' }) =>
    words.some((word) => word === module || word === `${module}:${object.replace('()', '')}`),
  );
  const objects: Record<string, Record<string, string>> = {};
  for (const { module, object, kind } of named.length > 0 ? named : entryPoints) {
    if (object !== undefined) objects[module] = { ...objects[module], [object]: kind };
  }
  return { generated: [packageName, 'abort_on_exception'].filter(Boolean).join('.'), objects };
}

function plantedFiles(): string[] {
  return templateNames('verify/').filter((name) => name.endsWith('.py'));
}

function stringsOf(text: string): string[] {
  return [...text.matchAll(/"([\w.-]+)"/g)].flatMap(([, found]) => found ?? []);
}
