import type { Located, Service } from '../project.ts';
import { readOptions } from './options.ts';
import { endsWhole, type Server } from './server.ts';

/** `sanic help --full` of Sanic 25.12. */
const OPTIONS = `version factory simple/s repl no-repl host/H= port/p= unix/u= http= cert= key= tls= tls-strict-host debug
  reload/r auto-reload reload-dir/R= dev/d auto-tls workers/w= fast single-process access-logs no-access-logs coffee
  no-coffee motd no-motd verbosity/v noisy-exceptions no-noisy-exceptions daemon/D pidfile= logfile= user= group=
  inspector help/h`;

/** Subcommands that serve nothing (sanic/cli/app.py); `simple` serves files. */
const OTHERS = new Set(['inspect', 'help', 'status', 'kill', 'restart', 'logs', 'exec']);

export const sanic: Server = {
  name: 'sanic',
  programs: ['sanic'],
  modules: ['sanic'],
  read(words) {
    const { options, rest } = readOptions(words, OPTIONS);
    const [target, command] = rest;
    const serves = ![target, command].some((word) => word !== undefined && OTHERS.has(word.value));
    if (target === undefined || !serves || options.has('simple')) return { options, serves: false };
    const auto = options.get('auto-reload') ?? options.get('dev');
    if (auto !== undefined && !options.has('reload')) options.set('reload', auto);
    const user = options.get('user');
    return { options, application: target.value, ...(user === undefined ? {} : { user }) };
  },
  abort(reading) {
    if (reading.options.has('single-process')) {
      // Measured with Sanic 25.12
      return endsWhole('sanic --single-process is one process: it dies with every request in flight');
    }
    return {
      core: reading.user === undefined ? 'written' : 'kernel-forbids',
      // Measured with Sanic 25.12, with one worker and with two; sanic/worker/manager.py, _sync_states: it notes FAILED
      respawnedBy: 'nobody',
      supervisorSees: 'nothing',
      lost: 'worker',
      detail:
        'the manager of sanic lives on and does not replace a worker that died; after the last one nobody answers',
    };
  },
};

/** Where sanic starts a manager that replaces no worker; undefined for other servers. */
export function managerOfSanic({ command }: Service): Located<string> | undefined {
  if (command?.value.server !== 'sanic' || command.value.abort?.respawnedBy !== 'nobody') return undefined;
  const { options } = command.value;
  const fast = options.get('fast');
  if (fast !== undefined) return { value: 'as many', at: fast.at };
  return options.get('workers') ?? { value: '1', at: command.at };
}
