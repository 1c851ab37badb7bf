import { usageError } from '../errors.ts';

/**
 * The oldest systemd that a distribution with a supported release still has: 239 in RHEL 8 and its rebuilds (Debian 11
 * has 247, Ubuntu 20.04 has 245). What needs a newer one is left out unless it is asked for.
 */
export const DEFAULT_SYSTEMD_VERSION = '239';

/** The number in `--systemd-version`; throws a `UserError` where it is none. */
export function systemdVersion(text: string = DEFAULT_SYSTEMD_VERSION): number {
  const version = Number(/^v?(\d{3})(?:\D.*)?$/.exec(text)?.[1]);
  if (Number.isNaN(version)) {
    throw usageError(
      `--systemd-version ${text} is not a version of systemd`,
      'Pass the number that `systemctl --version` prints first, e.g. 252.',
    );
  }
  return version;
}
