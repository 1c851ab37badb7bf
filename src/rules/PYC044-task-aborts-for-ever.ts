import type { Rule } from './rule.ts';

export const rule: Rule = {
  id: 'PYC044',
  slug: 'task-aborts-for-ever',
  level: 'warning',
  summary:
    'Celery gives a task whose process died back to the queue: one that aborts does so again and again',
  check: ({ redeliveredTasks }) =>
    redeliveredTasks.map((at) => ({
      confidence: 'medium',
      message:
        'a task that aborts comes back to the queue and aborts the next process: a core each time, and the tasks behind it wait',
      help: 'leave reject_on_worker_lost off (acks_late alone takes such a task out after the first time), or use a quorum queue with a delivery limit',
      at,
    })),
};
