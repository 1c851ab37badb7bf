import { commandPrefix } from '../project/unit-command.ts';
import { isAbort } from './abort-status.ts';
import type { Rule, RuleFinding } from './rule.ts';
import { lastingUnits } from './unit-services.ts';
import { hasModule } from './wired.ts';

export const rule: Rule = {
  id: 'PYC012',
  slug: 'restart-prevented',
  level: 'error',
  summary: 'the unit excludes SIGABRT from what it restarts after',
  check: (project) =>
    lastingUnits(project).flatMap(({ service, keys }) => {
      const behindShell = service.command?.value.behindShell === true;
      // which of both it is, only the host's sh decides
      const isUnsure = service.command?.value.maybeInPlace === true;
      const prevented = keys
        .wordEntries('RestartPreventExitStatus')
        .filter(({ word }) => isAbort(word, behindShell) || (isUnsure && isAbort(word, false)));
      const clean = keys.wordEntries('SuccessExitStatus').filter(({ word }) => isAbort(word, behindShell));
      const restart = keys.last('Restart') ?? 'no';
      const start = keys.entry('ExecStart');
      // systemd.service(5), special executable prefixes: the status is recorded and has no other effect
      const ignores =
        start !== undefined &&
        commandPrefix(start.value).includes('-') &&
        (/^on-(failure|abnormal|abort)$/.test(restart)
          ? service.restart.afterAbort === false
          : keys.isYes('RemainAfterExit'));
      const succeeds: RuleFinding[] = ignores
        ? [
            {
              confidence: 'high',
              message: `the - before the command makes every end of ${service.name} a success, an abort too, and ${keys.isYes('RemainAfterExit') ? 'RemainAfterExit=' : `Restart=${restart}`} starts nothing again after a success`,
              help: 'take the - out',
              at: start.at,
            },
          ]
        : [];
      return prevented
        .map(({ word, at }): RuleFinding => ({
          level: isUnsure ? 'unknown' : 'error',
          confidence: isUnsure ? 'low' : 'high',
          message: `RestartPreventExitStatus=${word} leaves ${service.name} down after an abort, even with Restart=always${isUnsure ? ', where sh stays in front of its last command (dash) or does not (bash)' : ''}`,
          help: `take ${word} out of RestartPreventExitStatus=`,
          at,
        }))
        .concat(succeeds)
        .concat(
          // a success is nothing that on-failure, on-abnormal or on-abort restart after
          (/^on-(failure|abnormal|abort)$/.test(restart) ? clean : []).map(({ word, at }): RuleFinding => {
            // systemd takes a signal for a success only where no core was written (is_clean_exit)
            const dumps = !behindShell && (service.coreLimit.soft !== 0 || hasModule(project, service));
            return {
              level: dumps ? 'info' : 'error',
              confidence: 'high',
              message: `SuccessExitStatus=${word} makes an abort ${dumps ? 'whose core cannot be written (a full disk) ' : ''}a success, and ${keys.isYes('RemainAfterExit') ? 'RemainAfterExit=' : `Restart=${restart}`} starts nothing again after a success`,
              help: `take ${word} out of SuccessExitStatus=`,
              at,
            };
          }),
        );
    }),
};
