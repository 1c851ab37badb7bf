import { execFileSync } from 'node:child_process';
import { UserError } from '../errors.ts';
import { debuggerChecks, symbolChecks } from './checks/debugger.ts';
import { kernelChecks, sysctl } from './checks/kernel.ts';
import { processChecks, subjectOf } from './checks/process.ts';
import { coredumpConfChecks } from './checks/storage.ts';
import { parseCorePattern, type CorePattern } from './core-pattern.ts';
import { checkOf, type HostCheck } from './host-check.ts';
import { processStatus, processTree, type ProcessStatus } from './process-status.ts';
import { surroundings, type Surroundings } from './surroundings.ts';

export interface DoctorReport {
  around: Surroundings;
  checks: HostCheck[];
}

/**
 * Would a crash here leave a usable core? Looks at the host and, with `pid`, at that process and all that descend
 * from it. `cores` is how many cores the disk has to hold. Reads only; throws where there is no such process.
 */
export function examine(options: { pid?: number; cores: number }): DoctorReport {
  const around = surroundings();
  const checks = [...hostChecks(around), ...debuggerChecks()];
  if (options.pid !== undefined) {
    const processes = processTree(options.pid);
    if (processes.length === 0) {
      throw new UserError('no-process', `there is no process ${options.pid}`, {
        help: 'Name a running one: systemctl show -p MainPID UNIT',
      });
    }
    for (const process of processes) {
      const check = checkOf(subjectOf(process));
      checks.push(...coreChecks(process, options.cores), ...symbolChecks(process, check));
    }
  }
  return { around, checks };
}

/**
 * What of the host and of this one process decides whether a crash of it leaves a usable core, without what is only for
 * people who debug. `environment` is what stands in its place in the environment that the process was started with;
 * undefined takes a name out.
 */
export function examineForCore(
  pid: number,
  environment: Readonly<Record<string, string | undefined>>,
): HostCheck[] {
  const status = processStatus(pid);
  if (status === undefined) return [];
  const variables = new Map(status.environment);
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) variables.delete(name);
    else variables.set(name, value);
  }
  const process = status.environment === undefined ? status : { ...status, environment: variables };
  return [...hostChecks(surroundings()), ...coreChecks(process, 1)];
}

function hostChecks(around: Surroundings): HostCheck[] {
  return [...kernelChecks(around), ...coredumpConfChecks(corePattern(), systemdVersion)];
}

function coreChecks(process: ProcessStatus, cores: number): HostCheck[] {
  return processChecks(process, corePattern(), sysctl('kernel.core_uses_pid') === '1', cores);
}

function corePattern(): CorePattern {
  return parseCorePattern(sysctl('kernel.core_pattern') ?? '');
}

/** The main process of a systemd unit. Throws where it does not run. */
export function pidOfUnit(unit: string): number {
  let answer: string;
  try {
    answer = execFileSync('systemctl', ['show', '--property=MainPID', '--value', '--', unit], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const detail = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new UserError('no-systemd', `systemd does not answer about ${unit}: ${detail}`, {
      help: 'Name the process: --pid N',
    });
  }
  const pid = Number(answer.trim());
  if (pid > 0) return pid;
  throw new UserError('not-running', `the unit ${unit} has no main process now`, {
    help: `systemctl status ${unit}`,
  });
}

/** The first process of a container, as docker or podman names it. Throws where neither knows it. */
export function pidOfContainer(name: string): number {
  for (const engine of ['docker', 'podman']) {
    try {
      const answer = execFileSync(engine, ['inspect', '--format', '{{.State.Pid}}', '--', name], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const pid = Number(answer.trim());
      if (pid > 0) return pid;
    } catch {
      // not this engine's, or the engine is not here
    }
  }
  throw new UserError('no-container', `neither docker nor podman has a running container ${name}`, {
    help: 'Name its process: --pid N',
  });
}

function systemdVersion(): number | undefined {
  try {
    const said = execFileSync('systemctl', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number(/^systemd (\d+)/.exec(said)?.[1]);
  } catch {
    return undefined;
  }
}

/** A shell script with the command of every bad check, each under what it mends, for a person to read and run. */
export function fixScript(checks: readonly HostCheck[]): string {
  const lines = [
    '#!/bin/sh',
    '# Read before you run it: each command mends the line above it.',
    'set -eu',
    '',
  ];
  for (const { verdict, subject, detail, command } of checks) {
    if (verdict !== 'bad' || command === undefined) continue;
    const runnable = /^(sysctl|install|mkdir|prlimit|apt-get|echo|printf) /.test(command);
    lines.push(
      `# ${subject}: ${detail}`.replaceAll('\n', ' '),
      runnable ? command : `# by hand: ${command}`,
      '',
    );
  }
  return lines.join('\n');
}
