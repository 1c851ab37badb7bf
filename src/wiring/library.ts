import { renderGeneratedModule } from '../project/generated-module.ts';
import { inFolder, MODULE, type Situation, type Wiring } from './wiring.ts';

/** The generated module in the project package, with the wrappers that the entry points need. */
export function wireLibrary({ application }: Situation): Wiring {
  const { framework, entryPoints, packageFolder } = application;
  const has = (wanted: string): boolean => entryPoints.some(({ kind }) => kind === wanted);
  // without either file there is still a server that imports something: both are there to be pasted
  const neither = !has('wsgi') && !has('asgi');
  const text = renderGeneratedModule({
    framework,
    wsgi: neither || has('wsgi'),
    asgi: neither || has('asgi'),
  });
  return {
    wishes: [{ kind: 'library', path: inFolder(packageFolder, `${MODULE}.py`), text, others: 'refuse' }],
    notes: [],
    impossible: [],
  };
}
