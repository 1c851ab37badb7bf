import { endsWhole, type Server } from './server.ts';
import { readOptions } from './options.ts';

/** `celery --help`, `celery worker --help` and `celery beat --help` of 4 and 5. */
const OPTIONS = `app/A= broker/b= result-backend= loader= config= workdir= no-color/C quiet/q version help hostname/n=
  detach statedb/S= loglevel/l= optimization/O= prefetch-multiplier= concurrency/c= pool/P= task-events/E events
  time-limit= soft-time-limit= max-tasks-per-child= max-memory-per-child= purge/discard queues/Q= exclude-queues/X=
  include/I= without-gossip without-mingle without-heartbeat heartbeat-interval= autoscale= beat/B schedule/s=
  scheduler= logfile/f= pidfile= uid= gid= umask= executable= max-interval= port= address= broker-api=`;

export const celery: Server = {
  name: 'celery',
  programs: ['celery'],
  modules: ['celery'],
  read(words) {
    const { options, rest } = readOptions(words, OPTIONS);
    const beat = rest.find(({ value }) => value === 'beat');
    if (beat !== undefined) options.set('command', beat);
    const application = options.get('app')?.value;
    const workingDirectory = options.get('workdir');
    const user = options.get('uid');
    return {
      options,
      ...(application === undefined ? {} : { application }),
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
      ...(user === undefined ? {} : { user }),
    };
  },
  abort({ options }) {
    if (options.get('command')?.value === 'beat') {
      return {
        core: options.has('uid') ? 'kernel-forbids' : 'written',
        respawnedBy: 'supervisor',
        supervisorSees: 'SIGABRT',
        lost: 'server',
        detail: 'celery beat is one process',
      };
    }
    const pool = options.get('pool')?.value ?? 'prefork';
    if (pool === 'prefork' || pool === 'processes') {
      return {
        core: options.has('uid') ? 'kernel-forbids' : 'written',
        respawnedBy: 'server',
        supervisorSees: 'nothing',
        lost: 'request',
        detail: 'the prefork pool replaces the process; the task is lost, or comes again with acks_late',
      };
    }
    return endsWhole(`with the ${pool} pool the worker is one process: it dies with every task in flight`);
  },
};
