import { nearest } from './nearest.ts';
import type { Rule } from './rule.ts';
import { unitServices } from './unit-services.ts';

const YES_NO = ['yes', 'no', 'true', 'false', 'on', 'off', '1', '0', 'y', 'n', 't', 'f'];

/** The values of the keys that decide over cores and restarts (systemd.service(5), systemd.exec(5), systemd.kill(5)). */
const VALUES: Record<string, readonly string[]> = {
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
};

/** LimitCORE= and the like: a size or infinity, or soft:hard. */
const SIZE = /^(infinity|\d+\s*[KMGTPE]?)(:(infinity|\d+\s*[KMGTPE]?))?$/;
const SPAN =
  /^(infinity|(\d+(\.\d+)?\s*(us|usec|µs|ms|msec|s|sec|seconds?|m|min|minutes?|h|hr|hours?|d|days?|w|weeks?|M|months?|y|years?)?\s*)+)$/;

const PATTERNS: Record<string, { pattern: RegExp; example: string }> = {
  LimitCORE: { pattern: SIZE, example: 'infinity' },
  LimitFSIZE: { pattern: SIZE, example: 'infinity' },
  RestartSec: { pattern: SPAN, example: '1s' },
  TimeoutStopSec: { pattern: SPAN, example: '90s' },
  StartLimitIntervalSec: { pattern: SPAN, example: '0' },
  StartLimitBurst: { pattern: /^\d+$/, example: '5' },
};

export const rule: Rule = {
  id: 'PYC019',
  slug: 'unknown-unit-value',
  level: 'error',
  summary: 'systemd does not know this value and ignores the line',
  check: (project) =>
    unitServices(project).flatMap(({ service }) =>
      (service.unit?.entries ?? []).flatMap(({ key, value, at }) => {
        if (value === '' || value.includes('%')) return [];
        const values = VALUES[key];
        const pattern = PATTERNS[key];
        const folded = YES_NO.includes(value.toLowerCase()) ? value.toLowerCase() : value;
        if (values !== undefined ? values.includes(folded) : (pattern?.pattern.test(value) ?? true))
          return [];
        const meant = values === undefined ? undefined : nearest(value, values);
        const help =
          meant === undefined
            ? `write ${values === undefined ? `for example ${key}=${pattern?.example ?? ''}` : `one of ${values.filter((known) => known.length > 1).join(', ')}`}`
            : `write ${key}=${meant}`;
        return [
          {
            confidence: 'high',
            message: `systemd does not know ${key}=${value}: it ignores the line, with no more than a warning in its log`,
            help,
            at,
            ...(meant === undefined
              ? {}
              : { fix: { file: at.file, start: at.start, end: at.end, text: meant } }),
          },
        ];
      }),
    ),
};
