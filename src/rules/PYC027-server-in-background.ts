import { endsWithWorker } from './ends-with-worker.ts';
import type { Service } from '../project/project.ts';
import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC027',
  slug: 'server-in-background',
  level: 'error',
  summary: 'a script starts the server with & and stays with another program: nobody starts it again',
  check: (project) =>
    project.services.flatMap((service) => {
      const { command, name } = service;
      if (command?.value.alone !== true || (!endsWithWorker(service) && !isUnknown(service))) return [];
      const known = endsWithWorker(service);
      return [
        {
          ...(known ? {} : { level: 'unknown' as const }),
          confidence: known ? ('medium' as const) : ('low' as const),
          message: `the script of ${name} goes on beside ${command.value.server ?? 'the program'} and does not see its end: what started the script finds it alive, and starts nothing again`,
          help: 'start one program in the foreground with `exec`, the others by a service of their own; in bash `wait -n` as the last line ends the script with the first of them',
          at: command.at,
        },
      ];
    }),
};

/** A program of their own, of which nothing says how it takes an abort. */
function isUnknown({ command }: Service): boolean {
  return command?.value.server === undefined && command?.value.abort === undefined;
}
