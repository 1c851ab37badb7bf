import type { Word } from '../readers/words.ts';
import { argumentsOf, located, type ServerCommand } from './server.ts';

/** Servers that are recognised with what all of them share: long options and the application's word. */
const SERVERS: readonly { name: string; program: RegExp; module: RegExp; short: Record<string, string> }[] = [
  { name: 'uvicorn', program: /^uvicorn$/, module: /^uvicorn$/, short: {} },
  {
    name: 'hypercorn',
    program: /^hypercorn$/,
    module: /^hypercorn$/,
    short: { b: 'bind', w: 'workers', k: 'worker-class', u: 'user', g: 'group', c: 'config' },
  },
  {
    name: 'daphne',
    program: /^daphne$/,
    module: /^daphne$/,
    short: { b: 'bind', p: 'port', u: 'unix-socket', e: 'endpoint', t: 'http-timeout' },
  },
  { name: 'granian', program: /^granian$/, module: /^granian$/, short: {} },
  { name: 'waitress', program: /^waitress-serve$/, module: /^waitress$/, short: {} },
  {
    name: 'uwsgi',
    program: /^uwsgi(-core|_python\d*)?$/,
    module: /^uwsgi$/,
    short: { w: 'module', s: 'socket', p: 'processes', M: 'master', H: 'virtualenv', d: 'daemonize' },
  },
  { name: 'mod_wsgi', program: /^mod_wsgi-express$/, module: /^mod_wsgi\.server$/, short: {} },
  {
    name: 'celery',
    program: /^celery$/,
    module: /^celery$/,
    short: { A: 'app', c: 'concurrency', P: 'pool', l: 'loglevel' },
  },
];

/** Reads the command line of a server other than gunicorn; undefined where it starts none that is known. */
export function readOtherServer(argv: readonly Word[]): ServerCommand | undefined {
  for (const { name, program, module, short } of SERVERS) {
    const words = argumentsOf(argv, program, module);
    if (words === undefined) continue;
    const options: ServerCommand['options'] = new Map();
    let application: string | undefined;
    for (let index = 0; index < words.length; index++) {
      const word = words[index];
      if (word === undefined) break;
      const option = /^--?([\w-]+)(?:=(.*))?$/s.exec(word.text);
      if (option === null) {
        if (/^[\w.]+:[\w.()]+$/.test(word.text)) application = word.text;
        else if (/\.(ini|xml|ya?ml)$/.test(word.text)) options.set('ini', located(word));
        continue;
      }
      const key = word.text.startsWith('--')
        ? (option[1] ?? '')
        : (short[option[1] ?? ''] ?? option[1] ?? '');
      const next = words[index + 1];
      if (option[2] !== undefined) options.set(key, located(word, option[2]));
      else if (
        next === undefined ||
        next.text.startsWith('-') ||
        /^[\w.]+:[a-z_]\w*(\(\))?$/i.test(next.text)
      ) {
        options.set(key, located(word, 'true'));
      } else {
        options.set(key, located(next));
        index++;
      }
    }
    const variable = options.get('env');
    const equals = variable?.value.indexOf('=') ?? -1;
    const environment: ServerCommand['environment'] = new Map();
    if (variable !== undefined && equals > 0) {
      environment.set(variable.value.slice(0, equals), {
        value: variable.value.slice(equals + 1),
        at: variable.at,
      });
    }
    application ??= options.get('module')?.value ?? options.get('wsgi')?.value;
    return {
      server: name,
      ...(application === undefined ? {} : { application }),
      options,
      environment,
    };
  }
  const django = argumentsOf(argv, /^(manage\.py|django-admin(\.py)?)$/, /^django$/);
  if (django?.[0]?.text === 'runserver')
    return { server: 'runserver', options: new Map(), environment: new Map() };
  return undefined;
}
