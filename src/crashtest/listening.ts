import { basename } from 'node:path';
import { SERVERS } from '../project/servers/index.ts';
import { boundAddress } from './address.ts';
import type { Address } from './provoke.ts';

/** Where a server is told to listen. */
interface Listening {
  /** Its options that name an address, all of which take a value. */
  options: readonly string[];
  /** Its options that name a file of the deployment to log to: without them it logs to where verify looks. */
  logs?: readonly string[];
  /** What is put after the name of the program to have it listen on that port of 127.0.0.1. */
  words(port: number): readonly string[];
  /** The same by the environment, for a command that a script holds. */
  environment?(port: number): Readonly<Record<string, string>>;
  /** How it is started without a command in the repository; `object` is `shop.wsgi:application`. */
  command(object: string): readonly string[];
  /** `http`: the program of the repository is the server, and chooses its address itself. */
  interface: 'wsgi' | 'asgi' | 'http';
}

/** A program that serves HTTP by itself. */
const PROGRAM: Listening = {
  options: [],
  words: () => [],
  command: (object) => ['python', '-m', object.replace(/:.*$/, '')],
  interface: 'http',
};

const LISTENING: Readonly<Record<string, Listening>> = {
  gunicorn: {
    options: ['--bind', '-b'],
    logs: ['--error-logfile', '--log-file', '--access-logfile'],
    // GUNICORN_CMD_ARGS wins over its configuration file
    words: () => [],
    command: (object) => ['gunicorn', '--workers', '2', object],
    interface: 'wsgi',
  },
  uvicorn: {
    options: ['--host', '--port', '--uds', '--fd'],
    words: (port) => ['--host', '127.0.0.1', '--port', String(port)],
    environment: (port) => ({ UVICORN_HOST: '127.0.0.1', UVICORN_PORT: String(port) }),
    command: (object) => ['uvicorn', '--workers', '2', ...factory(object)],
    interface: 'asgi',
  },
  hypercorn: {
    options: ['--bind', '-b', '--insecure-bind', '--quic-bind'],
    words: (port) => ['--bind', `127.0.0.1:${port}`],
    command: (object) => ['hypercorn', '--workers', '2', object],
    interface: 'asgi',
  },
  daphne: {
    options: ['--bind', '-b', '--port', '-p', '--unix-socket', '-u', '--endpoint', '-e', '--fd'],
    words: (port) => ['--bind', '127.0.0.1', '--port', String(port)],
    command: (object) => ['daphne', object],
    interface: 'asgi',
  },
  waitress: {
    options: ['--listen', '--host', '--port', '--unix-socket'],
    words: (port) => [`--listen=127.0.0.1:${port}`],
    // it takes away what a proxy has said, unless it is told to trust it
    command: (object) => [
      'waitress-serve',
      '--trusted-proxy=127.0.0.1',
      '--trusted-proxy-headers=x-forwarded-proto',
      object,
    ],
    interface: 'wsgi',
  },
  granian: {
    options: ['--host', '--port', '--uds'],
    words: (port) => ['--host', '127.0.0.1', '--port', String(port)],
    environment: (port) => ({ GRANIAN_HOST: '127.0.0.1', GRANIAN_PORT: String(port) }),
    // without it a worker that dies takes the server down
    command: (object) => [
      'granian',
      '--interface',
      'wsgi',
      '--workers',
      '2',
      '--respawn-failed-workers',
      object,
    ],
    interface: 'wsgi',
  },
  uwsgi: {
    options: ['--http', '--http-socket', '--socket', '-s', '--uwsgi-socket', '--https', '--http11-socket'],
    // also beside the sockets of an ini file, whose protocol may be uwsgi's own
    words: (port) => ['--http-socket', `127.0.0.1:${port}`],
    environment: (port) => ({ UWSGI_HTTP_SOCKET: `127.0.0.1:${port}` }),
    command: (object) => ['uwsgi', '--master', '--processes', '2', '--module', object],
    interface: 'wsgi',
  },
  aiohttp: PROGRAM,
  tornado: PROGRAM,
};

/** uvicorn calls `create_app` itself; others import `create_app()`. */
function factory(object: string): string[] {
  return object.endsWith('()') ? ['--factory', object.slice(0, -2)] : [object];
}

/** What `--server` takes. */
export const STARTABLE_SERVERS: readonly string[] = Object.keys(LISTENING);

/** How that server is started without a command in the repository; undefined for one that is not known. */
export function defaultCommand(server: string): Pick<Listening, 'command' | 'interface'> | undefined {
  return LISTENING[server];
}

/** The server that a command line of one text starts; `unknown` where it names none. */
export function serverOf(command: string): string {
  const found = SERVERS.find(({ name, programs }) =>
    command.split(/\s+/).some((word) => word === name || programs.includes(basename(word))),
  );
  return found?.name ?? 'unknown';
}

/**
 * Does code of the repository choose the address, which no option of a command line can then change? That is where the
 * command does not name the server's own program.
 */
export function choosesItsAddress(command: readonly string[] | string, server: string): boolean {
  if (LISTENING[server] === undefined || LISTENING[server].interface === 'http') return true;
  const words = typeof command === 'string' ? command.split(/[\s'"]+/) : command;
  return !words.some((word) => isProgram(basename(word), server));
}

/** The words with the address and the log files that they name taken off and another address put in. */
export function movedWords(words: readonly string[], server: string, port: number): string[] {
  const listening = LISTENING[server];
  if (listening === undefined || choosesItsAddress(words, server)) return [...words];
  const kept: string[] = [];
  const options = optionsTakenOff(listening);
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (options.includes(word)) index += 1;
    else if (!options.some((option) => isJoined(word, option))) kept.push(word);
  }
  const program = kept.findIndex((word) => isProgram(basename(word), server));
  return kept.toSpliced(program + 1, 0, ...listening.words(port));
}

/** The same for a command line that is still one text, or a script that has one in it. */
export function movedText(text: string, server: string, port: number): string {
  const listening = LISTENING[server];
  if (listening === undefined || choosesItsAddress(text, server)) return text;
  const options = optionsTakenOff(listening).map((option) =>
    option.startsWith('--') ? `${option}(?:=|\\s+)` : `${option}\\s*`,
  );
  const without = text.replaceAll(new RegExp(`\\s(?:${options.join('|')})[^\\s'"]+`, 'g'), '');
  const added = listening.words(port).map((word) => ` ${word}`);
  return without.replace(
    new RegExp(`(?<![\\w.-])(?:${programsOf(server).join('|')})(?=\\s)`),
    (program) => program + added.join(''),
  );
}

function optionsTakenOff({ options, logs = [] }: Listening): string[] {
  return [...options, ...logs];
}

/** The environment that has a server listen on that port of 127.0.0.1, where there is one. */
export function movingEnvironment(server: string, port: number): Readonly<Record<string, string>> {
  return LISTENING[server]?.environment?.(port) ?? {};
}

/** Where a command line of one text says that it listens; undefined where it does not say. */
export function namedAddress(command: string, server: string): Address | undefined {
  const value = (...options: readonly string[]): string | undefined =>
    options
      .map((option) => {
        const separator = option.startsWith('--') ? '(?:=|\\s+)' : '\\s*';
        return new RegExp(`\\s${option}${separator}([^\\s'"]+)`).exec(command)?.[1];
      })
      .find((found) => found !== undefined);
  if (server === 'gunicorn' || server === 'hypercorn') return boundOrNone(value('--bind', '-b'));
  if (server === 'waitress' && value('--listen') !== undefined) return boundOrNone(value('--listen'));
  if (server === 'uwsgi') return boundOrNone(value('--http-socket', '--http'));
  const path = value('--uds', '--unix-socket');
  if (path !== undefined) return { socketPath: path };
  const port = value('--port', ...(server === 'daphne' ? ['-p'] : []));
  return port === undefined ? undefined : boundAddress(`:${port}`);
}

function boundOrNone(bind: string | undefined): Address | undefined {
  return bind === undefined ? undefined : boundAddress(bind);
}

function isJoined(word: string, option: string): boolean {
  return option.startsWith('--')
    ? word.startsWith(`${option}=`)
    : word.startsWith(option) && word.length > option.length && !word.startsWith('--');
}

function isProgram(name: string, server: string): boolean {
  return programsOf(server).includes(name);
}

/** Names of its programs and of the modules that `python -m` starts it with. */
function programsOf(server: string): readonly string[] {
  const found = SERVERS.find(({ name }) => name === server);
  return found === undefined ? [server] : [...found.programs, ...found.modules];
}
