import type { Located } from '../project.ts';
import { CONFIGPARSER, readIni, unquoted } from '../readers/ini.ts';
import type { Server } from './server.ts';
import { readOptions } from './options.ts';

/** `hypercorn --help` of 0.14 to 0.18. */
const OPTIONS = `help/h access-log= access-logfile= access-logformat= backlog= bind/b= ca-certs= certfile= cert-reqs=
  ciphers= config/c= daemon/D debug error-log= error-logfile= graceful-timeout= read-timeout= max-requests=
  max-requests-jitter= group/g= worker-class/k= keep-alive= keyfile= keyfile-password= insecure-bind= log-config=
  log-level= pid/p= quic-bind= reload root-path= server-name= statsd-host= statsd-prefix= umask/m= user/u=
  verify-mode= websocket-ping-interval= workers/w=`;

export const hypercorn: Server = {
  name: 'hypercorn',
  programs: ['hypercorn'],
  modules: ['hypercorn'],
  read(words, { find, evaluate }) {
    const { options, rest } = readOptions(words, OPTIONS);
    const notes = [];
    const files: string[] = [];
    const config = options.get('config');
    if (config !== undefined) {
      // `file:` and `python:` are Python, everything else is TOML (hypercorn/__main__.py, _load_config)
      const [, kind, path = ''] = /^(file:|python:)?(.*)$/s.exec(config.value) ?? [];
      const file = find(kind === 'python:' ? `${path.replaceAll('.', '/')}.py` : path);
      const module = file === undefined || kind === undefined ? undefined : evaluate(file.path);
      if (file === undefined || (kind !== undefined && module === undefined)) {
        notes.push({
          code: 'server-config-unread',
          message: `hypercorn's configuration ${config.value} was not read`,
          at: config.at,
        });
      } else {
        files.push(file.path);
        for (const [key, { value, at }] of module?.values ?? []) {
          const name = key.replaceAll('_', '-');
          const known = value.kind === 'string' || value.kind === 'number' || value.kind === 'bool';
          if (known && !options.has(name)) options.set(name, { value: String(value.value), at });
        }
        // flat `key = value` lines (hypercorn/config.py, from_toml)
        for (const { key, value } of kind === undefined ? readIni(file, CONFIGPARSER).entries : []) {
          const name = key.value.replaceAll('_', '-');
          const located: Located<string> = { value: unquoted(value.value), at: value.at };
          if (!options.has(name)) options.set(name, located);
        }
      }
    }
    const application = rest[0]?.value ?? options.get('application-path')?.value;
    return { options, notes, files, ...(application === undefined ? {} : { application }) };
  },
  abort({ options }) {
    const workers = Number(options.get('workers')?.value ?? '1');
    // Measured with 0.14 and 0.18: a worker is never replaced, and the master ends with 0 after one has failed, or with 241,
    // -SIGTERM, where that is how it ended another one (hypercorn/run.py, _join_exited).
    return {
      core: 'written',
      respawnedBy: 'supervisor',
      supervisorSees: 0,
      lost: workers > 1 ? 'worker' : 'server',
      detail:
        'hypercorn does not replace a worker that died, and its master ends with exit code 0 (or 241, where it has ended other workers): only a supervisor that restarts after every exit brings it back',
    };
  },
};
