import { isRunning } from '../../host/processes.ts';
import type { Restarts } from '../launch.ts';

export interface SystemctlOutput {
  stdout: string;
  stderr: string;
  exitCode?: number | undefined;
}

/** A unit that verify has installed, as the systemd that looks after it has it. */
export class StartedUnit {
  readonly #name: string;
  readonly #systemctl: (...words: string[]) => Promise<SystemctlOutput>;
  readonly #outside: (pid: number) => number | undefined;
  #main: number | undefined;
  #refused: string | undefined;

  /**
   * `systemctl` runs systemctl(1) where that systemd answers; `outside` turns a pid of its pid namespace into the one
   * here.
   */
  constructor(
    name: string,
    systemctl: (...words: string[]) => Promise<SystemctlOutput>,
    outside: (pid: number) => number | undefined,
  ) {
    this.#name = name;
    this.#systemctl = systemctl;
    this.#outside = outside;
  }

  /** Starts it after the units `before`. */
  async start(before: readonly string[]): Promise<void> {
    this.#judge(await this.#systemctl('start', '--no-block', ...before, this.#name));
  }

  async restart(): Promise<void> {
    // this start must not be refused for those that the crashes before it made: it flushes the counter, too
    await this.#systemctl('reset-failed', this.#name);
    const result = await this.#systemctl('restart', this.#name);
    if (result.exitCode !== 0) this.#judge(result);
  }

  async mainPid(): Promise<number | undefined> {
    // systemd is asked only when the last one has ended: that takes longer than anything else here
    if (this.#main !== undefined && isRunning(this.#main)) return this.#main;
    const own = Number((await this.#properties('MainPID'))[0]);
    this.#main = own > 0 ? this.#outside(own) : undefined;
    return this.#main;
  }

  /** As in `RunningService`. */
  async failure(): Promise<string | undefined> {
    if (this.#refused !== undefined) return this.#refused;
    if (this.#main !== undefined && isRunning(this.#main)) return undefined;
    const [state, job, result] = await this.#properties('ActiveState', 'Job', 'Result');
    // between two starts a service is "activating"; queued for its first one it is "inactive" for a moment
    if (state !== 'failed' && (state !== 'inactive' || (job !== undefined && job !== ''))) return undefined;
    return `systemd says ${state} (${result ?? 'no result'})`;
  }

  /** As in `RunningService`. */
  async restarts(): Promise<Restarts> {
    const names = ['RestartUSec', 'StartLimitBurst', 'StartLimitIntervalUSec'];
    const [pause = '', burst = '', interval = ''] = await this.#properties(...names);
    const [seconds, within] = [timeSpan(pause), timeSpan(interval)];
    return {
      pause: seconds,
      crashes: CRASHES_IN_A_ROW,
      givesUp:
        // how fast this machine starts it decides whether the limit was reached here
        Number(burst) * seconds < within
          ? `more than ${burst} starts within ${within} s stop it for good, and a crash loop makes them: ` +
            'write StartLimitIntervalSec=0 in [Unit]'
          : undefined,
    };
  }

  async #properties(...keys: string[]): Promise<(string | undefined)[]> {
    const { stdout } = await this.#systemctl('show', `--property=${keys.join(',')}`, this.#name);
    const lines = stdout.split('\n');
    return keys.map((key) => lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1));
  }

  #judge({ exitCode, stderr }: SystemctlOutput): void {
    this.#refused = exitCode === 0 ? undefined : stderr.trim();
  }
}

/** systemd's default gives up after 5 starts in 10 s (systemd.unit(5)). */
const CRASHES_IN_A_ROW = 5;

/** Seconds of what systemctl(1) prints for a time span: `0`, `100ms`, `1s`, `1min 30s`. */
function timeSpan(text: string): number {
  const units: Record<string, number> = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86_400 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|min|h|d)\b/g)];
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (units[unit] ?? 0), 0);
}
