/** A systemd unit in one variant; the folder `/srv/NAME` is its own. */
export interface Variant {
  name: string;
  /** Lines of [Service] instead of, or after, those that are right. */
  service: string;
  unit?: string;
  command?: (program: string) => string;
  /** Why no repository can tell that this one is bad: `check` is silent, and the page lists it as a false good. */
  notInFiles?: string;
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
  { name: 'default-start-limit', service: GOOD + IN, unit: '' },
  { name: 'start-limit-in-service', service: `${GOOD}${IN}StartLimitIntervalSec=0\n`, unit: '' },
  { name: 'old-start-limit-in-service', service: `${GOOD}${IN}StartLimitInterval=0\n`, unit: '' },
  { name: 'no-limit-core', service: RESTART + IN },
  { name: 'limit-core-0', service: `${RESTART}LimitCORE=0\n${IN}` },
  { name: 'limit-core-soft-0', service: `${RESTART}LimitCORE=0:infinity\n${IN}` },
  { name: 'limit-core-misspelt', service: `${RESTART}LimtCORE=infinity\n${IN}` },
  { name: 'limit-fsize-0', service: `${GOOD}${IN}LimitFSIZE=0\n` },
  { name: 'user-in-root-folder', service: `${GOOD}User=www-data\n` },
  {
    name: 'user-in-foreign-folder',
    service: `${GOOD}User=www-data\n${IN}`,
    notInFiles: 'who owns the folder on the host',
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
  { name: 'hardening', service: `${GOOD}${IN}NoNewPrivileges=yes\nMemoryDenyWriteExecute=yes\n` },
];

/** The text of the unit. */
export function unitText(
  { name, service, unit = OFF, command = (one) => one }: Variant,
  program: string,
): string {
  const text = `[Unit]\n${unit}\n[Service]\nExecStart=${command(program)}\n${service}`;
  return text.replaceAll('NAME', `reality-${name}`);
}
