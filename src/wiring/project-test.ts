import { renderModuleTest, type ModuleTest } from '../project/generated-module.ts';
import type { EntryPoint, SettingsModule } from '../project/project.ts';
import { modulesToWire } from './middleware.ts';
import {
  inFolder,
  MIDDLEWARE_CLASS,
  MODULE,
  moduleName,
  type Situation,
  type Wiring,
  type Wish,
} from './wiring.ts';

/** The project's own test: an uncaught exception aborts, a 404 does not, and the files that `wishes` edit use the module. */
export function wireProjectTest(situation: Situation, wishes: readonly Wish[]): Wiring {
  const { application, project } = situation;
  const { entryPoints, importRoot, packageFolder } = application;
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  const by = provenBy(situation);
  if (by === undefined) return wiring;
  const edited = new Set(wishes.filter(({ kind }) => kind === 'entry-points').map(({ path }) => path));
  const entry = entryPoints.find(
    ({ kind, file, commandOption }) => kind !== 'script' && commandOption === undefined && edited.has(file),
  );
  const tests = inFolder(importRoot, 'tests');
  // where the project keeps its tests at the top, pytest and Django's runner look there
  const folder = project.files.some((file) => file.startsWith(`${tests}/test`) && file.endsWith('.py'))
    ? tests
    : packageFolder;
  wiring.wishes.push({
    kind: 'tests',
    path: inFolder(folder, `test_${MODULE}.py`),
    text: renderModuleTest({
      module: moduleName(application),
      moduleFile: inFolder(packageFolder, `${MODULE}.py`),
      importRoot,
      by,
      ...(entry === undefined ? {} : { wired: { file: entry.file, call: wrappingOf(entry) } }),
    }),
    others: 'leave',
  });
  return wiring;
}

function provenBy(situation: Situation): ModuleTest['by'] | undefined {
  const { framework, entryPoints } = situation.application;
  if (framework === 'django') {
    const settings = settingsOfTests(situation);
    if (settings === undefined) return undefined;
    const { module, className } = settings;
    return { settings: module, ...(className === undefined ? {} : { configuration: className }) };
  }
  const [first] = entryPoints;
  const isPlain = framework === 'wsgi' || framework === 'asgi';
  const call = isPlain ? `wrap_${framework}` : (first?.inPlace?.call ?? first?.commandOption?.call);
  return call === undefined ? undefined : { call, jobs: first?.kind === 'worker' };
}

/** Text that is in the file of an entry point that uses the generated module, whatever the name of the object. */
function wrappingOf({ kind, inPlace, definition }: EntryPoint): string {
  if (inPlace !== undefined) return `${inPlace.call}(`;
  return definition === undefined ? `wrap_${kind}(` : `@wrap_${kind}`;
}

/** Settings that have our class and that a developer's machine can run with: the tests' own, manage.py's, any. */
function settingsOfTests(situation: Situation): SettingsModule | undefined {
  const { settings, entryPoints } = situation.application;
  const entry = `${moduleName(situation.application)}.${MIDDLEWARE_CLASS}`;
  const edited = new Set(modulesToWire(situation).map(placeOf));
  const wired = settings.filter(
    (module) =>
      (placeOf(module) !== undefined && edited.has(placeOf(module))) ||
      module.middleware?.elements.some(({ value }) => value.kind === 'string' && value.value === entry),
  );
  const named = entryPoints.find(({ kind }) => kind === 'manage')?.settingsModule?.value;
  return (
    wired.find(({ role }) => role === 'test') ?? wired.find(({ module }) => module === named) ?? wired[0]
  );
}

function placeOf({ middleware }: SettingsModule): string | undefined {
  const literal = middleware?.firstPlace?.literal;
  return literal === undefined ? undefined : `${literal.file}:${literal.start}`;
}
