import { renderModuleTest } from '../project/generated-module.ts';
import type { EntryPoint, SettingsModule } from '../project/project.ts';
import { modulesToWire } from './middleware.ts';
import { inFolder, MIDDLEWARE_CLASS, MODULE, moduleName, type Situation, type Wiring } from './wiring.ts';

/** The project's own test that an unhandled exception aborts and a 404 does not. */
export function wireProjectTest(situation: Situation): Wiring {
  const { application, project } = situation;
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  const { framework } = application;
  const [first] = application.entryPoints;
  const isPlain = framework === 'wsgi' || framework === 'asgi';
  const call = framework === 'django' ? undefined : isPlain ? `wrap_${framework}` : callOf(first);
  const settings = settingsOfTests(situation);
  const module = moduleName(application);
  const options =
    settings !== undefined
      ? { module, settings: settings.module }
      : call !== undefined
        ? { module, framework, call, jobs: application.entryPoints[0]?.kind === 'worker' }
        : undefined;
  if (options === undefined) return wiring;
  const tests = inFolder(application.importRoot, 'tests');
  // where the project keeps its tests at the top, pytest and Django's runner look there
  const folder = project.files.some((file) => file.startsWith(`${tests}/test`) && file.endsWith('.py'))
    ? tests
    : application.packageFolder;
  wiring.wishes.push({
    kind: 'tests',
    path: inFolder(folder, `test_${MODULE}.py`),
    text: renderModuleTest(options),
    others: 'leave',
  });
  return wiring;
}

function callOf(entry: EntryPoint | undefined): string | undefined {
  return entry?.inPlace?.call ?? entry?.commandOption?.call;
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
