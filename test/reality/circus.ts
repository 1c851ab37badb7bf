import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../../src/crashtest/wait.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { endOf, spawnWithoutCores, type Kind, type SupervisedVariant } from './supervised.ts';

const VERSION = '0.19.0';

/** A circusd of its own for a service whose file ends it, or has what counts for all watchers. */
const ALONE = /rlimit_core = unlimited|^\[plugin:/m;

/** The questions go to one Python program, because each start of it takes as long as everything else here. */
function asked(python: string): { ask(line: string): Promise<string>; child: ChildProcess } {
  const script = fileURLToPath(new URL('circus_state.py', import.meta.url));
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting: ((answer: string) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
  return {
    child,
    ask: (line) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        child.stdin.write(`${line}\n`);
      }),
  };
}

export const circus: Kind = {
  name: 'circus',
  part: 'root',
  version: () => Promise.resolve(`circus ${VERSION}`),
  snippet: 'web.ini',
  inRepository: (service, file) => `deploy/circus/${service}/${file}`,
  crashes: 3,
  after: 300,
  start: async (folders, own) => {
    const bin = join(pythonEnvironment('3.12', [`circus==${VERSION}`]).folder, 'bin');
    const groups = new Map<string, string[]>();
    const children = new Map<string, ChildProcess>();
    const groupOf = new Map<string, string>();
    for (const [name, folder] of folders) {
      const file = join(folder, 'web.ini');
      const group = ALONE.test(readFileSync(file, 'utf8')) ? name : 'shared';
      groupOf.set(name, group);
      groups.set(group, [...(groups.get(group) ?? []), file]);
    }
    const endpoint = (group: string, of = '') => `ipc://${own}/${group}${of}.socket`;
    for (const [group, include] of groups) {
      const file = join(own, `${group}.ini`);
      writeFileSync(
        file,
        `[circus]
check_delay = 0.2
endpoint = ${endpoint(group)}
pubsub_endpoint = ${endpoint(group, '-events')}
include = ${include.join(' ')}
`,
      );
      const { child } = spawnWithoutCores([join(bin, 'circusd'), file], own, join(own, `${group}.log`));
      children.set(group, child);
    }
    const { ask, child: asker } = asked(join(bin, 'python'));
    await waitFor(30, () => (existsSync(join(own, 'shared.socket')) ? true : undefined));
    return {
      state: async (name) => {
        const group = groupOf.get(name) ?? '';
        if (hasEnded(children.get(group))) return { wanted: false, down: true };
        const status = await ask(`state ${endpoint(group)} ${name}`);
        const down = status === 'stopped';
        return { wanted: !down, down };
      },
      stop: async (name) => {
        await ask(`stop ${endpoint(groupOf.get(name) ?? '')} ${name}`);
      },
      end: async () => {
        asker.kill();
        await Promise.all([...children.values()].map((child) => endOf(child, 'SIGTERM', 10)));
      },
    };
  },
};

function hasEnded(child: ChildProcess | undefined): boolean {
  return child === undefined || child.exitCode !== null || child.signalCode !== null;
}

const COMMAND = 'cmd = PROGRAM\n';
const IN = 'working_dir = FOLDER/cores\n';
const LIFTED = 'rlimit_core = -1\n';
const GOOD = `${COMMAND}${IN}${LIFTED}`;
const shell = (text: string) => `cmd = /bin/sh -c '${text}'\n${IN}${LIFTED}`;

/** Counts for every watcher of its circusd. */
const FLAPPING =
  '[plugin:flapping]\nuse = circus.plugins.flapping.Flapping\nattempts = 2\nwindow = 20\nretry_in = 1\n';

const watcher = (name: string, lines: string, more: Partial<SupervisedVariant> = {}): SupervisedVariant => ({
  name,
  files: { 'web.ini': `[watcher:NAME]\n${lines}` },
  ...more,
});

const FOREIGN = `${COMMAND}${LIFTED}uid = www-data\nworking_dir = FOLDER\n`;

/** What circusd is started with. */
export const WATCHERS: readonly SupervisedVariant[] = [
  watcher('as-it-should-be', GOOD),
  watcher('user', `${GOOD}uid = www-data\n`, { given: true }),
  watcher('respawn-true', `${GOOD}respawn = True\n`),
  watcher('respawn-false', `${GOOD}respawn = False\n`),
  watcher('respawn-twice', `${GOOD}respawn = False\nrespawn = True\n`),
  watcher('autostart-false', `${GOOD}autostart = False\n`),
  watcher('max-retry', `${GOOD}max_retry = 1\n`, { crashes: 4 }),
  watcher('comment-behind-a-value', `${COMMAND}${IN}rlimit_core = -1 ; none\n`),
  watcher('rlimit-empty', `${COMMAND}${IN}rlimit_core =\n`),
  watcher('rlimit-unlimited', `${COMMAND}${IN}rlimit_core = unlimited\n`),
  watcher('rlimit-0', `${COMMAND}${IN}rlimit_core = 0\n`),
  watcher('no-limit', `${COMMAND}${IN}`),
  watcher('shell', `${GOOD}shell = True\n`),
  watcher('shell-exec', shell('ulimit -S -c unlimited; exec PROGRAM').replace(LIFTED, '')),
  watcher('shell-goes-on', shell('PROGRAM; echo ended')),
  // with stop_children = True it is a race whether the server is still found as a child: seen both
  watcher('shell-in-background', shell('PROGRAM &')),
  // circusd refuses a stop while it starts the watcher again, which it does at the very end that the plugin saw: most stops
  // come to nothing (99 of 100 here), but not the first, before which the plugin asks circusd for the watcher's options
  watcher('flapping', `${GOOD}flapping.attempts = 1\nflapping.max_retry = 0\n${FLAPPING}`, {
    crashes: 40,
    untilGivenUp: true,
  }),
  watcher('flapping-that-never-starts', `${GOOD}${FLAPPING}max_retry = 0\n`, { crashes: 8 }),
  watcher('flapping-off', `${GOOD}${FLAPPING}max_retry = 1\nactive = False\n`, { crashes: 8 }),
  watcher('flapping-off-for-it', `${GOOD}flapping.active = False\n${FLAPPING}max_retry = 1\n`, {
    crashes: 8,
  }),
  watcher('user-without-folder', `${COMMAND}${LIFTED}uid = www-data\n`),
  watcher('user-in-root-folder', `${COMMAND}${LIFTED}uid = www-data\nworking_dir = /\n`),
  watcher('user-in-foreign-folder', FOREIGN),
  watcher('module-in-foreign-folder', `${FOREIGN}\n[env:NAME]\nPYCRASH_CORE_DIRECTORY = FOLDER/cores\n`, {
    module: true,
  }),
];
