import type { Project, Service } from '../project/project.ts';
import { LITESTAR_RUN } from '../project/servers/litestar-run.ts';
import type { Rule, RuleFinding } from './rule.ts';

export const rule: Rule = {
  id: 'PYC028',
  slug: 'outlives-a-stop',
  level: 'warning',
  summary: 'a stop ends the shell in front of the server, and the server lives on with its port',
  check: (project: Project) => project.services.flatMap(lookAt),
};

/** How the shell can be left out, or what else reaches the server. */
const HELP: Readonly<Record<string, string>> = {
  supervisord: 'start the server with `exec`, or write stopasgroup=true',
  circus: 'start the server with `exec`, and take shell = True out; stop_children reaches it only sometimes',
};

/** Signals that end nothing unless a program asks for them (signal(7)); s6 takes names with and without SIG, and numbers. */
const HARMLESS = /^(?:(?:SIG)?(?:CHLD|CONT|URG|WINCH)|17|18|23|28)$/i;

function lookAt({ name, supervisor, command, stop }: Service): RuleFinding[] {
  if (command === undefined || stop === undefined) return [];
  const { keepsSignals, leftBehind } = command.value;
  const { signal } = stop;
  if (signal !== undefined && HARMLESS.test(signal.value)) {
    return [
      {
        confidence: 'high',
        message: `a stop sends ${signal.value}, which ends no server: ${name} lives on`,
        help: 'take the signal out: TERM is the default',
        at: signal.at,
      },
    ];
  }
  // PYC029
  if (leftBehind === true || keepsSignals === undefined || stop.reaches === 'group') return [];
  return [
    {
      confidence: 'medium',
      message: `${supervisor} signals ${keepsSignals}, which stays in front of ${name} and passes nothing on: after a stop or restart the server lives on, and the next one finds its port taken`,
      help:
        keepsSignals === LITESTAR_RUN
          ? 'start uvicorn itself: uvicorn --workers 2 MODULE:app'
          : (HELP[supervisor] ?? 'start the server with `exec` as the last command'),
      at: command.at,
    },
  ];
}
