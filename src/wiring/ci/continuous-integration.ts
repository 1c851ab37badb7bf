import { render } from '../../templates.ts';
import { VERSION } from '../../version.ts';
import { WORKFLOWS, type Situation, type Wiring, type Workflow } from '../wiring.ts';
import { GITLAB, wireGitlab } from './gitlab.ts';
import { wireNox } from './nox.ts';
import { PRE_COMMIT, wirePreCommit } from './pre-commit.ts';
import { wireTox } from './tox.ts';

const WIRE: Readonly<Record<Workflow, (wiring: Wiring, situation: Situation) => void | Promise<void>>> = {
  github: wireGithub,
  gitlab: wireGitlab,
  'pre-commit': wirePreCommit,
  tox: wireTox,
  nox: wireNox,
};

/** Runs `pycrash check`, pinned to this version, where `--ci` says; else in GitLab's file where there is one, else in a GitHub workflow. */
export async function wireContinuousIntegration(situation: Situation): Promise<Wiring> {
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  for (const workflow of situation.workflows ?? usual(situation)) {
    await WIRE[workflow](wiring, situation);
  }
  return wiring;
}

function usual({ project, ours, read }: Situation): Workflow[] {
  const hasGitlab = read(GITLAB) !== undefined;
  const hasGithub = !hasGitlab || project.files.some((file) => file.startsWith('.github/'));
  // brought up to date with the rest where an earlier run was asked for it
  const there = {
    github: hasGithub,
    gitlab: hasGitlab,
    'pre-commit': ours.has(PRE_COMMIT),
    tox: false,
    nox: false,
  };
  return WORKFLOWS.filter((workflow) => there[workflow]);
}

function wireGithub(wiring: Wiring): void {
  const text = render('ci/github.yml', { version: VERSION });
  wiring.wishes.push({ kind: 'ci', path: '.github/workflows/pycrash.yml', text, others: 'leave' });
}
