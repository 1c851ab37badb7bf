/** One line of what `doctor` found out about this host or a process on it. */
export interface HostCheck {
  /** Stable, for scripts: `core-pattern`, `core-limit` … */
  id: string;
  verdict: 'good' | 'bad' | 'unknown';
  /** What was looked at: `host`, or `pid 123 (gunicorn)`. */
  subject: string;
  /** What was found. */
  detail: string;
  /** Why that decides whether there will be a usable core. */
  why?: string;
  /** The shell command that mends it, or that finds out what is unknown. */
  command?: string;
}

/** A check of `subject`; what is not known of why and command is left out. */
export function hostCheck(
  subject: string,
  id: string,
  verdict: HostCheck['verdict'],
  detail: string,
  why?: string,
  command?: string,
): HostCheck {
  return {
    id,
    verdict,
    subject,
    detail,
    ...(why === undefined ? {} : { why }),
    ...(command === undefined ? {} : { command }),
  };
}

/** `hostCheck` for one subject. */
export type Check = (
  id: string,
  verdict: HostCheck['verdict'],
  detail: string,
  why?: string,
  command?: string,
) => HostCheck;

/** The checks of one subject, e.g. of `pid 123 (gunicorn)`. */
export function checkOf(subject: string): Check {
  return (id, verdict, ...rest) => hostCheck(subject, id, verdict, ...rest);
}
