import type { Command } from 'commander';
import { appendFileSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { verificationSummary } from '../crashtest/summary.ts';
import { STARTABLE_SERVERS } from '../crashtest/listening.ts';
import { STARTABLE } from '../crashtest/supervisors/index.ts';
import { STEP_IDS, type Step, type VerifyOptions } from '../crashtest/verification.ts';
import { attach, type AttachOptions } from '../crashtest/attach.ts';
import type { Listener } from '../crashtest/steps.ts';
import { verify } from '../crashtest/verify.ts';
import { usageError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import type { ExitCode } from './command.ts';
import { processOf } from './doctor.ts';

const EXAMPLES = `
Examples:
  pycrash verify --supervisor none                 the service of this repository, without a supervisor
  sudo pycrash verify --supervisor systemd         the same under its own unit, in a private systemd
  pycrash verify --supervisor systemd              the same without root, in the systemd of this user
  pycrash verify --attach https://staging.example.org/ --allow-crash /a-secret-route --cores /var/crash
  pycrash verify --sqlite --migrate                without the database of production
  pycrash verify --server uvicorn                  the application under another server
  pycrash verify --env DJANGO_SECRET_KEY=test      what the settings module wants from the environment
  pycrash verify --command 'gunicorn shop.wsgi'    another command than the one in the repository

Nothing of the repository is changed: a copy of it is started, with a few routes more.
Exit codes: 0 every step held, 1 a step failed, 2 wrong usage, 3 the application could not be started.`;

export function define(command: Command): void {
  command
    .argument('[dir]', 'the repository', '.')
    .option(
      '--supervisor <name>',
      `${STARTABLE.join(', ')}: what brings the service back; auto: the project's, where it can be started`,
      'auto',
    )
    .option('--server <name>', `which of the project's servers: ${STARTABLE_SERVERS.join(', ')}`)
    .option('--command <command>', 'start command, instead of the one in the repository')
    .option('--settings <module>', 'DJANGO_SETTINGS_MODULE, instead of the one of the service')
    .option(
      '--url <url>',
      'a page that answers 200 instead of a planted one: a path, or http://HOST:PORT/… where it listens',
    )
    .option('--user <user>', 'user that the service runs as (as root)')
    .option('--env <name=value>', 'environment of the service (repeatable)', collect, [])
    .option('--env-file <file>', 'the same from a file of NAME=VALUE lines')
    .option('--sqlite', 'a throw-away SQLite database in place of every one of the settings')
    .option('--migrate', 'run the migrations first')
    .option('--python <program>', "interpreter of the project's virtual environment")
    .option('--require <steps>', 'steps that must not be unknown: ids with commas, or all', '')
    .option('--summary <file>', 'append the steps to this file as markdown, e.g. $GITHUB_STEP_SUMMARY')
    .option('--attach <url>', 'crash a deployed service instead; the URL is a page that answers 200')
    .option(
      '--allow-crash <route>',
      'its crash route: PYCRASH_CRASH_ROUTE in its environment (init --with crash-route)',
    )
    .option(
      '--token-file <file>',
      'its token; by default PYCRASH_CRASH_TOKEN in the environment of this command',
    )
    .option('--pid <n>', 'with --attach: its main process, on this machine, to find the core')
    .option('--unit <name>', 'the same by its systemd unit')
    .option('--container <name>', 'the same by its docker or podman container')
    .option('--cores <folder>', 'with --attach: the folder that cores come to')
    .option('--timeout <seconds>', 'the longest that anything is waited for', '30')
    .option('--keep', 'keep the throw-away place with the cores and the log')
    .addHelpText('after', EXAMPLES);
}

export async function run(
  terminal: Terminal,
  args: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const listener: Listener = {
    progress: (text) => terminal.progress(text),
    step: (step) => {
      terminal.progress('');
      terminal.say(stepLine(terminal, step));
    },
  };
  const required = readRequired(options['require']);
  const attached = readAttachOptions(terminal.options.cwd, options);
  const { verification, started } =
    attached === undefined
      ? await verify(readOptions(terminal, args, options), listener)
      : { verification: await attach(attached, listener), started: true };
  terminal.progress('');
  if (terminal.options.json) terminal.document(verification);
  if (typeof options['summary'] === 'string') {
    appendFileSync(resolve(terminal.options.cwd, options['summary']), verificationSummary(verification));
  }
  if (!started) return 3;
  const { steps } = verification;
  const ran = new Set<string>(steps.map(({ id }) => id));
  const unknown = [
    ...steps.filter(({ id, ok }) => ok === 'unknown' && (required.has('all') || required.has(id))),
    ...STEP_IDS.filter((id) => required.has(id) && !ran.has(id)).map((id) => ({ id })),
  ];
  for (const { id } of unknown) {
    terminal.say(`${id} is required and ${ran.has(id) ? 'could not be observed' : 'did not run'}`);
  }
  return verification.ok && unknown.length === 0 ? 0 : 1;
}

/** Throws a usage error for an id that no step has: with a slip of the pen, nothing would be required. */
function readRequired(text: unknown): ReadonlySet<string> {
  const ids = typeof text === 'string' ? text.split(',').filter((id) => id !== '') : [];
  const known: readonly string[] = ['all', ...STEP_IDS];
  const wrong = ids.filter((id) => !known.includes(id));
  if (wrong.length > 0) throw usageError(`--require ${wrong.join(',')}: there are ${known.join(', ')}`);
  return new Set(ids);
}

function stepLine(terminal: Terminal, { id, ok, detail, seconds }: Step): string {
  const [mark, style] =
    ok === true
      ? (['ok', 'green'] as const)
      : ok === false
        ? (['FAILED', 'red'] as const)
        : (['unknown', 'yellow'] as const);
  return `${terminal.style(style, mark.padEnd(8))}${id.padEnd(16)}${`${seconds.toFixed(1)} s`.padStart(7)}  ${detail}`;
}

function readOptions(
  terminal: Terminal,
  [dir]: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): VerifyOptions {
  const { cwd } = terminal.options;
  const text = (name: string): string | undefined => {
    const value = options[name];
    return typeof value === 'string' ? value : undefined;
  };
  const supervisor = text('supervisor');
  if (supervisor === undefined || !['auto', ...STARTABLE].includes(supervisor)) {
    throw usageError(`--supervisor ${supervisor ?? ''}: there are auto, ${STARTABLE.join(', ')}`);
  }
  const [server, user] = [text('server'), text('user')];
  if (server !== undefined && !STARTABLE_SERVERS.includes(server)) {
    throw usageError(`--server ${server}: there are ${STARTABLE_SERVERS.join(', ')}`);
  }
  const [command, settings, url, python] = [text('command'), text('settings'), text('url'), text('python')];
  return {
    root: resolve(cwd, typeof dir === 'string' ? dir : '.'),
    environment: {
      ...readEnvironment(cwd, text('envFile'), options['env']),
      ...(options['sqlite'] === true ? { PYCRASH_VERIFY_SQLITE: '1' } : {}),
    },
    keep: options['keep'] === true,
    migrate: options['migrate'] === true,
    timeout: readTimeout(options),
    ...(command === undefined ? {} : { command }),
    ...(settings === undefined ? {} : { settings }),
    ...(url === undefined ? {} : { url }),
    ...(supervisor === 'auto' ? {} : { supervisor }),
    ...(server === undefined ? {} : { server }),
    ...(user === undefined ? {} : { user }),
    ...(python === undefined ? {} : { python: resolve(cwd, python) }),
  };
}

/** What --attach and the options beside it ask for; undefined without it. */
function readAttachOptions(
  cwd: string,
  options: Readonly<Record<string, unknown>>,
): AttachOptions | undefined {
  const { attach: url, allowCrash: route, tokenFile, cores } = options;
  if (typeof url !== 'string') {
    if (route !== undefined) throw usageError('--allow-crash goes with --attach');
    return undefined;
  }
  // two words, so that no service is crashed by a mistake in one
  if (typeof route !== 'string' || !route.startsWith('/')) {
    throw usageError(
      '--attach crashes a running service: --allow-crash has to name its crash route, e.g. /…',
    );
  }
  let token = process.env['PYCRASH_CRASH_TOKEN'];
  if (typeof tokenFile === 'string') {
    try {
      token = readFileSync(resolve(cwd, tokenFile), 'utf8').trim();
    } catch (error) {
      throw usageError(`--token-file ${tokenFile} cannot be read: ${String(error)}`);
    }
  }
  if (token === undefined || token === '') {
    throw usageError('there is no token', 'Set PYCRASH_CRASH_TOKEN, or give --token-file.');
  }
  const pid = processOf(options);
  return {
    url,
    route,
    token,
    timeout: readTimeout(options),
    ...(pid === undefined ? {} : { pid }),
    ...(typeof cores === 'string' ? { cores: resolve(cwd, cores) } : {}),
  };
}

function readTimeout({ timeout }: Readonly<Record<string, unknown>>): number {
  const seconds = Number(timeout);
  if (!(seconds > 0)) throw usageError(`--timeout ${String(timeout)} is no number of seconds`);
  return seconds;
}

function readEnvironment(cwd: string, file: string | undefined, pairs: unknown): Record<string, string> {
  const environment: Record<string, string> = {};
  if (file !== undefined) {
    try {
      Object.assign(environment, parseEnv(readFileSync(resolve(cwd, file), 'utf8')));
    } catch (error) {
      throw usageError(`--env-file ${file} cannot be read: ${String(error)}`);
    }
  }
  for (const pair of Array.isArray(pairs) ? pairs.map(String) : []) {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || value === undefined) throw usageError(`--env ${pair}: NAME=VALUE is wanted`);
    environment[name] = value;
  }
  return environment;
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
