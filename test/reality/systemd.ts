/** A systemd unit in one variant; the folder `/srv/NAME` is its own. */
export interface Variant {
  name: string;
  /** Lines of [Service] instead of, or after, those that are right. */
  service: string;
  unit?: string;
  command?: (program: string) => string;
  /** Text of a drop-in. */
  dropIn?: string;
  /** It runs the generated module, and fails by an exception. */
  module?: true;
  /** Its folder is its user's, and a script in the repository says so. */
  given?: true;
  /** It ends again without an abort: wait for that. */
  endsByItself?: true;
}

const RESTART = 'Restart=on-failure\nRestartSec=200ms\n';
const CORE = 'LimitCORE=infinity\n';
const GOOD = RESTART + CORE;
const OFF = 'StartLimitIntervalSec=0';
const IN = 'WorkingDirectory=/srv/NAME\n';
const STATE = 'StateDirectory=NAME\nWorkingDirectory=/var/lib/NAME\n';
const kept = (program: string) => `/bin/sh -c '${program}; exit $?'`;
const swallowed = (program: string) => `/bin/sh -c '${program}; echo ended'`;
const piped = (program: string) => `/bin/sh -c '${program} | cat'`;
const ignored = (program: string) => `/bin/sh -c '${program} || true'`;
const exec = (program: string) => `/bin/sh -c 'exec ${program}'`;
const bash = (program: string) => `/bin/bash -c 'cd . && ${program}'`;

const policy = (value: string) => `Restart=${value}\nRestartSec=200ms\n${CORE}${IN}`;

/** What systemd is started with: each is crashed six times in a row. */
export const UNITS: readonly Variant[] = [
  { name: 'as-it-should-be', service: GOOD + IN },
  { name: 'state-directory', service: `${GOOD}User=www-data\n${STATE}` },
  { name: 'no-restart-key', service: CORE + IN },
  ...['no', 'on-success', 'on-watchdog', 'on-failure', 'on-abnormal', 'on-abort', 'always'].flatMap(
    (value) => [
      { name: `restart-${value}`, service: policy(value) },
      { name: `restart-${value}-shell`, service: policy(value), command: kept },
    ],
  ),
  { name: 'on-fail', service: policy('on-fail') },
  { name: 'shell-exec-on-abort', service: policy('on-abort'), command: exec },
  { name: 'bash-on-abort', service: policy('on-abort'), command: bash },
  { name: 'shell-swallows-on-failure', service: policy('on-failure'), command: swallowed },
  { name: 'shell-swallows-always', service: policy('always'), command: swallowed },
  { name: 'shell-or-true-on-failure', service: policy('on-failure'), command: ignored },
  { name: 'shell-pipe-on-failure', service: policy('on-failure'), command: piped },
  { name: 'success-exit-status', service: `${GOOD}${IN}SuccessExitStatus=SIGABRT\n` },
  { name: 'success-exit-status-no-core', service: `${RESTART}${IN}SuccessExitStatus=SIGABRT\n` },
  { name: 'success-exit-status-134', service: `${GOOD}${IN}SuccessExitStatus=134\n`, command: kept },
  { name: 'success-exit-status-always', service: `${policy('always')}SuccessExitStatus=SIGABRT\n` },
  { name: 'prevented', service: `${policy('always')}RestartPreventExitStatus=SIGABRT\n` },
  { name: 'prevented-by-number', service: `${policy('always')}RestartPreventExitStatus=6\n` },
  {
    name: 'prevented-134-shell',
    service: `${policy('always')}RestartPreventExitStatus=134\n`,
    command: kept,
  },
  { name: 'prevented-bash', service: `${policy('always')}RestartPreventExitStatus=SIGABRT\n`, command: bash },
  {
    name: 'prevented-134-bash',
    service: `${policy('always')}RestartPreventExitStatus=134\n`,
    command: bash,
  },
  { name: 'default-start-limit', service: GOOD + IN, unit: '' },
  { name: 'start-limit-in-service', service: `${GOOD}${IN}StartLimitIntervalSec=0\n`, unit: '' },
  { name: 'old-start-limit-in-service', service: `${GOOD}${IN}StartLimitInterval=0\n`, unit: '' },
  { name: 'no-limit-core', service: RESTART + IN },
  { name: 'limit-core-0', service: `${RESTART}LimitCORE=0\n${IN}` },
  { name: 'limit-core-soft-0', service: `${RESTART}LimitCORE=0:infinity\n${IN}` },
  { name: 'limit-core-misspelt', service: `${RESTART}LimtCORE=infinity\n${IN}` },
  { name: 'limit-fsize-0', service: `${GOOD}${IN}LimitFSIZE=0\n` },
  { name: 'user-in-root-folder', service: `${GOOD}User=www-data\n` },
  { name: 'user-in-foreign-folder', service: `${GOOD}User=www-data\n${IN}` },
  { name: 'user-in-own-folder', service: `${GOOD}User=www-data\n${IN}`, given: true },
  { name: 'module-in-foreign-folder', service: `${GOOD}User=www-data\n${IN}`, module: true },
  {
    name: 'module-in-root-folder',
    service: `${GOOD}User=www-data\nStateDirectory=NAME\n`,
    module: true,
  },
  {
    name: 'module-and-private-tmp',
    service: `${GOOD}User=www-data\n${IN}PrivateTmp=yes\n`,
    module: true,
  },
  {
    name: 'module-private-tmp-state',
    service: `${GOOD}User=www-data\n${IN}PrivateTmp=yes\nStateDirectory=NAME\n`,
    module: true,
  },
  {
    name: 'module-strict',
    service: `${GOOD}User=www-data\n${IN}ProtectSystem=strict\n`,
    module: true,
  },
  {
    name: 'module-strict-opened',
    service: `${GOOD}${IN}ProtectSystem=strict\nReadWritePaths=/srv/NAME\n`,
    module: true,
  },
  {
    name: 'module-strict-state',
    service: `${GOOD}User=www-data\n${IN}ProtectSystem=strict\nStateDirectory=NAME\n`,
    module: true,
  },
  { name: 'protect-system-strict', service: `${GOOD}${IN}ProtectSystem=strict\n` },
  { name: 'strict-opened', service: `${GOOD}${IN}ProtectSystem=strict\nReadWritePaths=/srv/NAME\n` },
  { name: 'read-only-paths', service: `${GOOD}${IN}ReadOnlyPaths=/srv\n` },
  { name: 'dynamic-user', service: `${GOOD}DynamicUser=yes\n` },
  { name: 'dynamic-user-state', service: `${GOOD}DynamicUser=yes\n${STATE}` },
  { name: 'private-tmp', service: `${GOOD}PrivateTmp=yes\nWorkingDirectory=/tmp\n` },
  { name: 'private-tmp-elsewhere', service: `${GOOD}PrivateTmp=yes\n${IN}` },
  {
    name: 'runtime-directory',
    service: `${GOOD}RuntimeDirectory=NAME\nWorkingDirectory=/run/NAME\n`,
  },
  {
    name: 'runtime-directory-kept',
    service: `${GOOD}RuntimeDirectory=NAME\nRuntimeDirectoryPreserve=restart\nWorkingDirectory=/run/NAME\n`,
  },
  { name: 'kill-mode-process', service: `${GOOD}${IN}KillMode=process\n` },
  { name: 'restart-emptied', service: GOOD + IN, dropIn: '[Service]\nRestart=\n' },
  { name: 'restart-set-back', service: GOOD + IN, dropIn: '[Service]\nRestart=no\n' },
  { name: 'restart-sec-without-zero', service: `${CORE}${IN}Restart=always\nRestartSec=.2\n` },
  { name: 'limit-core-emptied', service: GOOD + IN, dropIn: '[Service]\nLimitCORE=\n' },
  { name: 'limit-core-fraction', service: `${RESTART}${IN}LimitCORE=8.5G\n` },
  { name: 'limit-core-soft-small', service: `${RESTART}${IN}LimitCORE=512K:infinity\n` },
  { name: 'limit-core-soft-above-hard', service: `${RESTART}${IN}LimitCORE=infinity:8G\n` },
  { name: 'limit-core-in-unit', service: RESTART + IN, dropIn: '[Unit]\nLimitCORE=infinity\n' },
  {
    name: 'ulimit-0-in-command',
    service: GOOD + IN,
    command: (program) => `/bin/sh -c 'ulimit -c 0; exec ${program}'`,
  },
  {
    name: 'prlimit-0-in-command',
    service: GOOD + IN,
    command: (program) => `/usr/bin/prlimit --core=0 ${program}`,
  },
  {
    name: 'prlimit-short-0',
    service: GOOD + IN,
    command: (program) => `/usr/bin/prlimit -c=0 ${program}`,
  },
  {
    name: 'old-start-limit-comes-later',
    service: GOOD + IN,
    unit: 'StartLimitIntervalSec=0\nStartLimitInterval=30',
  },
  {
    name: 'old-start-limit-comes-first',
    service: GOOD + IN,
    unit: 'StartLimitInterval=30\nStartLimitIntervalSec=0',
  },
  { name: 'dash-on-failure', service: GOOD + IN, command: (program) => `-${program}` },
  { name: 'dash-on-abort', service: policy('on-abort'), command: (program) => `-${program}` },
  { name: 'dash-always', service: policy('always'), command: (program) => `-${program}` },
  { name: 'plus', service: GOOD + IN, command: (program) => `+${program}` },
  { name: 'second-start-in-drop-in', service: GOOD + IN, dropIn: '[Service]\nExecStart=PROGRAM\n' },
  {
    name: 'start-replaced-in-drop-in',
    service: GOOD + IN,
    dropIn: '[Service]\nExecStart=\nExecStart=PROGRAM\n',
  },
  { name: 'two-commands', service: GOOD + IN, command: (program) => `${program} ; /bin/true` },
  { name: 'oneshot-always', service: `${policy('always')}Type=oneshot\n` },
  { name: 'oneshot-on-failure', service: `${GOOD}${IN}Type=oneshot\n` },
  { name: 'dbus-without-name', service: `${GOOD}${IN}Type=dbus\n` },
  { name: 'folder-in-quotes', service: `${GOOD}WorkingDirectory="/srv/NAME"\n` },
  { name: 'folder-relative', service: `${GOOD}WorkingDirectory=srv/NAME\n` },
  { name: 'folder-of-a-variable', service: `${GOOD}WorkingDirectory=$HOME\n` },
  { name: 'quote-left-open', service: GOOD + IN, command: (program) => `${program} --bind "unix` },
  { name: 'program-of-a-variable', service: GOOD + IN, command: (program) => `\${VENV}${program}` },
  {
    name: 'percent-in-command',
    service: GOOD + IN,
    command: (program) => `/bin/sh -c 'exec ${program} $(date +%F)'`,
  },
  {
    name: 'state-directory-by-specifier',
    service: `${GOOD}User=www-data\nStateDirectory=%N\nWorkingDirectory=%S/%N\n`,
  },
  {
    name: 'runtime-directory-by-specifier',
    service: `${GOOD}RuntimeDirectory=%p\nWorkingDirectory=%t/%p\n`,
  },
  { name: 'read-only-by-old-name', service: `${GOOD}${IN}ReadOnlyDirectories=/srv\n` },
  { name: 'core-removed-before-start', service: `${GOOD}${IN}ExecStartPre=-/bin/rm -f /srv/NAME/core\n` },
  { name: 'core-removed-after-stop', service: `${GOOD}${IN}ExecStopPost=/bin/sh -c 'rm -f core*'\n` },
  ...(
    [
      ['braces', '{ PROGRAM; }'],
      ['subshell', '(PROGRAM)'],
      ['if', 'if PROGRAM; then echo ended; fi'],
      ['not', '! PROGRAM'],
      ['background-and-wait', 'PROGRAM & wait'],
      ['background-and-wait-for-it', 'PROGRAM & wait $!'],
      ['status-kept', 'PROGRAM; code=$?; echo $code; exit $code'],
      ['status-lost', 'PROGRAM; echo ended; exit'],
      ['status-of-or', 'PROGRAM || { echo ended; exit 3; }'],
      ['in-a-loop', 'for i in 1; do PROGRAM; done'],
      ['in-a-function', 'serve() { PROGRAM; }; serve; echo ended'],
      ['trap-exits', 'trap "exit 0" EXIT; PROGRAM'],
      ['errexit', 'set -e; PROGRAM; echo ended'],
    ] as const
  ).map(([name, script]) => ({
    name: `shell-${name}`,
    service: GOOD + IN,
    command: (program: string) =>
      `/bin/sh -c '${script.replace('PROGRAM', program).replaceAll('$', '$$$$')}'`,
  })),
  {
    name: 'shell-of-e',
    service: GOOD + IN,
    command: (program) => `/bin/sh -ec '${program}; echo ended'`,
  },
  {
    name: 'shell-swallows-and-remains',
    service: `${policy('always')}RemainAfterExit=yes\n`,
    command: swallowed,
  },
  {
    name: 'dash-and-remains',
    service: `${policy('always')}RemainAfterExit=yes\n`,
    command: (program) => `-${program}`,
  },
  { name: 'remains', service: `${GOOD}${IN}RemainAfterExit=yes\n` },
  { name: 'setsid-waits', service: GOOD + IN, command: (program) => `/usr/bin/setsid -w ${program}` },
  {
    name: 'timeout-on-abort',
    service: policy('on-abort'),
    command: (program) => `/usr/bin/timeout 1000 ${program}`,
  },
  { name: 'notify-never', service: `${GOOD}${IN}Type=notify\nTimeoutStartSec=2\n`, endsByItself: true },
  { name: 'forking-never', service: `${GOOD}${IN}Type=forking\nTimeoutStartSec=2\n`, endsByItself: true },
  { name: 'watchdog-never-fed', service: `${GOOD}${IN}WatchdogSec=2\n`, endsByItself: true },
  { name: 'watchdog-off', service: `${GOOD}${IN}WatchdogSec=0\n` },
  ...(
    [
      ['own-folder-read-only', `${STATE}ReadOnlyPaths=/var/lib/NAME\n`],
      ['own-folder-in-read-only-root', `${STATE}ReadOnlyPaths=/\n`],
      ['own-folder-inaccessible', `${STATE}InaccessiblePaths=-/var/lib/NAME\n`],
      ['own-folder-in-memory', `${STATE}TemporaryFileSystem=/var/lib\n`],
      ['own-folder-of-a-closed-mode', `User=www-data\nStateDirectoryMode=0555\n${STATE}`],
      ['own-folder-of-a-closed-mode-root', `StateDirectoryMode=0555\n${STATE}`],
      ['own-folder-for-strict', `${STATE}ProtectSystem=strict\n`],
      ['folder-bound', `${IN}ProtectSystem=strict\nBindPaths=/srv/NAME\n`],
      ['folder-bound-read-only', `${IN}BindReadOnlyPaths=/srv/NAME\n`],
      ['folder-in-memory', `${IN}TemporaryFileSystem=/srv/NAME\n`],
      ['folder-hidden-and-bound', `${IN}TemporaryFileSystem=/srv\nBindPaths=/srv/NAME\n`],
      ['folder-read-only-and-opened', `${IN}ReadOnlyPaths=/srv/NAME\nReadWritePaths=/srv/NAME\n`],
      ['folder-read-only-below', `${IN}ReadOnlyPaths=/srv/NAME /\nReadWritePaths=/srv\n`],
      ['folder-read-only-above', `${IN}ReadOnlyPaths=/\nReadWritePaths=/srv\n`],
    ] as const
  ).map(([name, service]) => ({ name, service: `${GOOD}${service}` })),
  {
    name: 'own-folder-of-root',
    service: `${GOOD}${STATE}`,
    command: (program) => `/usr/bin/setpriv --reuid=www-data --clear-groups ${program}`,
  },
  {
    name: 'launcher-of-root-as-user',
    service: `${GOOD}User=www-data\n${STATE}`,
    command: (program) => `/usr/sbin/chroot / ${program}`,
  },
  {
    name: 'su-as-user',
    service: `${GOOD}User=www-data\n${STATE}`,
    command: (program) => `/bin/su www-data -s /bin/sh -c '${program}'`,
  },
  ...(
    [
      ['address-space-too-small', `${IN}LimitAS=4M\n`],
      ['mask-of-everything', `${IN}UMask=0777\n`],
      ['mask-of-others', `User=www-data\n${STATE}UMask=0077\n`],
      ['root-without-capabilities', `${IN}CapabilityBoundingSet=\n`],
      ['root-with-capabilities', `${IN}CapabilityBoundingSet=~CAP_SYS_PTRACE\n`],
      ['core-found-and-deleted', `${IN}ExecStartPre=/usr/bin/find /srv/NAME -name core* -delete\n`],
    ] as const
  ).map(([name, service]): Variant => ({ name, service: `${GOOD}${service}`, given: true })),
  // the module of each user has one folder in /var/tmp, and a core that nobody may write keeps the next one out
  { name: 'mask-of-everything-module', service: `${GOOD}User=games\n${IN}UMask=0777\n`, module: true },
  ...(
    [
      ['address-space-too-small-in-command', '/usr/bin/prlimit --as=4000000 PROGRAM'],
      ['core-removed-by-script', `/bin/sh -c 'rm -f core; exec PROGRAM'`],
      ['variable-as-program', '$MISSING PROGRAM'],
      ['pipefail-of-sh', `/bin/sh -c 'set -o pipefail; PROGRAM | cat'`],
      ['shell-kills-itself', `/bin/sh -c 'PROGRAM; kill $$$$'`],
      ['shell-kills-itself-hard', `/bin/sh -c 'PROGRAM; kill -9 $$$$'`],
      ['init-takes-abort-for-success', '/usr/bin/tini -e 134 -- PROGRAM'],
      ['shell-stays-with-another', `/bin/sh -c 'PROGRAM & exec sleep 5'`],
    ] as const
  ).map(([name, command]): Variant => ({
    name,
    service: GOOD + IN,
    command: (program) => command.replace('PROGRAM', program),
  })),
  ...(
    [
      ['shell-of-one-command-on-abort', `/bin/sh -c 'PROGRAM'`],
      ['shell-kills-itself-on-abort', `/bin/sh -c 'PROGRAM; kill $$$$'`],
      ['lock-on-abort', '/usr/bin/flock /tmp/NAME PROGRAM'],
    ] as const
  ).map(([name, command]): Variant => ({
    name,
    service: policy('on-abort'),
    command: (program) => command.replace('PROGRAM', program),
  })),
  { name: 'shell-swallows-on-success', service: policy('on-success'), command: swallowed },
  { name: 'hardening', service: `${GOOD}${IN}NoNewPrivileges=yes\nMemoryDenyWriteExecute=yes\n` },
];

/** The unit and its drop-ins, by the path of the file. */
export function unitFiles(
  { name, service, unit = OFF, dropIn, command = (one) => one }: Variant,
  program: string,
): Readonly<Record<string, string>> {
  const own = `reality-${name}`;
  const put = (text: string) => text.replaceAll('NAME', own).replaceAll('PROGRAM', program);
  const text = `[Unit]\n${unit}\n[Service]\nExecStart=${command(program)}\n${service}`;
  return {
    [`${own}.service`]: put(text),
    ...(dropIn === undefined ? {} : { [`${own}.service.d/own.conf`]: put(dropIn) }),
  };
}
