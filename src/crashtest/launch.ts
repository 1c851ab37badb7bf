import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import type { Journal } from './journal.ts';
import type { Place } from './place.ts';
import type { Address } from './provoke.ts';
import { choosesItsAddress, movingEnvironment } from './listening.ts';
import { findSupervisor } from './supervisors/index.ts';
import type { Target } from './target.ts';
import type { VerifyOptions } from './verification.ts';

/** A service that was started, whatever looks after it. Pids are those of this process's pid namespace. */
export interface RunningService {
  address: Address;
  /** How it was started, for people. */
  detail: string;
  /** What is not as it is deployed, and what would try that; undefined where it is. */
  notTried?: string;
  /** The process that the supervisor looks after; undefined while there is none. */
  mainPid(): Promise<number | undefined>;
  /** Everything that it and its processes have written. */
  log(): Promise<string>;
  /** Why it is not going to run any more; undefined while it may. */
  failure(): Promise<string | undefined>;
  /** Where the service's file system is seen from here: '' or `/proc/PID/root`. */
  root(): Promise<string>;
  /** How its main process has ended, each time, in the supervisor's words; empty where it does not say. */
  exits(): Promise<readonly string[]>;
  /** How a loop of crashes is handled; undefined where nothing starts the service again. */
  restarts(): Promise<Restarts | undefined>;
  /** Ends it and starts it again with another crash budget. */
  restart(budget: number): Promise<void>;
  stop(): Promise<void>;
}

/** How a service is started again. */
export interface Restarts {
  /** Seconds from its end to its next start. */
  pause: number;
  /** How many crashes in a row are worth a try. */
  crashes: number;
  /** Why a loop of crashes is not survived, and what to write; undefined where it is. */
  givesUp: string | undefined;
}

export interface LaunchRequest {
  target: Target;
  place: Place;
  options: VerifyOptions;
  journal: Journal;
  python: string;
  /** Where --url says that it listens; undefined where a port is chosen. */
  address?: Address | undefined;
}

/** Starts the target under the supervisor that was asked for. */
export function launch(request: LaunchRequest): Promise<RunningService> {
  return findSupervisor(request.target.supervisor).start(request);
}

/**
 * What is set besides the service's own environment: the planted code, an address that nobody uses, and a crash budget
 * that lasts for the test. GUNICORN_CMD_ARGS wins over gunicorn's configuration file, and the command line over both.
 * `paths` are those that the service sees.
 */
export function plantedEnvironment(
  target: Pick<Target, 'environment' | 'server'> & Partial<Pick<Target, 'command'>>,
  place: Place,
  paths: { planted: string; reports: string },
  { port, budget }: { port: number; budget: number },
): Record<string, string> {
  const pythonPath = [paths.planted, ...(target.environment['PYTHONPATH']?.split(':') ?? [])].join(':');
  return {
    PYTHONPATH: pythonPath,
    PYTHONUNBUFFERED: '1',
    // what a program looks at that chooses its address itself: hosts for such programs set it
    ...(target.command !== undefined && choosesItsAddress(target.command, target.server)
      ? { PORT: target.environment['PORT'] ?? String(port) }
      : {}),
    ...movingEnvironment(target.server, port),
    PYCRASH_VERIFY_REPORTS: paths.reports,
    PYCRASH_VERIFY_RUN: place.token,
    GUNICORN_CMD_ARGS: `${target.environment['GUNICORN_CMD_ARGS'] ?? ''} --bind 127.0.0.1:${port}`.trim(),
    ...budgetEnvironment(budget, paths.reports),
  };
}

/** More aborts than any test makes. */
export const AMPLE_BUDGET = 1000;

/** docs/configuration.md. Each budget is kept in a folder of its own, and not in the machine's. */
function budgetEnvironment(aborts: number, reports: string): Record<string, string> {
  return {
    PYCRASH_BUDGET: String(aborts),
    PYCRASH_BUDGET_PER_FINGERPRINT: String(aborts),
    PYCRASH_BUDGET_DIRECTORY: `${reports}/budget-of-${aborts}`,
  };
}

/**
 * For a service in the file system of this machine: a folder of the test in the place of /var/tmp, where the generated
 * module would leave its core if the working directory cannot take it, and nobody would look for it. None where the
 * service names another one, or /var/tmp cannot be written to.
 */
export function insteadOfTemporary(
  { reports }: Place,
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  if (['PYCRASH_CORE_DIRECTORY', 'STATE_DIRECTORY'].some((name) => environment[name])) return {};
  try {
    accessSync('/var/tmp', constants.W_OK);
  } catch {
    return {};
  }
  return { PYCRASH_CORE_DIRECTORY: reports };
}

/** Is it the folder of a budget of the test? */
export function isPlantedBudget(folder: string | undefined): boolean {
  return folder !== undefined && /\/budget-of-\d+$/.test(folder);
}

/**
 * PATH with the interpreter's own folder first, where `gunicorn` of its environment is, then what the service has as its
 * PATH (of an image, or of a server, and not here), then this machine's.
 */
export function pathWith(python: string, environment: Readonly<Record<string, string>> = {}): string {
  const own = environment['PATH'] === undefined ? [] : [environment['PATH']];
  return [dirname(python), ...own, process.env['PATH'] ?? '/usr/bin:/bin'].join(':');
}
