import { hiddenStatus } from '../project/shell-status.ts';
import type { Rule } from './rule.ts';
import { unitServices } from './unit-services.ts';

export const rule: Rule = {
  id: 'PYC024',
  slug: 'exit-code-swallowed',
  level: 'warning',
  summary:
    'the shell in front of the server ends with the status of another command, so a crash counts as success',
  check: (project) =>
    unitServices(project).flatMap(({ service, keys }) => {
      // on-abnormal and on-abort are left down behind any shell (PYC011); always does not look at the status
      if (keys.last('Restart') !== 'on-failure' || service.command?.value.behindShell !== true) return [];
      const start = keys.entry('ExecStart');
      const hider = start === undefined ? undefined : hiddenStatus(start.value, service.command.value.argv);
      if (start === undefined || hider === undefined) return [];
      return [
        {
          confidence: 'medium',
          message: `the shell goes on after the server (${hider}) and ends with the status of that: an abort looks like success, and Restart=on-failure leaves ${service.name} down`,
          help: 'start the server with `exec` as the last command, or write Restart=always',
          at: start.at,
        },
      ];
    }),
};
