import type { Located, Note, StaticValue } from '../project.ts';
import type { EvaluatedModule } from '../readers/python/settings.ts';
import { expandWord, readWords } from '../readers/shell.ts';
import type { Server, ServerContext, ServerReading } from './server.ts';

/** Long names of short options (gunicorn/config.py). */
const SHORT: Record<string, string> = {
  c: 'config',
  b: 'bind',
  w: 'workers',
  k: 'worker-class',
  t: 'timeout',
  D: 'daemon',
  e: 'env',
  p: 'pid',
  u: 'user',
  g: 'group',
  m: 'umask',
  n: 'name',
  R: 'enable-stdio-inheritance',
  v: 'version',
  h: 'help',
};

const FLAGS = new Set(
  (
    'reload spew check-config print-config preload no-sendfile reuse-port daemon initgroups capture-output ' +
    'enable-stdio-inheritance log-syslog disable-redirect-access-to-syslog proxy-protocol do-handshake-on-connect ' +
    'suppress-ragged-eofs strip-header-spaces permit-unconventional-http-method permit-unconventional-http-version ' +
    'casefold-http-method no-control-socket version help'
  ).split(' '),
);

/** Options whose name in a configuration file is another one than on the command line. */
const SETTINGS: Record<string, string> = {
  worker_class: 'worker-class',
  keepalive: 'keep-alive',
  preload_app: 'preload',
  sendfile: 'sendfile',
  raw_env: 'env',
  pidfile: 'pid',
  proc_name: 'name',
  accesslog: 'access-logfile',
  access_log_format: 'access-logformat',
  errorlog: 'error-logfile',
  loglevel: 'log-level',
  logconfig: 'log-config',
  syslog: 'log-syslog',
};

/** Options that may be given more than once and then add up. */
const REPEATED = new Set(['bind', 'env', 'reload-extra-file', 'pythonpath']);

export const gunicorn: Server = {
  name: 'gunicorn',
  programs: ['gunicorn', 'gunicorn3', 'gunicorn_paster'],
  modules: ['gunicorn', 'gunicorn.app.wsgiapp', 'gunicorn.__main__'],
  read: readGunicorn,
  abort({ options, user }) {
    const kind = options.get('worker-class')?.value ?? 'sync';
    // gunicorn/config.py, Config.worker_class_str: of several threads it makes gthread
    const isSync = /^(?:egg:gunicorn#)?sync$|(?:^|\.)SyncWorker$/.test(kind);
    const shared = !isSync || Number(options.get('threads')?.value ?? '1') > 1;
    return {
      // Measured with 20.1: as root with --user the worker is not dumpable
      core: user === undefined || allowsCore(options) ? 'written' : 'kernel-forbids',
      respawnedBy: 'server',
      supervisorSees: 'nothing',
      lost: shared ? 'worker' : 'request',
      detail: 'the arbiter replaces the worker; the supervisor never sees it',
    };
  },
};

/** Does a hook of the configuration call `allow_core` of the generated module, after the change of the user? */
export function allowsCore(options: ReadonlyMap<string, Located<string>>): boolean {
  return options.get(HOOK)?.value === 'allow_core';
}

/** `post_worker_init`, the first hook that the worker calls as its new user (gunicorn/workers/base.py, init_process). */
const HOOK = 'post-worker-init';
const HOOK_CALL = /^def post_worker_init\(.*\n(?:[ \t].*\n|[ \t]*\n)*?[ \t]+allow_core\(\)/m;

/**
 * What gunicorn is started with: a later source wins, in gunicorn's own order: configuration file, GUNICORN_CMD_ARGS,
 * command line.
 */
function readGunicorn(words: readonly Located<string>[], context: ServerContext): ServerReading {
  const line = parse(words);
  const variable = parse(variableWords(context.environment.get('GUNICORN_CMD_ARGS')));
  const named = line.options.get('config') ?? variable.options.get('config');
  const options = new Map<string, Located<string>>();
  // gunicorn/config.py, Workers: the default of --workers
  const concurrency = context.environment.get('WEB_CONCURRENCY');
  if (concurrency !== undefined) options.set('workers', concurrency);
  const environment = new Map<string, Located<string>>();
  const notes: Note[] = [];
  const configuration = configurationOf(named, context, notes);
  let application =
    configuration === undefined ? undefined : readConfiguration(configuration, options, environment);
  for (const path of configuration?.files ?? []) {
    const file = context.find(path);
    const hook = file === undefined ? null : HOOK_CALL.exec(file.text.replaceAll('\r\n', ' \n'));
    if (file !== undefined && hook !== null)
      options.set(HOOK, { value: 'allow_core', at: file.span(hook.index, hook.index + hook[0].length) });
  }
  for (const source of [variable, line]) {
    for (const [key, value] of source.options) options.set(key, value);
    for (const [key, value] of source.environment) environment.set(key, value);
    application = source.positional.at(-1) ?? application;
  }
  const paste = options.get('paste') ?? options.get('paster');
  if (paste !== undefined) application ??= paste.value;
  const workingDirectory = options.get('chdir');
  const user = options.get('user');
  const settingsModule = environment.get('DJANGO_SETTINGS_MODULE');
  return {
    options,
    environment,
    notes,
    files: configuration?.files ?? [],
    ...(application === undefined ? {} : { application }),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    ...(user === undefined ? {} : { user }),
    ...(settingsModule === undefined ? {} : { settingsModule }),
  };
}

/** gunicorn's configuration: the named file or module, else `gunicorn.conf.py` in the working folder. */
function configurationOf(
  named: Located<string> | undefined,
  context: ServerContext,
  notes: Note[],
): EvaluatedModule | undefined {
  if (named === undefined) {
    const path = context.beside('gunicorn.conf.py');
    return path === undefined ? undefined : context.evaluate(path.path);
  }
  const plain = named.value.replace(/^file:/, '');
  const module = plain.startsWith('python:') ? plain.slice(7).replaceAll('.', '/') : undefined;
  const found =
    module === undefined
      ? context.find(plain)
      : (context.find(`${module}.py`) ?? context.find(`${module}/__init__.py`));
  if (found === undefined) {
    notes.push({
      code: 'gunicorn-configuration',
      message: `gunicorn's configuration ${named.value} is not in the repository; what it sets is not known`,
      at: named.at,
    });
    return undefined;
  }
  return context.evaluate(found.path);
}

interface Parsed {
  options: Map<string, Located<string>>;
  environment: Map<string, Located<string>>;
  positional: string[];
}

/** `--bind=x`, `--bind x`, `-b x`, `-bx`; unknown long options take a value unless the next word is an option. */
function parse(words: readonly Located<string>[]): Parsed {
  const options = new Map<string, Located<string>>();
  const environment = new Map<string, Located<string>>();
  const positional: string[] = [];
  const set = (key: string, value: Located<string>) => {
    if (key === 'env') addVariable(environment, value);
    const before = REPEATED.has(key) ? options.get(key) : undefined;
    options.set(
      key,
      before === undefined ? value : { value: `${before.value},${value.value}`, at: value.at },
    );
  };
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (word === undefined) break;
    const long = /^--([\w-]+)(?:=(.*))?$/s.exec(word.value);
    const short = /^-(\w)(.*)$/s.exec(word.value);
    const key = long === null ? SHORT[short?.[1] ?? ''] : long[1] === 'log-file' ? 'error-logfile' : long[1];
    if (key === undefined || (long === null && short === null)) {
      if (!word.value.startsWith('-')) positional.push(word.value);
      continue;
    }
    const inline = long === null ? short?.[2] || undefined : long[2];
    if (inline !== undefined) set(key, { value: inline.replace(/^=/, ''), at: word.at });
    else if (FLAGS.has(key)) set(key, { value: 'true', at: word.at });
    else {
      const next = words[index + 1];
      if (next === undefined || (next.value.startsWith('-') && !/^-\d*$/.test(next.value)))
        set(key, { value: 'true', at: word.at });
      else {
        set(key, next);
        index++;
      }
    }
  }
  return { options, environment, positional };
}

/** The words of GUNICORN_CMD_ARGS, all at the place of the variable. */
function variableWords(variable: Located<string> | undefined): readonly Located<string>[] {
  if (variable === undefined) return [];
  return readWords(variable.value).map((word) => ({
    value: expandWord(word, new Map()).value,
    at: variable.at,
  }));
}

function addVariable(environment: Map<string, Located<string>>, { value, at }: Located<string>): void {
  const equals = value.indexOf('=');
  if (equals > 0) environment.set(value.slice(0, equals), { value: value.slice(equals + 1), at });
}

function readConfiguration(
  { values }: EvaluatedModule,
  options: Map<string, Located<string>>,
  environment: Map<string, Located<string>>,
): string | undefined {
  for (const [name, { value, at }] of values) {
    if (name.startsWith('_') || !/^[a-z]/.test(name)) continue;
    const key = SETTINGS[name] ?? name.replaceAll('_', '-');
    const text = textOf(value);
    if (name === 'raw_env') {
      const variables = value.kind === 'sequence' ? value.elements : [{ value, at }];
      for (const one of variables) {
        if (one.value.kind === 'string') addVariable(environment, { value: one.value.value, at: one.at });
      }
    }
    if (text !== undefined) options.set(key, { value: text, at });
  }
  return options.get('wsgi-app')?.value;
}

/** A value as it would be written on the command line; undefined for None and for what is not known. */
function textOf(value: StaticValue): string | undefined {
  switch (value.kind) {
    case 'string':
      return value.value;
    case 'number':
    case 'bool':
      return String(value.value);
    case 'environment':
      return value.fallback === undefined ? `$${value.name}` : textOf(value.fallback);
    case 'either':
      return textOf(
        value.alternatives.find(({ byDefault }) => byDefault === true)?.value ?? { kind: 'none' },
      );
    case 'sequence': {
      const parts = value.elements.map((element) => textOf(element.value));
      return parts.includes(undefined) ? undefined : parts.join(',');
    }
    case 'unknown':
      return 'unknown';
    default:
      return undefined;
  }
}
