import type { Located, StaticValue } from '../project.ts';
import type { EvaluatedModule } from '../readers/python/settings.ts';
import { JoinedText } from '../readers/joined-text.ts';
import type { SourceFile } from '../readers/text.ts';
import { shellCommands, type Word } from '../readers/words.ts';
import { argumentsOf, located, type ServerCommand } from './server.ts';

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

export interface GunicornContext {
  /** Value of GUNICORN_CMD_ARGS where it is known. */
  commandArguments?: Located<string> & { file?: SourceFile };
  /** Reads the configuration file that is named, or the default one; undefined where it is not in the tree. */
  configuration(name: string | undefined): EvaluatedModule | undefined;
}

/**
 * What gunicorn is started with: a later source wins, in gunicorn's own order: configuration file, GUNICORN_CMD_ARGS,
 * command line. Undefined where the command does not start gunicorn.
 */
export function readGunicorn(argv: readonly Word[], context: GunicornContext): ServerCommand | undefined {
  const words = argumentsOf(argv, /^gunicorn[\d.]*$/, /^gunicorn(\.app\.wsgiapp|\.__main__)?$/);
  if (words === undefined) return undefined;
  const line = parse(words);
  const variable = parse(variableWords(context.commandArguments));
  const name = (line.options.get('config') ?? variable.options.get('config'))?.value;
  const options = new Map<string, Located<string>>();
  const environment = new Map<string, Located<string>>();
  const configuration = context.configuration(name);
  let application =
    configuration === undefined ? undefined : readConfiguration(configuration, options, environment);
  for (const source of [variable, line]) {
    for (const [key, value] of source.options) options.set(key, value);
    for (const [key, value] of source.environment) environment.set(key, value);
    application = source.positional.at(-1) ?? application;
  }
  const paste = options.get('paste') ?? options.get('paster');
  if (paste !== undefined) application ??= paste.value;
  return {
    server: 'gunicorn',
    ...(application === undefined ? {} : { application }),
    options,
    environment,
  };
}

interface Parsed {
  options: Map<string, Located<string>>;
  environment: Map<string, Located<string>>;
  positional: string[];
}

/** `--bind=x`, `--bind x`, `-b x`, `-bx`; unknown long options take a value unless the next word is an option. */
function parse(words: readonly Word[]): Parsed {
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
    const long = /^--([\w-]+)(?:=(.*))?$/s.exec(word.text);
    const short = /^-(\w)(.*)$/s.exec(word.text);
    const key = long === null ? SHORT[short?.[1] ?? ''] : long[1] === 'log-file' ? 'error-logfile' : long[1];
    if (key === undefined || (long === null && short === null)) {
      if (!word.text.startsWith('-')) positional.push(word.text);
      continue;
    }
    const inline = long === null ? short?.[2] || undefined : long[2];
    if (inline !== undefined) set(key, located(word, inline.replace(/^=/, '')));
    else if (FLAGS.has(key)) set(key, located(word, 'true'));
    else {
      const next = words[index + 1];
      if (next === undefined || (next.text.startsWith('-') && !/^-\d*$/.test(next.text)))
        set(key, located(word, 'true'));
      else {
        set(key, located(next));
        index++;
      }
    }
  }
  return { options, environment, positional };
}

function variableWords(variable: GunicornContext['commandArguments']): readonly Word[] {
  if (variable?.file === undefined) return [];
  const { start, end } = variable.at;
  const source = JoinedText.of(variable.file, start, end);
  const text =
    source.text === variable.value
      ? source
      : new JoinedText(variable.file, variable.value, [{ from: 0, offset: start }]);
  return shellCommands(text).flatMap(({ words }) => words);
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
