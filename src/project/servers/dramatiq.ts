import { readOptions } from './options.ts';
import type { Server } from './server.ts';

/** `dramatiq --help` of 1 and 2. */
const OPTIONS = `processes/p= threads/t= path/P= queues/Q= pid-file= log-file= skip-logging use-spawn fork-function/f=
  worker-fork-timeout= worker-shutdown-timeout= watch= watch-use-polling watch-include/i= watch-exclude/x= version verbose/v
  help/h`;

export const dramatiqWorker: Server = {
  name: 'dramatiq',
  programs: ['dramatiq', 'dramatiq-gevent'],
  modules: ['dramatiq'],
  read(words) {
    const { options, rest } = readOptions(words, OPTIONS);
    const application = rest[0]?.value;
    return { options, ...(application === undefined ? {} : { application }) };
  },
  // dramatiq/cli.py, main: RET_KILLED where a worker process was killed by a signal
  abort: () => ({
    core: 'written',
    respawnedBy: 'supervisor',
    supervisorSees: 1,
    lost: 'server',
    detail:
      'the master stops all its worker processes and ends; messages under way come again, that of the crash does not',
  }),
};
