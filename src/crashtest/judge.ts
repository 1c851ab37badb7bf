import { formatBytes } from '../host/checks/storage.ts';
import { namesEachCore } from '../host/core-pattern.ts';
import { because } from './causes.ts';
import { takesApport, takesJournal, type CoreSettings } from './core-file.ts';
import type { Crash } from './session.ts';
import type { Step, StepId } from './verification.ts';
import { typedCommand } from '../typed-command.ts';

/** A step before its time is known. */
export type Verdict = Omit<Step, 'seconds'>;

const SIGABRT = 6;
const NOTHING_ENDED = 'no process has ended';

export function verdict(id: StepId, ok: Step['ok'], detail: string): Verdict {
  return { id, ok, detail };
}

/** Did every uncaught exception end its process? */
export function judgeAborts(
  crashes: readonly Crash[],
  workers: number,
  debug: boolean,
  /** Variables of the environment that DEBUG is read from. */
  debugVariables: readonly string[] = [],
  /** The file that the server imports, where it does not use the module. */
  unwrapped?: string,
): Verdict {
  const alive = crashes.find(({ ended }) => !ended);
  if (alive !== undefined) {
    const answer = alive.status === undefined ? 'got no answer' : `was answered with ${alive.status}`;
    return verdict(
      'abort',
      false,
      `${description(alive)}: the request ${answer} and the process keeps running. ` +
        (debug
          ? 'DEBUG is on, and then nothing aborts: verify with the settings of production (' +
            `${debugVariables.map((name) => `--env ${name}=…, `).join('')}--settings), ` +
            'or with --env PYCRASH_UNDER_DEBUG=1'
          : (alive.how === 'body' && unwrapped !== undefined
              ? `${unwrapped} does not wrap its application. Name the server in a requirement or in a start command ` +
                `of the repository, if nothing does yet, and run \`${typedCommand('upgrade')}\``
              : `Is crash handling wired? \`${typedCommand('check')}\` tells`) +
            because(alive.checks, 'no abort')),
    );
  }
  const [views, bodies] = [ofKind(crashes, 'view'), ofKind(crashes, 'body')];
  return verdict(
    'abort',
    true,
    crashes.length < 2 * workers
      ? `${plural(crashes.length, 'exception')}, and as many aborts`
      : `${plural(views, 'exception')} in a view and ${bodies} in a streaming body: each of ` +
          `${plural(workers, 'worker')} aborted twice`,
  );
}

/** Is there one structured line for each crash? */
export function judgeLog(crashes: readonly Crash[]): Verdict {
  const silent = crashes.find(({ ended, logged }) => ended && logged === undefined);
  if (silent !== undefined) {
    return verdict(
      'log-line',
      false,
      `${description(silent)}: no JSON line with the request id ${silent.requestId} in the log`,
    );
  }
  return verdict('log-line', true, `a JSON line with the request's id for each of ${crashes.length} crashes`);
}

/** Did the kernel say "core dumped" to the parent (wait(2))? */
export function judgeWaitStatus(all: readonly Crash[]): Verdict {
  const crashes = all.filter(({ ended }) => ended);
  if (crashes.length === 0) return verdict('wait-status', 'unknown', NOTHING_ENDED);
  for (const crash of crashes) {
    const { waitStatus } = crash;
    if (waitStatus === undefined && crash.exit?.includes('dumped') === true) continue;
    if (
      waitStatus === undefined &&
      /ABRT/.test(crash.exit ?? '') &&
      /code=|terminated by/.test(crash.exit ?? '')
    ) {
      return verdict(
        'wait-status',
        false,
        `${description(crash)}: ${crash.exit ?? ''}: no core was dumped${whyNoCore(crash)}`,
      );
    }
    if (waitStatus === undefined) {
      return verdict(
        'wait-status',
        'unknown',
        `${description(crash)}: its parent is not a Python process that could be watched; ` +
          "the supervisor's log has it",
      );
    }
    if ((waitStatus & 0x7f) !== SIGABRT) {
      return verdict(
        'wait-status',
        false,
        `${description(crash)}: ended with ${statusText(waitStatus)}, not by SIGABRT`,
      );
    }
    if ((waitStatus & 0x80) === 0) {
      return verdict(
        'wait-status',
        false,
        `${description(crash)}: SIGABRT, but no core was dumped${whyNoCore(crash)}`,
      );
    }
  }
  return verdict('wait-status', true, `SIGABRT (core dumped), as the parent of each process saw it`);
}

/** Is each core there after the service answers again? */
export function judgeCorePresent(all: readonly Crash[], settings: CoreSettings): Verdict {
  const crashes = all.filter(({ ended }) => ended);
  if (crashes.length === 0) return verdict('core-present', 'unknown', NOTHING_ENDED);
  const without = crashes.find(({ core }) => core === undefined);
  if (takesApport(settings)) {
    const [folder, said] = [crashes[0]?.coreFolder ?? '?', without?.takerSaid];
    return without === undefined
      ? verdict('core-present', true, `apport has put ${plural(crashes.length, 'core')} into ${folder}`)
      : verdict(
          'core-present',
          false,
          `${description(without)}: apport has put no core into ${folder}${whyNoCore(without)}; ` +
            (said === undefined ? 'see /var/log/apport.log' : `/var/log/apport.log: ${said}`),
        );
  }
  if (settings.pattern.kind !== 'file' && !takesJournal(settings)) {
    const undumped = crashes.find((crash) => wasDumped(crash) === false && whyNoCore(crash) !== '');
    if (undumped !== undefined) {
      return verdict('core-present', false, `${description(undumped)}: no core${whyNoCore(undumped)}`);
    }
    const [first] = crashes;
    return verdict(
      'core-present',
      'unknown',
      `this machine gives cores to ${takerOf(settings.pattern)}, which is not asked${first === undefined ? '' : whatTakesIt(first)}; ` +
        'run `sysctl -w kernel.core_pattern=core.%p` and verify again',
    );
  }
  if (takesJournal(settings)) {
    return without === undefined
      ? verdict('core-present', true, `coredumpctl has ${plural(crashes.length, 'core')}`)
      : verdict(
          'core-present',
          'unknown',
          `${description(without)}: coredumpctl has no core of it, or is not here${whyNoCore(without)}. ` +
            `\`${typedCommand('doctor')}\` tells what systemd-coredump keeps`,
        );
  }
  if (without !== undefined) {
    return verdict(
      'core-present',
      false,
      `${description(without)}: no core in ${without.coreFolder ?? '?'}${whyNoCore(without)}`,
    );
  }
  const folder = crashes[0]?.coreFolder ?? '?';
  return verdict(
    'core-present',
    true,
    `${plural(crashes.length, 'core')} in ${folder} after the service answered again`,
  );
}

/** Has no core lost its end? `missing` has the bytes that each one lacks, in the order of `crashes`. */
export function judgeCoreComplete(
  crashes: readonly Crash[],
  missing: readonly (number | undefined)[],
): Verdict {
  const sizes: number[] = [];
  for (const [index, crash] of crashes.entries()) {
    const lacking = missing[index];
    if (crash.core === undefined) continue;
    sizes.push(crash.core.bytes);
    if (lacking === undefined)
      return verdict('core-complete', false, `${crash.core.path} is not an ELF core`);
    if (lacking > 0) {
      return verdict(
        'core-complete',
        false,
        `${crash.core.path} lacks ${lacking} bytes${whyNoCore(crash) || ': a limit or a full disk cut it off'}`,
      );
    }
  }
  if (sizes.length === 0) return verdict('core-complete', 'unknown', 'there is no core to look at');
  return verdict('core-complete', true, `nothing is missing from ${sizes.map(formatBytes).join(', ')}`);
}

export function judgeCoresDistinct(crashes: readonly Crash[]): Verdict {
  const cores = crashes.flatMap(({ core }) => (core === undefined ? [] : [core]));
  if (cores.length === 0) return verdict('cores-distinct', 'unknown', 'there is no core to look at');
  const pids = new Set(cores.map(({ pid }) => pid));
  if (crashes.length < 2) {
    return verdict('cores-distinct', 'unknown', 'after the first crash there was nothing to crash again');
  }
  return verdict(
    'cores-distinct',
    pids.size === cores.length && cores.length > 1,
    `${plural(pids.size, 'process', 'processes')}, ${plural(cores.length, 'core')}`,
  );
}

/** Would the next core overwrite the last one? That is the host's setting, and this host need not be the real one. */
export function judgeCoreNames(settings: CoreSettings): Verdict {
  const { pattern } = settings;
  if (pattern.kind !== 'file') {
    return verdict('core-names', 'unknown', `${takerOf(pattern)} chooses the names`);
  }
  if (namesEachCore(settings.pattern, settings.usesPid)) {
    return verdict('core-names', true, `kernel.core_pattern is ${pattern.template}`);
  }
  return verdict(
    'core-names',
    'unknown',
    `core-name-unique: kernel.core_pattern is ${pattern.template} here: each core overwrites the one before. ` +
      `If production has the same, \`sysctl -w kernel.core_pattern=core.%p\` (\`${typedCommand('doctor')}\` there tells)`,
  );
}

/** Who gets the cores where they are not written to a file. */
function takerOf(pattern: CoreSettings['pattern']): string {
  if (pattern.kind === 'pipe') return pattern.program;
  return pattern.kind === 'socket' ? `the socket ${pattern.path}` : 'nobody (kernel.core_pattern is empty)';
}

/** Was there a 200 again after each crash, and were all workers back? */
export function judgeRecovery(all: readonly Crash[], timeout: number): Verdict {
  const crashes = all.filter(({ ended }) => ended);
  if (crashes.length === 0) return verdict('recovery', 'unknown', NOTHING_ENDED);
  const dead = crashes.find(({ recoverySeconds }) => recoverySeconds === undefined);
  if (dead !== undefined) {
    const why = lastWord(dead);
    return verdict('recovery', false, `${description(dead)}: no 200 within ${timeout} s${why}`);
  }
  const short = crashes.find(({ respawned }) => !respawned);
  if (short !== undefined) {
    return verdict(
      'recovery',
      false,
      `${description(short)}: the worker was not replaced within ${timeout} s${lastWord(short)}`,
    );
  }
  return verdict(
    'recovery',
    true,
    `the slowest 200 came ${longestRecovery(crashes)?.toFixed(2) ?? '?'} s after its crash`,
  );
}

function lastWord({ failure }: Crash): string {
  return failure === undefined
    ? ''
    : `; ${failure}, and nothing started it again: that takes a supervisor (--supervisor)`;
}

/** The longest time from a crash to the next 200 in seconds. */
export function longestRecovery(crashes: readonly Crash[]): number | undefined {
  const seconds = crashes.flatMap(({ recoverySeconds }) =>
    recoverySeconds === undefined ? [] : [recoverySeconds],
  );
  return seconds.length === 0 ? undefined : Math.max(...seconds);
}

const WHAT_RESTARTS = 'Look at Restart= (systemd), autorestart= (supervisord), finish and down (runit, s6)';
const WHAT_LIMITS = 'look at LimitCORE= (systemd), `ulimit -c` or s6-softlimit before the command (others)';

/** Does the supervisor bring the service back, and does the main process leave a core too? */
export function judgeMainProcess(
  crash: Crash | undefined,
  { pattern }: CoreSettings,
  failure: string | undefined,
): Verdict {
  if (crash === undefined) return verdict('main-process', false, 'the service has no main process any more');
  if (crash.recoverySeconds === undefined) {
    const why = failure ?? 'no 200 in time';
    return verdict('main-process', false, `not started again after SIGABRT: ${why}. ${WHAT_RESTARTS}`);
  }
  const exit = crash.exit ?? 'its supervisor does not say how it ended';
  if (pattern.kind === 'file' && crash.core === undefined) {
    return verdict(
      'main-process',
      false,
      `${exit}, started again, but no core in ${crash.coreFolder ?? '?'}${whyNoCore(crash)}: ${WHAT_LIMITS}`,
    );
  }
  const core = crash.core === undefined ? '' : `, core of ${formatBytes(crash.core.bytes)}`;
  return verdict(
    'main-process',
    true,
    `${exit}${core}; 200 again after ${crash.recoverySeconds.toFixed(2)} s`,
  );
}

export function judgeLost(counts: { answered: number; refused: number; lost: number }): Verdict {
  return verdict(
    'lost-requests',
    true,
    `${counts.lost} of ${counts.answered + counts.lost} requests in flight besides the crashing ones were cut off` +
      (counts.refused === 0 ? '' : `; ${counts.refused} found nobody listening`),
  );
}

/** What doctor says of the program that gets the cores. */
function whatTakesIt({ checks }: Crash): string {
  const found = checks.find(({ id, verdict: known }) => id === 'core-pattern' && known !== 'good');
  return found === undefined ? '' : ` (${found.id}: ${found.detail})`;
}

/** Did the kernel say that it wrote a core? undefined where nobody heard it. */
function wasDumped({ waitStatus, exit }: Crash): boolean | undefined {
  if (waitStatus !== undefined) return (waitStatus & 0x80) !== 0;
  return exit === undefined ? undefined : exit.includes('dumped');
}

function description({ how, pid }: Crash): string {
  const where = {
    view: 'exception in a view',
    body: 'exception in a streaming body',
    answered: 'exception that the project answers itself',
    'main process': 'main process',
  };
  return `${where[how]} (pid ${pid})`;
}

function whyNoCore({ checks }: Crash): string {
  return because(checks, 'no core');
}

function statusText(status: number): string {
  return (status & 0x7f) === 0 ? `exit code ${status >> 8}` : `signal ${status & 0x7f}`;
}

function ofKind(crashes: readonly Crash[], kind: Crash['how']): number {
  return crashes.filter(({ how }) => how === kind).length;
}

function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}
