import type { Framework } from './framework.ts';

/** `task_failure` is sent while the exception is being handled, in the process that ran the task (celery/app/trace.py). */
export const celery: Framework = {
  name: 'celery',
  title: 'Celery',
  distribution: 'celery',
  constructors: { celery: ['Celery'], 'celery.app': ['Celery'], 'celery.app.base': ['Celery'] },
  kind: 'worker',
  call: 'watch_celery',
};
