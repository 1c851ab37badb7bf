import type { SupervisedVariant } from './supervised.ts';

const LIFTED = "command=/bin/sh -c 'ulimit -S -c unlimited; exec PROGRAM'\n";
const IN = 'directory=FOLDER/cores\n';
const GOOD = `${LIFTED}${IN}autorestart=true\nstartretries=100\n`;
const shell = (script: string) =>
  `command=/bin/sh -c 'ulimit -S -c unlimited; ${script}'\n${IN}startretries=100\n`;

const program = (name: string, lines: string, more: Partial<SupervisedVariant> = {}): SupervisedVariant => ({
  name,
  files: { 'web.conf': `[program:NAME]\n${lines}` },
  ...more,
});

const FOREIGN = `${LIFTED}user=www-data\ndirectory=FOLDER\nautorestart=true\nstartretries=100\n`;
/** However long a start takes on a busy machine. */
const EARLY = 'startsecs=30\n';
const AT_ONCE = { atOnce: true, crashes: 4 } as const;

/** What supervisord is started with. */
export const PROGRAMS: readonly SupervisedVariant[] = [
  program('as-it-should-be', GOOD),
  program('user', `${GOOD}user=www-data\n`, { given: true }),
  program('autorestart-default', `${LIFTED}${IN}startretries=100\n`),
  program('autorestart-unexpected', `${LIFTED}${IN}startretries=100\nautorestart=unexpected\n`),
  program('autorestart-false', `${LIFTED}${IN}startretries=100\nautorestart=false\n`),
  program('exitcodes-134', `${LIFTED}${IN}startretries=100\nexitcodes=0,134\n`),
  program('exitcodes-134-shell', `${shell('PROGRAM; exit $?')}exitcodes=0,134\nstopasgroup=true\n`),
  program(
    'exitcodes-134-always-shell',
    `${shell('PROGRAM; exit $?')}exitcodes=134\nautorestart=true\nstopasgroup=true\n`,
  ),
  program('shell-unexpected', `${shell('PROGRAM; exit $?')}stopasgroup=true\n`),
  program('shell-swallows', `${shell('PROGRAM; echo ended')}stopasgroup=true\n`),
  program('shell-or-true', `${shell('PROGRAM || true')}stopasgroup=true\n`),
  program('shell-pipe', `${shell('PROGRAM | cat')}stopasgroup=true\n`),
  program('shell-swallows-always', `${shell('PROGRAM; echo ended')}autorestart=true\nstopasgroup=true\n`),
  program('shell-without-group', `${shell('PROGRAM; exit $?')}autorestart=true\n`),
  program('shell-last-command', `${shell('PROGRAM')}autorestart=true\n`),
  program(
    'bash-last-command',
    `command=/bin/bash -c 'cd . && ulimit -S -c unlimited && PROGRAM'\n${IN}startretries=100\nautorestart=true\n`,
  ),
  program('killasgroup-only', `${shell('PROGRAM; exit $?')}autorestart=true\nkillasgroup=true\n`),
  program('autostart-false', `${GOOD}autostart=false\n`),
  program('default-start-retries', `${LIFTED}${IN}${EARLY}autorestart=true\n`, AT_ONCE),
  program('no-start-retries', `${LIFTED}${IN}${EARLY}autorestart=true\nstartretries=0\n`, AT_ONCE),
  program('many-start-retries', `${GOOD}${EARLY}`, AT_ONCE),
  program('startsecs-0', `${LIFTED}${IN}autorestart=true\nstartsecs=0\n`, AT_ONCE),
  program('startsecs-0-false', `${LIFTED}${IN}autorestart=false\nstartsecs=0\n`, AT_ONCE),
  program('no-limit', `command=PROGRAM\n${IN}autorestart=true\nstartretries=100\n`),
  program(
    'ulimit-0',
    `command=/bin/sh -c 'ulimit -c 0; exec PROGRAM'\n${IN}autorestart=true\nstartretries=100\n`,
  ),
  program('user-without-folder', `${LIFTED}user=www-data\nautorestart=true\nstartretries=100\n`),
  program('user-in-root-folder', `${LIFTED}user=www-data\ndirectory=/\nautorestart=true\nstartretries=100\n`),
  program('user-in-foreign-folder', FOREIGN),
  program('module-in-foreign-folder', `${FOREIGN}environment=PYCRASH_CORE_DIRECTORY="FOLDER/cores"\n`, {
    module: true,
  }),
];
