import { isDeepStrictEqual } from 'node:util';
import { insertAll, type Insertion } from '../../edit/insertion.ts';
import { indentation, lineEnding, nextLine } from '../../edit/text-style.ts';
import { render } from '../../templates.ts';
import { VERSION } from '../../version.ts';
import { isMap, isSeq, parseDocument } from '../../yaml-parser.ts';
import type { Situation, Wiring } from '../wiring.ts';

export const PRE_COMMIT = '.pre-commit-config.yaml';

/** A hook at the end of pre-commit's `repos`; the file, where there is none. */
export function wirePreCommit(wiring: Wiring, { read, ours }: Situation): void {
  const hook = render('ci/pre-commit.yml', { version: VERSION });
  const text = read(PRE_COMMIT)?.text;
  if (text === undefined || ours.has(PRE_COMMIT)) {
    const whole = `repos:\n${indented(hook, '  ', '\n')}`;
    wiring.wishes.push({ kind: 'ci', path: PRE_COMMIT, text: whole, others: 'leave' });
    return;
  }
  if (/pycrash-init/.test(text)) {
    wiring.wishes.push({ kind: 'ci', path: PRE_COMMIT, good: true });
    return;
  }
  const insertion = hookAtEnd(text, hook);
  if (insertion === undefined) {
    wiring.notes.push({
      code: 'ci-by-hand',
      message: `${PRE_COMMIT} has no list of repositories that could be added to, and was left alone; it wants this under \`repos\`:\n${hook.trimEnd()}`,
    });
    return;
  }
  wiring.wishes.push({ kind: 'ci', path: PRE_COMMIT, insertions: [insertion] });
}

/** Behind the last entry of `repos`, indented as that is; undefined where the file would then not be what it was, and the hook. */
function hookAtEnd(text: string, hook: string): Insertion | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return undefined;
  const repos: unknown = document.contents.get('repos', true);
  if (!isSeq(repos) || repos.flow === true || repos.range === undefined || repos.range === null)
    return undefined;
  const [start, valueEnd] = repos.range;
  // empty lines behind the last entry stay in front of what follows
  const written = text.slice(start, valueEnd).trimEnd().length;
  const at = nextLine(text, start + written);
  const end = lineEnding(text);
  const unfinished = at === text.length && !/[\r\n]$/.test(text) ? end : '';
  const insertion = { at, text: unfinished + indented(hook, indentation(text, start), end) };
  const after = parseDocument(insertAll(text, [insertion]).text);
  if (after.errors.length > 0) return undefined;
  return isDeepStrictEqual(after.toJS(), withHook(document.toJS(), hook)) ? insertion : undefined;
}

function withHook(value: unknown, hook: string): unknown {
  if (typeof value !== 'object' || value === null || !('repos' in value) || !Array.isArray(value.repos)) {
    return undefined;
  }
  const added: unknown = parseDocument(hook).toJS();
  return { ...value, repos: [...(value.repos as unknown[]), ...(added as unknown[])] };
}

function indented(text: string, by: string, end: string): string {
  return text.replaceAll(/^(?=.)/gm, by).replaceAll('\n', end);
}
