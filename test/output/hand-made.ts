import { SourceFile } from '../../src/project/readers/text.ts';
import { checkProject, type CheckResult } from '../../src/rules/check-project.ts';
import type { Project } from '../../src/project/project.ts';
import type { Level, Rule } from '../../src/rules/rule.ts';
import { Terminal } from '../../src/terminal.ts';

export const TERMINAL = new Terminal({ json: false, quiet: false, color: false, cwd: '/' });

const EMPTY: Project = {
  root: '/',
  files: [],
  folders: new Set(),
  git: false,
  applications: [],
  services: [],
  abortCode: [],
  fileCapabilities: [],
  givenFolders: [],
  redeliveredTasks: [],
  scheduledCommands: [],
  blindSpots: [],
  notifiesSystemd: false,
  notes: [],
};

/** What a rule that fires on each `needle` in the files finds: its message and help are hard to escape. */
export function resultOf(
  files: Record<string, string>,
  options: {
    needle?: string;
    level?: Level | 'unknown';
    baseline?: ReadonlySet<string>;
    message?: string;
  } = {},
): CheckResult {
  const {
    needle = 'WRONG',
    level = 'error',
    message = `50% of <b>"this" & 'that'</b>\r\n::error::,\u0007 ]]> 😀`,
  } = options;
  const sources = new Map(
    Object.entries(files).map(([path, text]) => [path, new SourceFile(path, Buffer.from(text))]),
  );
  const rule: Rule = {
    id: 'PYC900',
    slug: 'hand-made',
    level: 'warning',
    summary: 'a rule for tests',
    check: () =>
      [...sources.values()].flatMap((file) =>
        [...file.text.matchAll(new RegExp(needle, 'g'))].map((match) => ({
          level,
          confidence: 'high' as const,
          message,
          help: 'write: something, else',
          at: file.span(match.index, match.index + match[0].length),
        })),
      ),
  };
  return checkProject(EMPTY, {
    rules: [rule],
    target: {},
    read: (file) => sources.get(file),
    ...(options.baseline === undefined ? {} : { baseline: options.baseline }),
  });
}
