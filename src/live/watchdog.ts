import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { UserError, reasonOf } from '../errors.ts';

/** A process, by what names it for ever. */
export interface Target {
  pid: number;
  startTime: number;
}

/**
 * What the watchdog runs. It is armed (`a`) before the processes are stopped and disarmed (`d`) when they run again. When
 * the pipe ends while it is armed, we are dead; when the time is over, we hang: both times it continues the processes.
 */
const PROGRAM = `
const { readFileSync } = require('node:fs');
const [targets, limit] = JSON.parse(process.argv[1]);
let armed = false;
let timer;
function leave() {
  if (armed) for (const { pid, startTime } of targets) {
    try {
      const stat = readFileSync('/proc/' + pid + '/stat', 'latin1');
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) === startTime) process.kill(pid, 'SIGCONT');
    } catch {}
  }
  process.exit();
}
process.stdin.on('data', (bytes) => {
  armed = bytes.at(-1) === 97;
  clearTimeout(timer);
  if (armed) timer = setTimeout(leave, limit);
});
process.stdin.on('end', leave);
process.stdin.on('error', leave);
process.stdout.write('r');
`;

/** A process of its own, in a session of its own, that continues `targets` (SIGCONT) if this one dies meanwhile. */
export class Watchdog {
  private readonly child: ChildProcess;
  private readonly ready: Promise<unknown>;

  constructor(targets: readonly Target[], longestMilliseconds: number) {
    const words = ['-e', PROGRAM, JSON.stringify([targets, longestMilliseconds])];
    this.child = spawn(process.execPath, words, {
      detached: true,
      // NODE_OPTIONS of ours are none of its business
      env: {},
      cwd: '/',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const { child } = this;
    child.stdin?.on('error', () => undefined);
    this.ready = Promise.race([
      child.stdout === null ? undefined : once(child.stdout, 'data'),
      once(child, 'exit').then(() => Promise.reject(new Error('it ended at once'))),
    ]);
    // awaited in arm()
    this.ready.catch(() => undefined);
  }

  /** From here on the processes are continued if we die. */
  async arm(): Promise<void> {
    try {
      await this.ready;
      await this.send('a');
    } catch (error) {
      throw new UserError(
        'no-watchdog',
        `the process that would continue the stopped one if pycrash died could not be started: ${reasonOf(error)}`,
        { help: 'Nothing was stopped. Read it while it runs: --stop none' },
      );
    }
  }

  async disarm(): Promise<void> {
    await this.send('d');
  }

  /** Ends it. */
  close(): void {
    this.child.stdin?.end();
    this.child.stdout?.destroy();
    this.child.unref();
  }

  /** Returns when the kernel has it: what we do next may be our last. */
  private async send(letter: string): Promise<void> {
    const { stdin } = this.child;
    await new Promise<void>((resolve, reject) => {
      if (stdin === null) reject(new Error('it has no input'));
      else stdin.write(letter, (error) => (error ? reject(error) : resolve()));
    });
  }
}
