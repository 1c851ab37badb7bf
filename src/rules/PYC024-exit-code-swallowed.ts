import type { Rule } from './rule.ts';
import { lastingUnits } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC024',
  slug: 'exit-code-swallowed',
  level: 'warning',
  summary:
    'the shell in front of the server ends with the status of another command, so a crash counts as success',
  check: (project) =>
    lastingUnits(project).flatMap(({ service, keys, start }) => {
      const { hiddenBy, endsItself } = service.command?.value ?? {};
      const hider = hiddenBy ?? endsItself;
      const restart = keys.last('Restart') ?? 'no';
      // a success that RemainAfterExit= keeps is no end, and always waits for one (service_enter_running)
      const remains = keys.isYes('RemainAfterExit') && /^(always|on-success)$/.test(restart);
      // on-abnormal and on-abort are left down behind any shell (PYC011)
      if ((restart !== 'on-failure' && !remains) || hider === undefined) return [];
      return [
        {
          confidence: 'medium',
          message: `the shell goes on after the server (${hider}) and ends ${hiddenBy === undefined ? 'itself by a signal that systemd takes for a request' : 'with the status of that'}: an abort looks like success, and ${remains ? 'RemainAfterExit=' : 'Restart=on-failure'} leaves ${service.name} down`,
          help: `start the server with \`exec\` as the last command, or ${remains ? 'take RemainAfterExit= out' : 'write Restart=always'}`,
          at: keys.entry('ExecStart')?.at ?? start,
        },
      ];
    }),
};
