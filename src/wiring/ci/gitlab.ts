import { atEnd } from '../../edit/insertion.ts';
import { render } from '../../templates.ts';
import { VERSION } from '../../version.ts';
import { parseDocument } from '../../yaml-parser.ts';
import type { Situation, Wiring } from '../wiring.ts';

export const GITLAB = '.gitlab-ci.yml';

/** A job in GitLab's file; the file, where there is none. */
export function wireGitlab(wiring: Wiring, { read }: Situation): void {
  const text = read(GITLAB)?.text;
  if (text === undefined) {
    const job = render('ci/gitlab.yml', { version: VERSION, stage: '' });
    wiring.wishes.push({ kind: 'ci', path: GITLAB, text: job, others: 'leave' });
    return;
  }
  if (/pycrash-init(@\S+)? check/.test(text)) {
    wiring.wishes.push({ kind: 'ci', path: GITLAB, good: true });
    return;
  }
  const document = parseDocument(text);
  const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
  // several documents, a list, a broken file …
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    /^---\s*$[^]*^---\s*$/m.test(text)
  ) {
    wiring.notes.push({
      code: 'ci-by-hand',
      message: `${GITLAB} cannot be read as YAML and was left alone; run \`npx pycrash-init@${VERSION} check\` in a job`,
    });
    return;
  }
  const stages = 'stages' in value && Array.isArray(value.stages) ? value.stages : undefined;
  // `test` is a job's stage unless it says otherwise, and an error where `stages` does not have it
  const stage = stages === undefined || stages.includes('test') ? '' : String(stages[0]);
  const job = render('ci/gitlab.yml', { version: VERSION, stage });
  wiring.wishes.push({ kind: 'ci', path: GITLAB, insertions: [atEnd(text, job, 1)] });
}
