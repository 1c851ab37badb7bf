import { readOptions } from './options.ts';
import type { Server } from './server.ts';

/** `taskiq worker --help` of taskiq 0.13. */
const OPTIONS = `help/h app-dir/d= receiver= receiver_arg= tasks-pattern= fs-discover log-level= log-format= workers/w=
  no-parse no-propagate-errors max-threadpool-threads= shutdown-timeout= reload/r reload-dir= do-not-use-gitignore
  max-async-tasks= max-async-tasks-jitter= max-prefetch= no-configure-logging max-fails= ack-type= max-tasks-per-child=
  wait-tasks-timeout= hardkill-count= use-process-pool max-process-pool-processes=`;

export const taskiqWorker: Server = {
  name: 'taskiq',
  programs: ['taskiq'],
  modules: ['taskiq'],
  read(words) {
    const { options, rest } = readOptions(words, OPTIONS);
    const [subcommand, broker] = rest;
    if (subcommand?.value !== 'worker' || broker === undefined) return { options, serves: false };
    const workingDirectory = options.get('app-dir');
    return {
      options,
      application: broker.value,
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
    };
  },
  // Measured with taskiq 0.13: another process of the same name a second later
  abort: () => ({
    core: 'written',
    respawnedBy: 'server',
    supervisorSees: 'nothing',
    lost: 'worker',
    detail:
      'taskiq replaces the process; the tasks that it was at are lost, unless the broker gives them out again',
  }),
};
