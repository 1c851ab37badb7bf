import { readOptions } from './options.ts';
import { endsWhole, type Server } from './server.ts';

/** `procrastinate --help` and `procrastinate worker --help` of procrastinate 3.10; the same in `manage.py procrastinate`. */
const OPTIONS = `help/h app/a= verbose/v log-level= log-format= log-format-style= version/V name/n= queues/q= concurrency/c=
  fetch-job-polling-interval/p= abort-job-polling-interval= shutdown-graceful-timeout= wait/w one-shot listen-notify/l
  no-listen-notify delete-jobs= settings= pythonpath=`;

export const procrastinateWorker: Server = {
  name: 'procrastinate',
  programs: ['procrastinate'],
  modules: ['procrastinate'],
  read(words, { environment }) {
    const { options, rest } = readOptions(words, OPTIONS);
    if (rest[0]?.value !== 'worker') return { options, serves: false };
    const application = options.get('app')?.value ?? environment.get('PROCRASTINATE_APP')?.value;
    const settingsModule = options.get('settings');
    return {
      options,
      ...(application === undefined ? {} : { application }),
      ...(settingsModule === undefined ? {} : { settingsModule }),
    };
  },
  // Measured with procrastinate 3.10
  abort: () => endsWhole('the worker of procrastinate is one process: it dies with every job in flight'),
};
