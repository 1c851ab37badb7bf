import type { StartCommand } from '../project/project.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { lastingUnits } from './unit-services.ts';

const SIGNALS_ONLY = new Set(['on-abnormal', 'on-abort']);

export const rule: Rule = {
  id: 'PYC011',
  slug: 'abort-hidden-by-shell',
  level: 'error',
  summary: 'a shell or init turns SIGABRT into exit status 134, which this Restart= does not count',
  check: (project) =>
    lastingUnits(project).flatMap(({ service, keys }): RuleFinding[] => {
      const entry = keys.entry('Restart');
      const command = service.command?.value;
      if (entry === undefined || !SIGNALS_ONLY.has(entry.value) || command === undefined) return [];
      const unread = isUnread(command);
      if (!command.behindShell && !unread) return [];
      if (unread || command.maybeInPlace === true) {
        const [program = ''] = command.argv;
        return [
          {
            level: 'unknown',
            confidence: 'low',
            message: `${unread ? `whether ${program} stays in front of the server` : 'whether sh stays in front of its last command (dash does, bash does not)'} is not known: if so, systemd sees exit status 134 and no signal, and Restart=${entry.value} leaves ${service.name} down`,
            help: 'write Restart=on-failure, or start the server with `exec`',
            at: entry.at,
          },
        ];
      }
      return [
        {
          confidence: 'high',
          message: `a shell stays in front of the server, so systemd sees exit status 134 and no signal: Restart=${entry.value} leaves ${service.name} down`,
          help: 'write Restart=on-failure, or start the server with `exec`',
          at: entry.at,
        },
      ];
    }),
};

/** A program that nothing here knows, with Python somewhere behind it. */
function isUnread({ server, entry, argv, launchers }: StartCommand): boolean {
  const [program = ''] = argv;
  if (server !== undefined || entry !== undefined || launchers.some((name) => /python/.test(name)))
    return false;
  return (
    !/(?:^|\/)(?:python|pypy)[\d.]*$|\.py$/.test(program) && argv.slice(1).some((word) => /python/.test(word))
  );
}
