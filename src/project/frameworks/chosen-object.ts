import type { Service } from '../project.ts';
import { join } from '../python-modules.ts';
import type { Sources } from '../sources.ts';
import type { FoundObject } from './objects.ts';

/**
 * The objects that are deployed: those that start commands name, directly or by a module that imports them. Where no
 * command names one, in each import root the one with the most usual name and place.
 */
export function choose(
  objects: readonly FoundObject[],
  services: readonly Service[],
  sources: Sources,
): FoundObject[] {
  const named = services.flatMap(({ command }) => command?.value.application ?? []);
  const started = objects.filter((object) => named.some((name) => isStarted(object, name, sources)));
  if (started.length > 0) return started;
  const roots = new Map<string, FoundObject>();
  for (const object of [...objects].sort((a, b) => rank(a) - rank(b))) {
    if (!roots.has(object.importRoot)) roots.set(object.importRoot, object);
  }
  return [...roots.values()];
}

/** Does `name`, e.g. `shop:create_app()` or `wsgi:app`, lead to the object? */
function isStarted({ point, importRoot }: FoundObject, name: string, sources: Sources): boolean {
  const [module = '', object = point.object] = name.split(':');
  const wanted = object?.replace(/\(.*$/, '');
  const own = point.object?.replace('()', '');
  if (module === point.module) {
    return wanted === own || assignedFrom(sources.read(point.file)?.text ?? '', wanted, own);
  }
  const path = module.replaceAll('.', '/');
  const file = [`${path}.py`, `${path}/__init__.py`]
    .map((one) => sources.read(join(importRoot, one)))
    .find((one) => one !== undefined);
  if (file === undefined || own === undefined) return false;
  const last = point.module.split('.').at(-1) ?? '';
  const importing = new RegExp(String.raw`^\s*from\s+([\w.]+)\s+import\b[^=]*?\b${own}\b`, 'm').exec(
    file.text,
  );
  const from = importing?.[1]?.replace(/^\.+/, '');
  const same = from === point.module || from === last || (from === '' && file.path !== point.file);
  return same && (wanted === own || assignedFrom(file.text, wanted, own));
}

/** Is `wanted` made by calling the factory `own`, or its other name? */
function assignedFrom(text: string, wanted: string | undefined, own: string | undefined): boolean {
  return new RegExp(String.raw`^\s*${wanted}\s*(?::[^=\n]*)?=\s*${own}\b`, 'm').test(text);
}

function rank({ point }: FoundObject): number {
  const usual = /(^|\.)(app|main|wsgi|asgi|application|server)$/.test(point.module) ? 0 : 2;
  const name = /^(app|application|create_app\(\)|make_app\(\)|get_app\(\))$/.test(point.object ?? '') ? 0 : 1;
  return usual + name + point.module.split('.').length * 4;
}
