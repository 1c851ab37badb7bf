import { UserError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import type { Project } from '../project/project.ts';
import { readUnlessKept } from '../project/kept-project.ts';
import { Sources } from '../project/sources.ts';
import type { Terminal } from '../terminal.ts';
import { readBaseline, writeBaseline } from './baseline.ts';
import { checkProject, type CheckResult } from './check-project.ts';
import { RULES } from './index.generated.ts';
import type { Level, Target } from './rule.ts';
import { typedCommand } from '../typed-command.ts';

export interface CheckRequest {
  /** Absolute path of the repository. */
  root: string;
  /** A name of OUTPUTS. */
  format: string;
  fix: boolean;
  /** May what was read of unchanged files before be used? */
  cache: boolean;
  /** A `Level`: findings of it or above make the exit code 1. */
  failLevel: string;
  /** Absolute paths. */
  baseline?: string;
  writeBaseline?: string;
  target: Target;
}

const OUTPUTS: Record<string, () => Promise<Output>> = {
  text: async () => (await import('../output/text.ts')).text,
  json: async () => (await import('../output/machine-formats.ts')).json,
  sarif: async () => {
    const [{ sarif }, { rulePages }] = await Promise.all([
      import('../output/machine-formats.ts'),
      import('./rule-pages.ts'),
    ]);
    return sarif(rulePages());
  },
  github: async () => (await import('../output/machine-formats.ts')).github,
  junit: async () => (await import('../output/machine-formats.ts')).junit,
  gitlab: async () => (await import('../output/machine-formats.ts')).gitlab,
};

const LEVELS: readonly Level[] = ['info', 'warning', 'error'];

/**
 * Checks the repository, prints the findings, and returns the exit code: 1 where there is a finding of `failLevel` or
 * above. What is `unknown` does not fail. Throws a `UserError` where there is nothing that could be checked.
 */
export async function check(terminal: Terminal, request: CheckRequest): Promise<0 | 1> {
  // what is written anew is all that is there today, what the old one has too
  const old = request.writeBaseline === undefined ? request.baseline : undefined;
  const baseline = old === undefined ? undefined : readBaseline(old);
  let { result, unread } = await checkOnce(request, baseline);
  if (request.fix && result.findings.some(({ fix }) => fix !== undefined)) {
    const { applyFixes } = await import('./apply-fixes.ts');
    const mended = applyFixes(request.root, result.findings);
    terminal.say(`${mended} ${mended === 1 ? 'finding was' : 'findings were'} mended`);
    ({ result, unread } = await checkOnce(request, baseline));
  }
  if (request.writeBaseline !== undefined) {
    writeBaseline(request.writeBaseline, result.findings);
    const { length } = result.findings;
    terminal.say(`${length} ${length === 1 ? 'finding is' : 'findings are'} in ${request.writeBaseline} now`);
    return 0;
  }
  const output = await OUTPUTS[request.format]?.();
  if (output === undefined)
    throw new UserError('format', `there is no format ${request.format}`, { exitCode: 2 });
  const document = output(result, terminal);
  if (document !== '') terminal.out(document);
  for (const line of unread) terminal.say(line);
  return result.findings.some(({ level }) => fails(level, request.failLevel)) ? 1 : 0;
}

async function checkOnce(
  request: CheckRequest,
  baseline: ReadonlySet<string> | undefined,
): Promise<{ result: CheckResult; unread: string[] }> {
  const project = await (request.cache ? readUnlessKept(request.root) : readAnew(request.root));
  if (project.applications.length === 0 && project.services.length === 0) {
    const why = project.notes.map(({ message }) => message).join('; ');
    throw new UserError(
      'nothing-to-check',
      `no web application and no service was found in ${request.root}${why === '' ? '' : ` (${why})`}`,
      { help: `name the folder that has manage.py or the unit files: ${typedCommand('check DIR')}` },
    );
  }
  const sources = new Sources(request.root, project.files);
  const result = checkProject(project, {
    rules: RULES,
    target: request.target,
    read: (file) => sources.read(file),
    ...(baseline === undefined ? {} : { baseline }),
  });
  return { result, unread: unreadStarts(project) };
}

/** Lines on what starts something that was not found out: no rule has looked at that. */
function unreadStarts({ notes }: Project): string[] {
  const lines = notes.flatMap(({ code, message, at }) => {
    if (!UNREAD.has(code) || at === undefined) return [];
    return [`not checked: ${message.includes(at.file) ? '' : `${at.file}:${at.line}: `}${message}`];
  });
  return [...new Set(lines)];
}

const UNREAD = new Set(['unit-template', 'start-command-unread', 'service-unfollowed']);

async function readAnew(root: string): Promise<Project> {
  const { readProject } = await import('../project/read-project.ts');
  return readProject(root);
}

function fails(level: Level | 'unknown', failLevel: string): boolean {
  return level !== 'unknown' && LEVELS.indexOf(level) >= LEVELS.findIndex((known) => known === failLevel);
}
