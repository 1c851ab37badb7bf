import type { Located } from '../project.ts';
import type { Sources } from '../sources.ts';

/** Files whose shell commands prepare a machine or an image. */
export const SHELL = /(?:^|\/)(?:[^/]*(?:dockerfile|containerfile)[^/]*|makefile|[^/]*\.(?:sh|bash))$/i;

/** `setcap caps file` (setcap(8)) in shell text; the file is up to the end of the command. */
const SETCAP =
  /^(?![ \t]*#).*?\bsetcap[ \t]+(?:-[nqv]+[ \t]+|-n[ \t]+\d+[ \t]+)*(["']?)([a-z_,]+[+=]+[eip]+)\1[ \t]+([^;&|\n]+)/gim;

const WORDS = ['setcap'];

/** Commands that give an interpreter of Python, or uWSGI, capabilities of its file that it has at once: `e` or `p`, not `i` alone. */
export function findFileCapabilities(sources: Sources, files: readonly string[]): Located<string>[] {
  return files.flatMap((path) => {
    if (!SHELL.test(path)) return [];
    const file = sources.containing(path, WORDS);
    return [...(file?.text.matchAll(SETCAP) ?? [])].flatMap((match) => {
      const [whole, , capabilities = '', target = ''] = match;
      if (file === undefined || !/[ep]/.test(capabilities.split(/[+=]/).at(-1) ?? '')) return [];
      if (!/python|pypy|uwsgi/i.test(target)) return [];
      const start = match.index + whole.search(/\bsetcap\b/);
      const end = match.index + whole.trimEnd().length;
      return [{ value: file.text.slice(start, end), at: file.span(start, end) }];
    });
  });
}
