import { execa } from 'execa';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderSettings } from '../../src/wiring/units/openrc-settings.ts';
import { waitFor } from '../../src/crashtest/wait.ts';
import { CACHE } from '../python-environment.ts';
import { endOf, spawnWithoutCores, type Kind, type SupervisedVariant } from './supervised.ts';

const OPENRC = join(CACHE, 'openrc');

/** Debian's OpenRC, unpacked (`.build/openrc.sh`), in a mount and a pid namespace of its own. */
export const openrc: Kind = {
  name: 'openrc',
  part: 'openrc',
  version: () =>
    Promise.resolve(`openrc ${readFileSync(join(OPENRC, 'version'), 'utf8').replace(/-.*\s*$/, '')}`),
  snippet: 'init.d',
  inRepository: (service, file) => `deploy/${file}/${service}`,
  crashes: 3,
  // supervise-daemon waits by opening a fifo: the end of a process that dies before that is not seen, ever
  after: 500,
  start: async (folders, own) => {
    for (const [name, folder] of folders) {
      for (const place of ['init.d', 'conf.d']) {
        if (!existsSync(join(folder, place))) continue;
        mkdirSync(join(own, 'etc', place), { recursive: true });
        copyFileSync(join(folder, place), join(own, 'etc', place, name));
      }
    }
    const script = fileURLToPath(new URL('openrc.sh', import.meta.url));
    const { child } = spawnWithoutCores(
      ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', script, OPENRC, own],
      own,
      join(own, 'log'),
    );
    const first = await waitFor(30, () => {
      const children = `/proc/${child.pid ?? 0}/task/${child.pid ?? 0}/children`;
      const pid = existsSync(children) ? readFileSync(children, 'utf8').trim() : '';
      return pid !== '' && existsSync(`/proc/${pid}/root/run/openrc/all-are-starting`) ? pid : undefined;
    });
    if (first === undefined) throw new Error(readFileSync(join(own, 'log'), 'utf8'));
    const root = `/proc/${first}/root`;
    /** Does supervise-daemon run for it? It takes its pid file away when it ends. */
    const isWatched = (name: string) => {
      const file = `${root}/run/supervise-${name}.pid`;
      const pid = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
      const stat = `${root}/proc/${pid}/stat`;
      return pid !== '' && existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
    };
    return {
      state: (name) => {
        const watched = isWatched(name);
        return Promise.resolve({
          wanted: watched || isStarting(join(own, `${name}.started`)),
          down: !watched,
        });
      },
      stop: async (name) => {
        const words = ['--target', first, '--mount', '--pid', `/etc/init.d/${name}`, '--nodeps', 'stop'];
        await execa('nsenter', words, { reject: false, timeout: 20_000 });
      },
      // and with it all that is in the namespace
      end: () => endOf(child),
    };
  },
};

/** Was it started a moment ago at most? The pid file comes after. */
const isStarting = (file: string) => !existsSync(file) || Date.now() - statSync(file).mtimeMs < 1000;

const COMMAND = 'command=/usr/bin/env\ncommand_args="PROGRAM"\n';
const WATCHED = 'supervisor=supervise-daemon\n';
const FOREVER = 'respawn_max=0\n';
const LIFTED = 'rc_ulimit="-c unlimited"\n';
const IN = 'directory=FOLDER/cores\n';
const GOOD = `${COMMAND}${WATCHED}${FOREVER}${LIFTED}${IN}`;
const BACKGROUND = 'command_background=yes\npidfile=/run/NAME.pid\n';

const script = (name: string, lines: string, more: Partial<SupervisedVariant> = {}): SupervisedVariant => ({
  name,
  files: { 'init.d': `#!/sbin/openrc-run\n${lines}` },
  ...more,
});
const withSettings = (name: string, settings: string, lines: string): SupervisedVariant => ({
  name,
  files: { 'init.d': `#!/sbin/openrc-run\n${lines}`, 'conf.d': settings },
});
const shell = (text: string) =>
  `command=/bin/sh\ncommand_args="-c '${text}'"\n${WATCHED}${FOREVER}${LIFTED}${IN}`;

/** More than respawn_max by default. */
const MANY = { crashes: 11 } as const;

const FOREIGN = `${COMMAND}${WATCHED}${FOREVER}${LIFTED}command_user=www-data\ndirectory=FOLDER\n`;

/** What the service scripts say. */
export const SCRIPTS: readonly SupervisedVariant[] = [
  script('as-it-should-be', GOOD),
  script('user', `${GOOD}command_user=www-data\n`, { given: true }),
  script('no-supervisor', `${COMMAND}${BACKGROUND}${LIFTED}${IN}`),
  script('supervisor-misspelt', `${COMMAND}supervisor=supervise_daemon\n${BACKGROUND}${LIFTED}${IN}`),
  script(
    'own-start',
    `${GOOD}start() {\n\tstart-stop-daemon --start --background --chdir FOLDER/cores --make-pidfile --pidfile /run/NAME.pid --exec $command -- $command_args\n}\n`,
  ),
  script('start-around-the-default', `${GOOD}start() {\n\teinfo now\n\tdefault_start\n}\n`),
  withSettings('settings', `${WATCHED}${FOREVER}${LIFTED}`, `${COMMAND}${IN}`),
  withSettings('settings-as-printed', renderSettings('NAME'), `${COMMAND}${BACKGROUND}${IN}`),
  withSettings('settings-come-first', LIFTED, `${COMMAND}${WATCHED}${FOREVER}${IN}rc_ulimit="-c 0"\n`),
  withSettings('settings-over-default', LIFTED, `${COMMAND}${WATCHED}${FOREVER}${IN}: \${rc_ulimit:=-c 0}\n`),
  script('default-respawn-max', `${COMMAND}${WATCHED}${LIFTED}${IN}`, MANY),
  script('respawn-max-0', GOOD, MANY),
  script('respawn-max-in-an-hour', `${COMMAND}${WATCHED}respawn_max=2\nrespawn_period=3600\n${LIFTED}${IN}`),
  script(
    'respawn-period-outrun',
    `${COMMAND}${WATCHED}respawn_max=2\nrespawn_delay=2\nrespawn_period=3\n${LIFTED}${IN}`,
    { crashes: 4 },
  ),
  script('no-limit', `${COMMAND}${WATCHED}${FOREVER}${IN}`),
  script('ulimit-0', `${COMMAND}${WATCHED}${FOREVER}${IN}rc_ulimit="-c 0"\n`),
  script('ulimit-soft-0', `${COMMAND}${WATCHED}${FOREVER}${IN}rc_ulimit="-S -c 0"\n`),
  script('ulimit-soft', `${COMMAND}${WATCHED}${FOREVER}${IN}rc_ulimit="-S -c unlimited"\n`),
  script('ulimit-hard', `${COMMAND}${WATCHED}${FOREVER}${IN}rc_ulimit="-H -c unlimited"\n`),
  script('ulimit-several', `${COMMAND}${WATCHED}${FOREVER}${IN}rc_ulimit="-c unlimited -n 4096"\n`),
  script('ulimit-in-the-shell', shell('ulimit -S -c unlimited; exec PROGRAM').replace(LIFTED, '')),
  script('shell-goes-on', shell('PROGRAM; echo ended')),
  script('shell-in-background', shell('PROGRAM &')),
  script('user-without-folder', `${COMMAND}${WATCHED}${FOREVER}${LIFTED}command_user=www-data\n`),
  script(
    'user-in-root-folder',
    `${COMMAND}${WATCHED}${FOREVER}${LIFTED}command_user=www-data\ndirectory=/\n`,
  ),
  script('user-in-foreign-folder', FOREIGN),
  script('module-in-foreign-folder', `${FOREIGN}export PYCRASH_CORE_DIRECTORY=FOLDER/cores\n`, {
    module: true,
  }),
];
