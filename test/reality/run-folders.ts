import type { SupervisedVariant } from './supervised.ts';

const IN = 'cd FOLDER/cores || exit 1\n';
const LIFT = 'ulimit -S -c unlimited\n';
const folder = (
  name: string,
  run: string,
  others: Readonly<Record<string, string>> = {},
  more: Partial<SupervisedVariant> = {},
): SupervisedVariant => ({
  ...more,
  name,
  files: { run: run.startsWith('#!') ? run : `#!/bin/sh\nexec 2>&1\n${run}\n`, ...others },
});
const sh = (text: string) => `#!/bin/sh\n${text}\n`;
const GOOD = `${IN}${LIFT}exec PROGRAM`;

/** What a shell in `run` can do wrong under each of the three. */
function shells(user: string): readonly SupervisedVariant[] {
  return [
    folder('as-it-should-be', GOOD),
    folder('user', `${IN}${LIFT}exec ${user} PROGRAM`, {}, { given: true }),
    folder('no-exec', `${IN}${LIFT}PROGRAM`),
    folder('pipeline', `${IN}${LIFT}PROGRAM | cat`),
    folder('or-true', `${IN}${LIFT}PROGRAM || true`),
    folder('exec-pipeline', `${IN}${LIFT}exec PROGRAM | cat`),
    folder('background-and-wait', `${IN}${LIFT}PROGRAM &\nwait`),
    folder('trap-at-exit', `${IN}${LIFT}trap 'echo ended' EXIT\nPROGRAM`),
    folder('background', `${IN}${LIFT}PROGRAM &`),
    folder('wrapper-shell', `${IN}${LIFT}exec sh -c 'PROGRAM; echo ended'`),
    folder('no-limit', `${IN}exec PROGRAM`),
    folder('ulimit-0', `${IN}ulimit -c 0\nexec PROGRAM`),
    folder('ulimit-soft-0', `${IN}ulimit -S -c 0\nexec PROGRAM`),
    folder('user-without-folder', `${LIFT}exec ${user} PROGRAM`),
    folder('user-in-root-folder', `cd /\n${LIFT}exec ${user} PROGRAM`),
    folder('user-in-foreign-folder', `cd FOLDER\n${LIFT}exec ${user} PROGRAM`),
    folder(
      'module-in-foreign-folder',
      `cd FOLDER\n${LIFT}export PYCRASH_CORE_DIRECTORY=FOLDER/cores\nexec ${user} PROGRAM`,
      {},
      { module: true },
    ),
    folder('down', GOOD, { down: '' }),
    folder('finish', GOOD, { finish: sh('echo ended') }),
    folder('finish-125', GOOD, { finish: sh('exit 125') }),
  ];
}

export const RUNIT: readonly SupervisedVariant[] = [
  ...shells('chpst -u www-data'),
  folder('chpst-unlimited', `${IN}exec chpst -c unlimited PROGRAM`),
  folder('chpst-number', `${IN}exec chpst -c 4294967296 PROGRAM`),
  folder('chpst-0', `${IN}exec chpst -c 0 PROGRAM`),
  folder('finish-down', GOOD, { finish: sh('sv down FOLDER') }),
  folder('finish-down-when-done', GOOD, { finish: sh('[ "$1" = 0 ] && sv down FOLDER') }),
];

export const S6: readonly SupervisedVariant[] = [
  ...shells('s6-setuidgid www-data'),
  folder('softlimit', `${IN}exec s6-softlimit -c = PROGRAM`),
  folder('softlimit-unlimited', `${IN}exec s6-softlimit -c unlimited PROGRAM`),
  folder('softlimit-0', `${IN}exec s6-softlimit -c 0 PROGRAM`),
  folder('execline', '#!/bin/execlineb -P\nfdmove -c 2 1\ncd FOLDER/cores\ns6-softlimit -c =\nPROGRAM\n'),
  folder(
    'execline-foreground',
    '#!/bin/execlineb -P\ncd FOLDER/cores\ns6-softlimit -c =\nforeground { PROGRAM }\necho ended\n',
  ),
  folder('finish-125-when-done', GOOD, { finish: sh('[ "$1" = 0 ] && exit 125\nexit 0') }),
  folder('finish-svc-down', GOOD, { finish: sh('s6-svc -d .') }),
  folder('finish-permafailon', GOOD, {
    finish: '#!/bin/execlineb -P\ns6-permafailon 60 2 SIGABRT exit 0\n',
  }),
  folder('max-death-tally', GOOD, { 'max-death-tally': '1\n' }),
  folder('down-signal', GOOD, { 'down-signal': 'SIGINT\n' }),
  folder('down-signal-ignored', GOOD, { 'down-signal': 'SIGWINCH\n' }),
];

export const DAEMONTOOLS: readonly SupervisedVariant[] = [
  ...shells('setuidgid www-data'),
  folder('softlimit', `${IN}exec softlimit -c = PROGRAM`),
  folder('softlimit-unlimited', `${IN}exec softlimit -c unlimited PROGRAM`),
  folder('softlimit-0', `${IN}exec softlimit -c 0 PROGRAM`),
  folder('softlimit-file-0', `${IN}${LIFT}exec softlimit -f 0 PROGRAM`),
  folder('softlimit-memory', `${IN}${LIFT}exec softlimit -m 1000000 PROGRAM`),
  folder('fghack', `${IN}${LIFT}exec fghack PROGRAM`),
];
