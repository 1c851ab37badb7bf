import { parseDocument } from '../yaml-parser.ts';
import { lineEnding } from '../edit/text-style.ts';
import { render } from '../templates.ts';
import { VERSION } from '../version.ts';
import type { Situation, Wiring } from './wiring.ts';

const GITLAB = '.gitlab-ci.yml';
const GITHUB = '.github/workflows/pycrash.yml';

/** A job that runs `pycrash check` on every push, pinned to this version: in GitLab's file where there is one, else a GitHub workflow. */
export function wireContinuousIntegration(situation: Situation): Wiring {
  const { project, read } = situation;
  const gitlab = read(GITLAB);
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  if (gitlab !== undefined) addGitlabJob(wiring, gitlab.text);
  const hasGithub = project.files.some((file) => file.startsWith('.github/'));
  if (gitlab === undefined || hasGithub) {
    const text = render('ci/github.yml', { version: VERSION });
    wiring.wishes.push({ kind: 'ci', path: GITHUB, text, others: 'leave' });
  }
  return wiring;
}

function addGitlabJob(wiring: Wiring, text: string): void {
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
  const end = lineEnding(text);
  const job = render('ci/gitlab.yml', { version: VERSION, stage }).replaceAll('\n', end);
  const start = text === '' ? '' : /[\r\n]$/.test(text) ? end : `${end}${end}`;
  wiring.wishes.push({ kind: 'ci', path: GITLAB, insertions: [{ at: text.length, text: `${start}${job}` }] });
}
