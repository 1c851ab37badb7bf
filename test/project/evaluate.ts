import { Sources } from '../../src/project/sources.ts';
import { TreeModules } from '../../src/project/python-modules.ts';
import { evaluateModule, type EvaluatedModule } from '../../src/project/readers/python/settings.ts';
import { loadPythonParser } from '../../src/project/readers/python/syntax.ts';

export type Files = Readonly<Record<string, string>>;

/** Evaluates a module of a tree that is only there in memory. */
export async function evaluate(files: Files, module = 'settings'): Promise<EvaluatedModule> {
  const bytes = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const sources = new Sources('/nowhere', [], bytes);
  const modules = new TreeModules(sources, await loadPythonParser(), [''], new Map());
  const evaluated = evaluateModule(module, modules);
  if (evaluated === undefined) throw new Error(`there is no module ${module}`);
  return evaluated;
}
