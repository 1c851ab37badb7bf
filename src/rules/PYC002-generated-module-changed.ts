import type { GeneratedModule } from '../project/project.ts';
import { VERSION } from '../version.ts';
import type { Rule } from './rule.ts';
import { typedCommand } from '../typed-command.ts';

const MESSAGES: Record<
  Exclude<GeneratedModule['state'], 'current'>,
  (module: GeneratedModule) => [string, string]
> = {
  outdated: ({ version }) => [
    `this is the module of pycrash ${version ?? 'of another version'}, not of ${VERSION}`,
    `run \`${typedCommand('upgrade')}\``,
  ],
  modified: () => [
    'this generated module was edited: what was proved of it no longer holds, and the next upgrade has to merge',
    `take the edit back with \`${typedCommand('upgrade --force')}\`, and configure with PYCRASH in the settings instead`,
  ],
  unrecognised: () => [
    'this file has the name of the generated module, but not its header',
    `rename it, then run \`${typedCommand('init')}\``,
  ],
};

export const rule: Rule = {
  id: 'PYC002',
  slug: 'generated-module-changed',
  level: 'warning',
  summary: 'abort_on_exception.py is not as this version writes it',
  check: (project) =>
    project.applications.flatMap(({ generated }) => {
      if (generated === undefined || generated.state === 'current') return [];
      const [message, help] = MESSAGES[generated.state](generated);
      const { file, state } = generated;
      return [
        {
          level: state === 'unrecognised' ? 'error' : 'warning',
          confidence: 'high',
          message,
          help,
          at: { file, line: 1, column: 1, endLine: 1, endColumn: 1, start: 0, end: 0 },
        },
      ];
    }),
};
