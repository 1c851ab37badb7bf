import { readOptions } from './options.ts';
import { endsWhole, type Server } from './server.ts';

/** `huey_consumer --help` of huey 3.5, and `manage.py run_huey --help`. */
const OPTIONS = `help/h logfile/l= verbose/v quiet/q simple/S workers/w= worker-type/k= delay/d= max-delay/m= backoff/b=
  health-check-interval/c= disable-health-check/C flush-locks/f extra-locks/L= max-tasks/M= shutdown-timeout/t=
  graceful-signal/g= scheduler-interval/s= no-periodic/n settings= pythonpath= huey-verbose queue= disable-autoload/A`;

export const hueyConsumer: Server = {
  name: 'huey',
  programs: ['huey_consumer', 'huey_consumer.py'],
  modules: ['huey.bin.huey_consumer'],
  read(words) {
    const { options, rest } = readOptions(words, OPTIONS);
    const application = rest[0]?.value;
    const settingsModule = options.get('settings');
    return {
      options,
      ...(application === undefined ? {} : { application }),
      ...(settingsModule === undefined ? {} : { settingsModule }),
    };
  },
  abort({ options }) {
    // Measured with huey 3.5: SIGABRT with threads; with processes `Worker 1 died, restarting.` at the next look, each 10 s
    if (options.get('worker-type')?.value !== 'process') {
      return endsWhole('the consumer of huey is one process: it dies with every task in flight');
    }
    const checks = !options.has('disable-health-check');
    return {
      core: 'written',
      respawnedBy: checks ? 'server' : 'nobody',
      supervisorSees: 'nothing',
      lost: 'request',
      detail: checks
        ? 'the consumer replaces the process at its next health check; the task is lost'
        : 'without its health check the consumer of huey does not replace a process that died',
    };
  },
};
