import { execa } from 'execa';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { waitFor } from '../../src/crashtest/wait.ts';
import type { Part } from '../parts.ts';

/** A service in one variant. In its files, PROGRAM is the command, FOLDER a folder of its own, NAME its name. */
export interface SupervisedVariant {
  name: string;
  files: Readonly<Record<string, string>>;
  /** Aborted as soon as it runs, not when the supervisor takes it for started. */
  atOnce?: true;
  /** How often it is aborted, where that is not the kind's own number. */
  crashes?: number;
  /** After how many of them it is given up is a matter of chance. */
  untilGivenUp?: true;
  /** It runs the generated module, and fails by an exception. */
  module?: true;
  /** A script in the repository says that FOLDER/cores is its user's, which it is in any case. */
  given?: true;
}

/** What a supervisor says of a service. */
interface State {
  /** Does it run, or will it be started without anybody's doing? */
  wanted: boolean;
  /** It does not run now, and what it was started with has ended. */
  down: boolean;
}

/** Real supervisors that run, each service in a folder named after it. */
interface Supervision {
  state(name: string): Promise<State>;
  stop(name: string): Promise<void>;
  /** Ends the supervisors, and with them what they run. */
  end(): Promise<void>;
}

export interface Kind {
  name: string;
  part: Part;
  /** e.g. `runit 2.1.2`. */
  version(): Promise<string>;
  /** What `pycrash unit` prints goes to this file of the service. */
  snippet: string;
  /** Where a file of the service stands in a repository. */
  inRepository(service: string, file: string): string;
  crashes: number;
  /** Milliseconds until the supervisor takes a service for started. */
  after: number;
  /** `folders` by the name of the service; the soft core limit is 0, as it is under nearly every init. */
  start(folders: ReadonlyMap<string, string>, own: string): Promise<Supervision>;
}

const SOFT_0 = '--core=0:unlimited';

/** The upstream version of a Debian package. */
async function packageVersion(name: string): Promise<string> {
  const { stdout } = await execa('dpkg-query', ['-W', '-f', '${Version}', name]);
  return `${name} ${stdout.replace(/^\d+:/, '').replace(/-[^-]*$/, '')}`;
}

interface Spawned {
  child: ChildProcess;
  log: string;
}

/** Starts a supervisor with a soft core limit of 0, its output in `log`. */
export function spawnWithoutCores(words: readonly string[], folder: string, log: string): Spawned {
  const output = openSync(log, 'a');
  const child = spawn('prlimit', [SOFT_0, ...words], { cwd: folder, stdio: ['ignore', output, output] });
  closeSync(output);
  return { child, log };
}

/** Ends a supervisor: KILL where the signal did not within `patience` seconds. */
export async function endOf(
  child: ChildProcess,
  signal: NodeJS.Signals = 'SIGKILL',
  patience = 10,
): Promise<void> {
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  if (ended()) return;
  child.kill(signal);
  await waitFor(patience, () => (ended() ? true : undefined));
  if (!ended()) child.kill('SIGKILL');
}

/** runsv, s6-supervise and supervise: one process watches one folder. */
function watchedFolder(
  options: Pick<Kind, 'inRepository'> & {
    name: 'runit' | 's6' | 'daemontools';
    watch: string;
    state(folder: string): Promise<State>;
    stop(folder: string): Promise<unknown>;
    exit(folder: string): Promise<unknown>;
  },
): Kind {
  return {
    name: options.name,
    part: options.name,
    version: () => packageVersion(options.name),
    snippet: 'run',
    inRepository: options.inRepository,
    crashes: 3,
    after: 0,
    start: (folders) => {
      const watching = new Map<string, Spawned>();
      for (const [name, folder] of folders) {
        watching.set(name, spawnWithoutCores([options.watch, '.'], folder, `${folder}.log`));
      }
      return Promise.resolve({
        state: (name) => options.state(folders.get(name) ?? ''),
        stop: async (name) => {
          await options.stop(folders.get(name) ?? '');
        },
        end: async () => {
          await Promise.all([...folders.values()].map((folder) => options.exit(folder)));
          await Promise.all([...watching.values()].map(({ child }) => endOf(child, 'SIGTERM', 5)));
        },
      });
    },
  };
}

async function said(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await execa(command, args, { reject: false, timeout: 20_000 });
  return stdout;
}

export const runit: Kind = watchedFolder({
  name: 'runit',
  watch: 'runsv',
  inRepository: (service, file) => `etc/sv/${service}/${file}`,
  // `down: FOLDER: 1s, normally up, want up`; `finish:` while finish runs
  state: async (folder) => {
    const text = await said('sv', 'status', folder);
    const down = text.startsWith('down:');
    return { wanted: !down || text.includes('want up'), down };
  },
  stop: (folder) => said('sv', 'down', folder),
  exit: (folder) => said('sv', 'force-exit', folder),
});

export const s6: Kind = watchedFolder({
  name: 's6',
  watch: 's6-supervise',
  inRepository: (service, file) => `s6-services/${service}/${file}`,
  state: async (folder) => {
    const [up = '', wanted = ''] = (await said('s6-svstat', '-o', 'up,wantedup', folder)).split(' ');
    return { wanted: up === 'true' || wanted.trim() === 'true', down: up === 'false' };
  },
  stop: (folder) => said('s6-svc', '-d', folder),
  exit: (folder) => said('s6-svc', '-xd', folder),
});

export const daemontools: Kind = watchedFolder({
  name: 'daemontools',
  watch: 'supervise',
  inRepository: (service, file) => `service/${service}/${file}`,
  // `FOLDER: down 1 seconds, normally up, want up`
  state: async (folder) => {
    const text = await said('svstat', folder);
    const down = /: down /.test(text);
    const normallyUp = !existsSync(join(folder, 'down'));
    return { wanted: !down || text.includes('want up') || (normallyUp && !/normally up/.test(text)), down };
  },
  stop: (folder) => said('svc', '-d', folder),
  exit: (folder) => said('svc', '-dx', folder),
});

export const supervisord: Kind = {
  name: 'supervisord',
  part: 'supervisord',
  version: async () => `supervisord ${(await said('supervisord', '--version')).trim()}`,
  snippet: 'web.conf',
  inRepository: (service) => `deploy/supervisor/${service}.conf`,
  crashes: 3,
  // startsecs=1
  after: 1400,
  start: async (folders, own) => {
    const configuration = join(own, 'supervisord.conf');
    writeFileSync(
      configuration,
      `[supervisord]
logfile=${own}/supervisord.log
pidfile=${own}/pid
childlogdir=${own}
user=root
[unix_http_server]
file=${own}/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[include]
files = ${[...folders.values()].map((folder) => `${folder}/web.conf`).join(' ')}
`,
    );
    const { child } = spawnWithoutCores(['supervisord', '-n', '-c', configuration], own, join(own, 'log'));
    const socket = join(own, 'socket');
    const call = (method: string, name: string) => xmlRpc(socket, `supervisor.${method}`, name);
    await waitFor(30, () => (existsSync(socket) ? true : undefined));
    return {
      state: async (name) => {
        const answer = await call('getProcessInfo', name);
        const state = /<name>statename<\/name>\s*<value><string>(\w+)/.exec(answer)?.[1] ?? '';
        const down = /^(?:STOPPED|EXITED|FATAL|BACKOFF)$/.test(state);
        return { wanted: !down || state === 'BACKOFF', down };
      },
      stop: async (name) => {
        await call('stopProcess', name);
      },
      end: () => endOf(child, 'SIGTERM', 30),
    };
  },
};

/** supervisorctl is a Python program, and is asked hundreds of times. */
function xmlRpc(socketPath: string, method: string, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params><param><value><string>${name}</string></value></param></params></methodCall>`;
    const headers = { 'Content-Type': 'text/xml', 'Content-Length': body.length };
    const sent = request({ socketPath, path: '/RPC2', method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject).end(body);
  });
}

/** Makes the folders of a service, with its files as they are run. */
export function writeService(
  folder: string,
  files: Readonly<Record<string, string>>,
  put: (text: string) => string,
): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), put(text), { mode: 0o755 });
  }
  // the service's user writes its cores here
  execFileSync('install', ['-d', '-o', 'www-data', join(folder, 'cores')]);
}
