import type { Framework } from './framework.ts';

/** A middleware of the broker sees what Dramatiq has done with a message that failed (dramatiq/worker.py, process_message). */
export const dramatiq: Framework = {
  name: 'dramatiq',
  title: 'Dramatiq',
  distribution: 'dramatiq',
  constructors: {
    'dramatiq.brokers.redis': ['RedisBroker'],
    'dramatiq.brokers.rabbitmq': ['RabbitmqBroker', 'URLRabbitmqBroker'],
  },
  kind: 'worker',
  call: 'watch_dramatiq',
};
