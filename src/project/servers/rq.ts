import { readOptions } from './options.ts';
import { readSettings } from './runserver.ts';
import { endsWhole, type Server } from './server.ts';

/** `rq worker --help` and `rq worker-pool --help` of 1 to 3, and `manage.py rqworker --help` of django-rq. */
const OPTIONS = `settings= pythonpath= burst/b logging-level/logging_level/l= log-format= date-format= name= num-workers/n= results-ttl=
  worker-ttl= maintenance-interval= job-monitoring-interval= disable-job-desc-logging verbose/v quiet/q
  exception-handler= pid= disable-default-exception-handler/d max-jobs= max-idle-time= with-scheduler/s
  dequeue-strategy= serializer/S= path/P= connection-class= queue-class= job-class/j= worker-class/w= config/c= url/u=
  version help sentry-dsn= sentry-ca-certs= sentry-debug`;

export const rqWorker: Server = {
  name: 'rq',
  programs: ['rq', 'rqworker'],
  modules: ['rq.cli'],
  read(words) {
    const { options, given } = readOptions(words, OPTIONS);
    // it may be given several times; ours is the one that matters
    const ours = given.find(
      ({ name, value }) => name === 'exception-handler' && value.value.includes('abort_on_exception.'),
    );
    if (ours !== undefined) options.set(ours.name, ours.value);
    const settingsModule = readSettings(words);
    return settingsModule === undefined ? { options } : { options, settingsModule };
  },
  abort({ options }) {
    const worker = options.get('worker-class')?.value ?? '';
    if (worker.endsWith('SimpleWorker')) {
      return endsWhole(
        'a SimpleWorker runs its jobs itself: it dies with the job, which stays where started jobs are',
      );
    }
    return {
      core: 'written',
      respawnedBy: 'server',
      supervisorSees: 'nothing',
      lost: 'request',
      detail:
        'each job runs in a process of its own; the worker moves the job to the failed ones and goes on',
    };
  },
};
