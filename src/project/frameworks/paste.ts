import type { Sources } from '../sources.ts';
import { baseName, parent, join } from '../python-modules.ts';

/** Not what production runs with. */
const NOT_PRODUCTION = /(^|[-_.])(dev\w*|tests?|testing|local)([-_.]|$)/i;

/**
 * The applications that PasteDeploy's files of the repository name, as `module:function`: `use = call:…`,
 * `paste.app_factory = …`, and `use = egg:…` by the entry points of the project (docs.pylonsproject.org, PasteDeploy).
 * `file`: only that one, as a start command names it; else all that are not for development or tests.
 */
export function pasteApplications(sources: Sources, file?: string): string[] {
  return [...new Set(pasteFiles(sources, file).flatMap((path) => namedIn(sources, path)))];
}

/** The first of those files that names the function `application`, e.g. `shop:main`; from the root. */
export function pasteFileOf(sources: Sources, application: string): string | undefined {
  return pasteFiles(sources).find((path) => namedIn(sources, path).includes(application));
}

function pasteFiles(sources: Sources, file?: string): string[] {
  const wanted = file?.replace(/#.*$/, '').replace(/^(\.\/|\/)+/, '');
  const all = sources.besidesPython.filter((path) =>
    wanted === undefined ? path.endsWith('.ini') : path === wanted || path.endsWith(`/${wanted}`),
  );
  const production = all.filter((path) => !NOT_PRODUCTION.test(baseName(path)));
  return wanted === undefined && production.length > 0 ? production : all;
}

const WORDS = ['use', 'paste.app_factory'];

function namedIn(sources: Sources, path: string): string[] {
  const text = sources.containing(path, WORDS)?.text ?? '';
  const named =
    /^[ \t]*(?:use[ \t]*[=:][ \t]*(?:call:(?<call>[\w.]+:[\w.]+)|egg:[\w.-]+(?:#(?<entry>[\w.-]+))?)|paste\.app_factory[ \t]*[=:][ \t]*(?<factory>[\w.]+:[\w.]+))/gm;
  return [...text.matchAll(named)].flatMap(({ groups }) => {
    const direct = groups?.['call'] ?? groups?.['factory'];
    return direct === undefined ? entryPoint(sources, parent(path), groups?.['entry'] ?? 'main') : [direct];
  });
}

/** `main = shop:main` below `paste.app_factory` in setup.py, setup.cfg or pyproject.toml; those beside the file first. */
function entryPoint(sources: Sources, folder: string, name: string): string[] {
  const files = [...new Set([folder, parent(folder), ''])].flatMap((each) =>
    ['pyproject.toml', 'setup.cfg', 'setup.py'].map((one) => join(each, one)),
  );
  for (const path of files) {
    const text = sources.containing(path, WORDS)?.text ?? '';
    const section = /paste\.app_factory['"\]]*\s*[=:\]]?([\s\S]*)/.exec(text)?.[1] ?? '';
    const found = new RegExp(String.raw`(?:^|['"\s,\[])${name}\s*=\s*['"]?([\w.]+:[\w.]+)`).exec(
      section,
    )?.[1];
    if (found !== undefined) return [found];
  }
  return [];
}
