import { renderGeneratedModule } from '../project/generated-module.ts';
import { neededParts, wantedParts } from './module-parts.ts';
import { inFolder, MODULE, type Situation, type Wiring } from './wiring.ts';

/** The generated module in the project package, with the wrappers that the project's entry points need. */
export function wireLibrary(situation: Situation): Wiring {
  const { framework, packageFolder, entryPoints } = situation.application;
  const path = inFolder(packageFolder, `${MODULE}.py`);
  const has = (kind: string): boolean => entryPoints.some((entry) => entry.kind === kind);
  // without any entry point that can be read a person pastes one of them
  const neither =
    !has('wsgi') &&
    !has('asgi') &&
    !has('http') &&
    framework !== 'script' &&
    (framework === 'django' || !has('worker'));
  const text = renderGeneratedModule({
    framework,
    wsgi: neither || has('wsgi'),
    asgi: neither || has('asgi'),
    calls: entryPoints.flatMap(({ inPlace, commandOption }) => inPlace?.call ?? commandOption?.call ?? []),
    needed: neededParts(situation),
    asked: wantedParts(situation, path),
  });
  return { wishes: [{ kind: 'library', path, text, others: 'refuse' }], notes: [], impossible: [] };
}
