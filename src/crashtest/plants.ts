import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { templateNames, templateText } from '../templates.ts';

/** What is planted in one framework, or in several that share their code: a file `templates/verify/pycrash_plant_NAME.py`. */
export interface Plant {
  /** The module's name, e.g. `pycrash_plant_flask`. */
  module: string;
  /** Frameworks whose applications it makes crash, as `Application.framework` has them. */
  frameworks: readonly string[];
  /** Modules of the framework in which it changes something once they are imported. */
  changes: readonly string[];
}

/** All of them, as the files themselves declare it: `FRAMEWORKS = […]` and the keys of `PLANTS = {…}`. */
export function readPlants(): Plant[] {
  return plantedFiles()
    .filter((name) => name.startsWith('pycrash_plant_'))
    .map((name) => {
      const text = templateText(`verify/${name}`);
      const frameworks = stringsOf(/^FRAMEWORKS = \[(.*)\]$/m.exec(text)?.[1] ?? '');
      const changes = stringsOf(/^PLANTS = \{\n?([^}]*)\}$/m.exec(text)?.[1] ?? '');
      if (frameworks.length === 0 || changes.length === 0)
        throw new Error(`${name}: FRAMEWORKS or PLANTS is missing`);
      return { module: name.replace(/\.py$/, ''), frameworks, changes };
    });
}

/** Writes what is put on PYTHONPATH into a folder, with a list of what changes which module. */
export function writePlants(folder: string): void {
  for (const file of plantedFiles()) writeFileSync(join(folder, file), templateText(`verify/${file}`));
  const changes = readPlants().flatMap(({ module, changes: all }) => all.map((name) => [name, module]));
  writeFileSync(join(folder, 'plants.json'), JSON.stringify(Object.fromEntries(changes)));
}

function plantedFiles(): string[] {
  return templateNames('verify/').filter((name) => name.endsWith('.py'));
}

function stringsOf(text: string): string[] {
  return [...text.matchAll(/"([\w.-]+)"/g)].flatMap(([, found]) => found ?? []);
}
