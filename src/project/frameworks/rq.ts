import type { Framework } from './framework.ts';

/** An exception handler of the worker is called in the process that ran the job (rq/worker, perform_job). */
export const rq: Framework = {
  name: 'rq',
  title: 'RQ',
  distribution: 'rq',
  constructors: Object.fromEntries(
    ['rq', 'rq.worker'].map((module) => [
      module,
      ['Worker', 'SimpleWorker', 'HerokuWorker', 'RoundRobinWorker', 'RandomWorker', 'SpawnWorker'],
    ]),
  ),
  kind: 'worker',
  call: 'watch_rq',
};
