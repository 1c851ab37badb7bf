import { systemdLimit } from '../systemd-size.ts';

const YES_NO = ['yes', 'no', 'true', 'false', 'on', 'off', '1', '0', 'y', 'n', 't', 'f'];

/** The values of the keys that decide over cores and restarts (systemd.service(5), systemd.exec(5), systemd.kill(5)). */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  Restart: ['no', 'always', 'on-success', 'on-failure', 'on-abnormal', 'on-watchdog', 'on-abort'],
  KillMode: ['control-group', 'process', 'mixed', 'none'],
  Type: ['simple', 'exec', 'forking', 'oneshot', 'dbus', 'notify', 'notify-reload', 'idle'],
  NotifyAccess: ['none', 'main', 'exec', 'all'],
  OOMPolicy: ['continue', 'stop', 'kill'],
  RuntimeDirectoryPreserve: ['restart', ...YES_NO],
  ProtectSystem: ['full', 'strict', ...YES_NO],
  ProtectHome: ['read-only', 'tmpfs', ...YES_NO],
  PrivateTmp: ['disconnected', ...YES_NO],
  DynamicUser: YES_NO,
  RemainAfterExit: YES_NO,
};

const SPAN =
  /^(infinity|((\d+(\.\d*)?|\.\d+)\s*(us|usec|µs|ms|msec|s|sec|seconds?|m|min|minutes?|h|hr|hours?|d|days?|w|weeks?|M|months?|y|years?)?\s*)+)$/;

interface Form {
  takes(value: string): boolean;
  example: string;
}

const LIMIT: Form = { takes: (value) => systemdLimit(value) !== undefined, example: 'infinity' };
const span = (example: string): Form => ({ takes: (value) => SPAN.test(value), example });

const FORMS: Readonly<Record<string, Form>> = {
  LimitCORE: LIMIT,
  LimitFSIZE: LIMIT,
  RestartSec: span('1s'),
  TimeoutStopSec: span('90s'),
  WatchdogSec: span('30s'),
  StartLimitIntervalSec: span('0'),
  StartLimitInterval: span('0'),
  StartLimitBurst: { takes: (value) => /^\+?\d+$/.test(value) && Number(value) < 2 ** 32, example: '5' },
};

/** The values that a key takes, where they are words of a list. */
export function valuesOf(key: string): readonly string[] | undefined {
  return VALUES[key];
}

/** A value that a key takes, where they are of a form. */
export function exampleOf(key: string): string {
  return FORMS[key]?.example ?? '';
}

/**
 * Does systemd ignore this value of the key, with no more than a warning in its log, so that what stood there before
 * stays in force? An empty one too: it resets only lists and a few others, such as User= and WorkingDirectory=
 * (asked of systemd 252 by `systemctl show`). Where a specifier or something to fill in decides, it is not.
 */
export function isIgnored(key: string, value: string): boolean {
  const values = VALUES[key];
  const form = FORMS[key];
  if ((values === undefined && form === undefined) || /[%$<{]/.test(value)) return false;
  const folded = YES_NO.includes(value.toLowerCase()) ? value.toLowerCase() : value;
  return values === undefined ? form?.takes(value) !== true : !values.includes(folded);
}
