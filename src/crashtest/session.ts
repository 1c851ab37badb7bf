import { setTimeout as sleep } from 'node:timers/promises';
import { dirname } from 'node:path';
import { apportSaid } from '../host/apport.ts';
import { coreFolder } from '../host/checks/storage.ts';
import { coreDirectories } from '../host/core-directories.ts';
import { examineForCore } from '../host/doctor.ts';
import type { HostCheck } from '../host/host-check.ts';
import { processStatus } from '../host/process-status.ts';
import { descendants, isDumping, isRunning, ownPid, signal } from '../host/processes.ts';
import {
  collectCore,
  findCoreFile,
  takesApport,
  coreSettings,
  takesJournal,
  type CollectedCore,
  type CoreSettings,
  type CrashingProcess,
} from './core-file.ts';
import { missingBytes } from './core-complete.ts';
import { dumpFromJournal } from './journal-core.ts';
import { isPlantedBudget, type RunningService } from './launch.ts';
import { reported, type Place } from './place.ts';
import { Client, Load, type Answer } from './provoke.ts';
import { waitFor } from './wait.ts';

/** Where the exception is raised; `answered` is where something of the project answers exceptions itself. */
export type How = 'view' | 'body' | 'answered';

/** Asks a process to fail; 409 where another one took the request. */
export type Provoke = (pid: number, requestId: string) => Promise<Answer>;

/** What was seen of one crash. */
export interface Crash {
  how: How | 'main process';
  /** The process's pid in its own namespace. */
  pid: number;
  requestId: string;
  /** Did the process end? */
  ended: boolean;
  /** What the crashing request got; undefined where the connection was cut. */
  status: number | undefined;
  /** Where the core belongs; undefined where a pipe takes it. */
  coreFolder: string | undefined;
  /** What `pycrash doctor` says of it, from before the crash. */
  checks: readonly HostCheck[];
  core: CollectedCore | undefined;
  /** Why the program that takes cores has left none, in its own words. */
  takerSaid?: string | undefined;
  /** wait(2) status as its parent saw it; undefined where that could not be observed. */
  waitStatus: number | undefined;
  /** The structured log line. */
  logged: Record<string, unknown> | undefined;
  /** From the crash to the next 200; undefined where there was none in time. */
  recoverySeconds: number | undefined;
  /** How it ended, in its supervisor's words. */
  exit?: string | undefined;
  /** Why the service is not going to run any more. */
  failure?: string | undefined;
  /** Is the number of workers what it was? */
  respawned: boolean;
}

/** What the planted code wrote down when the application was built (templates/verify/pycrash_planting.py). */
export interface ApplicationFacts {
  python: string;
  /** The user that it runs as. */
  user: string;
  executable: string;
  /** As people write it, e.g. `Django`. */
  framework: string;
  version: string;
  /** DJANGO_SETTINGS_MODULE. */
  settings: string | null;
  debug: boolean;
  /** Planted addresses whose errors the framework, or the view, answers with a 4xx. */
  handled: string[];
  /** Planted addresses that parse what is sent, and ones that accept a websocket; absent where there are none. */
  parses?: string[];
  websockets?: string[];
  /** A 500 is sent before the exception goes on to where it aborts. */
  answersFirst: boolean;
  /** As the settings have it: what the environment lacks may stand in it as null. */
  allowedHosts: (string | null)[];
  sslRedirect: boolean;
  proxySslHeader: [string, string] | null;
}

/** The running service, and everything that is done to it. */
export class Session {
  readonly place: Place;
  readonly service: RunningService;
  readonly facts: ApplicationFacts;
  readonly client: Client;
  readonly settings: CoreSettings = coreSettings();
  /** Requests that were in flight besides the crashing one, over all crashes. */
  readonly inFlight = { answered: 0, refused: 0, lost: 0 };
  /** What the page that should answer 200 gave the last time. */
  lastAnswer: Answer | undefined;
  readonly #timeout: number;
  readonly #url: string;
  /** What the planted page has said; undefined until it has answered. */
  #saysDebug: boolean | undefined;
  readonly #environment: Readonly<Record<string, string>>;
  #count = 0;

  constructor(
    place: Place,
    service: RunningService,
    facts: ApplicationFacts,
    timeout: number,
    /** A page that answers 200; the planted one where it is not given. */
    url = readyPage(place),
    /** What the service sets where the test sets something else. */
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.place = place;
    this.service = service;
    this.facts = facts;
    this.#timeout = timeout;
    this.#url = url;
    this.#environment = environment;
    this.client = new Client(service, proxyHeaders(facts), timeout);
  }

  /** Is the application in debug mode? Some say so only once they answer. */
  get debug(): boolean {
    return this.facts.debug || this.#saysDebug === true;
  }

  /** Waits for a 200; the seconds that it took, undefined where it did not come in time. */
  async waitForAnswer(): Promise<number | undefined> {
    const start = performance.now();
    const answered = await waitFor(this.#timeout, async () => {
      if ((await this.service.failure()) !== undefined) return false;
      this.lastAnswer = await this.client.get(this.#url);
      return this.lastAnswer.status === 200 ? true : undefined;
    });
    if (answered !== true) return undefined;
    const seconds = (performance.now() - start) / 1000;
    this.#saysDebug ??= await this.#askDebug();
    return seconds;
  }

  /** What another page calls "debug" is its own affair. */
  async #askDebug(): Promise<boolean | undefined> {
    const planted = readyPage(this.place);
    const answer = this.#url === planted ? this.lastAnswer : await this.client.get(planted);
    return answer?.status === 200 ? /"debug": ?true/.test(answer.body) : undefined;
  }

  /** The processes that answer requests: those below the main process that have no children and the application, or itself. */
  async workers(): Promise<number[]> {
    const main = await this.service.mainPid();
    if (main === undefined) return [];
    const below = descendants(main);
    const parents = new Map(below.map(({ pid, parent }) => [pid, parent]));
    const isParent = new Set(parents.values());
    const built = new Set(reported(this.place, 'applications.jsonl').map(({ pid }) => pid));
    // a leaf that neither built the application itself nor was forked from what did answers nothing: a tracker, a router
    const answers = (pid: number): boolean => {
      for (let each: number | undefined = pid; each !== undefined; each = parents.get(each)) {
        if (built.has(ownPid(each))) return true;
      }
      return false;
    };
    const leaves = below.map(({ pid }) => pid).filter((pid) => !isParent.has(pid) && answers(pid));
    if (leaves.length > 0) return leaves.sort((a, b) => a - b);
    return built.has(ownPid(main)) ? [main] : [];
  }

  /** The same, once their number has not changed for a while: a server starts them one after the other. */
  async settledWorkers(): Promise<number[]> {
    let last: number[] = [];
    let same = 0;
    const start = performance.now();
    await waitFor(
      this.#timeout,
      async () => {
        const now = await this.workers();
        same = now.length > 0 && now.join() === last.join() ? same + 1 : 0;
        last = now;
        if (performance.now() - start > SETTLED && !(await this.#isBuilding(now))) return false;
        return same >= 3 && !(await this.#isBuilding(now)) ? true : undefined;
      },
      0.1,
    );
    return last;
  }

  /**
   * Does gunicorn, or a server that spawns by multiprocessing (uvicorn, hypercorn), have a worker that is still importing the
   * application? Others start helpers of their own, too.
   */
  async #isBuilding(workers: readonly number[]): Promise<boolean> {
    const main = await this.service.mainPid();
    if (main === undefined) return false;
    const below = descendants(main);
    const isParent = new Set(below.map(({ parent }) => parent));
    const parents = new Set(below.filter(({ pid }) => workers.includes(pid)).map(({ parent }) => parent));
    return below.some(
      ({ pid, parent }) =>
        parents.has(parent) &&
        !workers.includes(pid) &&
        !isParent.has(pid) &&
        processStatus(pid)?.commandLine.some((word) => /(^|\/)gunicorn$|\bspawn_main\(/.test(word)) === true,
    );
  }

  /** Sends one request for each kind of handled error; the answers by name, and what was logged of one that failed. */
  async handledErrors(): Promise<Map<string, Answer & { logged: Record<string, unknown> | undefined }>> {
    const answers = new Map<string, Answer & { logged: Record<string, unknown> | undefined }>();
    for (const name of [...this.facts.handled, 'no-such-page']) {
      const requestId = `verify-${this.place.token}-${name}`;
      const answer = await this.client.get(`${this.place.prefix}/${name}/`, { 'X-Request-ID': requestId });
      const held = answer.status !== undefined && answer.status < 500;
      answers.set(name, { ...answer, logged: held ? undefined : await this.#logLine(requestId) });
      // the other requests are not for a service that is about to come back
      if (answer.status === undefined) await this.waitForAnswer();
    }
    return answers;
  }

  /** Makes the process with that pid fail at a planted page. */
  provokeAt(page: string): Provoke {
    return (pid, requestId) =>
      this.client.get(`${this.place.prefix}/${page}/${pid}/`, { 'X-Request-ID': requestId });
  }

  /** Makes the worker with that pid fail, with other requests in flight, and watches what becomes of it. */
  async crashWorker(
    worker: number,
    how: How,
    count: number,
    provoke: Provoke = this.provokeAt(how === 'view' ? 'crash' : 'crash-in-body'),
  ): Promise<Crash> {
    this.#count += 1;
    const requestId = `verify-${this.place.token}-${this.#count}`;
    const dying = crashing(worker);
    const { pid } = dying;
    const checks = this.#examine(worker);
    const load = new Load(this.client, `${this.place.prefix}/slow/`, Math.max(2, count));
    await sleep(50);
    const main = await this.service.mainPid();
    const exits = (await this.service.exits()).length;
    const { answer, start } = await this.#reach(() => provoke(pid, requestId), worker, count);
    // an answer with a status means that the server lives on; a cut connection that it is dying
    const cut =
      answer !== undefined &&
      // a body whose end is that of the connection is complete once the process closes it, a moment before it is gone
      (answer.status === undefined || how === 'body' || (this.facts.answersFirst && answer.status >= 500));
    const ended = cut ? await this.#waitForEnd(worker) : !isRunning(worker);
    const recovered = ended ? await this.waitForAnswer() : undefined;
    const recoverySeconds = recovered === undefined ? undefined : (performance.now() - start) / 1000;
    await load.stop();
    this.inFlight.answered += load.counts.answered;
    this.inFlight.refused += load.counts.refused;
    this.inFlight.lost += load.counts.lost;
    const respawned = recovered !== undefined && (await this.#waitForWorkers(count));
    return {
      how,
      pid,
      requestId,
      ended,
      status: answer?.status,
      checks,
      ...(await this.#collect(dying, ended)),
      waitStatus: this.waitStatus(pid),
      exit: main === worker ? (await this.service.exits())[exits] : undefined,
      failure: respawned ? undefined : await this.service.failure(),
      logged: await this.#logLine(requestId),
      recoverySeconds,
      respawned,
    };
  }

  /** Aborts the process that the supervisor looks after, as a crash in it would, and watches what becomes of it. */
  async crashMain(): Promise<Crash | undefined> {
    const main = await this.service.mainPid();
    if (main === undefined) return undefined;
    const dying = crashing(main);
    const { pid } = dying;
    const checks = this.#examine(main);
    const exits = (await this.service.exits()).length;
    const start = performance.now();
    process.kill(main, 'SIGABRT');
    const ended = await this.#waitForEnd(main);
    const again = ended && (await this.waitForOtherMain(main));
    const answered = again ? await this.waitForAnswer() : undefined;
    const recoverySeconds = answered === undefined ? undefined : (performance.now() - start) / 1000;
    return {
      how: 'main process',
      exit: (await this.service.exits())[exits],
      pid,
      requestId: '',
      ended,
      status: undefined,
      checks,
      ...(await this.#collect(dying, ended)),
      waitStatus: undefined,
      logged: undefined,
      recoverySeconds,
      // workers that outlive theirs may hold the port, and answer, until they see that it is gone
      respawned: answered !== undefined,
    };
  }

  /**
   * Aborts the main process as soon as that can be done: until it has a handler, the kernel keeps signals from the first
   * process of a container (pid_namespaces(7)).
   */
  async abortMain(main: number): Promise<boolean> {
    const ended = await waitFor(this.#timeout, () => {
      if (!isRunning(main)) return true;
      if (!isDumping(main)) signal(main, 'SIGABRT');
      return undefined;
    });
    return ended === true;
  }

  /** Waits until the supervisor has started another main process than `main`. */
  async waitForOtherMain(main: number): Promise<boolean> {
    const other = await waitFor(
      this.#timeout,
      async () => {
        if ((await this.service.failure()) !== undefined) return false;
        const now = await this.service.mainPid();
        return now === undefined || now === main ? undefined : true;
      },
      0.05,
    );
    return other === true;
  }

  /** The wait status that a Python parent got for its child. */
  waitStatus(pid: number): number | undefined {
    const found = reported(this.place, 'waits.jsonl').findLast((line) => line['pid'] === pid)?.['status'];
    return typeof found === 'number' ? found : undefined;
  }

  /** What `pycrash doctor` says of a process, were the folders of the generated module where they are without the test. */
  #examine(pid: number): HostCheck[] {
    const environment = processStatus(pid)?.environment;
    const planted = ['PYCRASH_BUDGET_DIRECTORY', 'PYCRASH_CORE_DIRECTORY'].filter((name) => {
      const value = environment?.get(name);
      return value === this.place.reports || isPlantedBudget(value);
    });
    return examineForCore(pid, Object.fromEntries(planted.map((name) => [name, this.#environment[name]])));
  }

  /** Several connections at a time, because the kernel chooses who takes one; undefined where the worker got none. */
  async #reach(
    send: () => Promise<Answer>,
    worker: number,
    count: number,
  ): Promise<{ answer: Answer | undefined; start: number }> {
    const deadline = performance.now() + this.#timeout * 1000;
    for (;;) {
      const start = performance.now();
      const answers = await Promise.all(Array.from({ length: 4 * count }, send));
      const answer = answers.find(({ status }) => status !== undefined && status !== 409);
      const cut = answers.find(({ status }) => status === undefined);
      if (cut !== undefined) return { answer: cut, start };
      if (answer !== undefined) return { answer, start };
      if (!isRunning(worker) || performance.now() > deadline) return { answer: undefined, start };
    }
  }

  /** A process whose connections are cut is gone soon, or writes its core: that takes as long as the disk does. */
  async #waitForEnd(pid: number): Promise<boolean> {
    const start = performance.now();
    const ended = await waitFor(this.#timeout, () => {
      if (!isRunning(pid)) return true;
      return performance.now() - start > GRACE && !isDumping(pid) ? false : undefined;
    });
    return ended === true;
  }

  /** The core that a process left, moved to a place of its own. */
  async #collect(
    dying: CrashingProcess & { outside: number },
    ended: boolean,
  ): Promise<Pick<Crash, 'core' | 'coreFolder' | 'takerSaid'>> {
    const { pattern } = this.settings;
    const taken = ended ? await this.#take(dying) : { core: undefined };
    const left = taken.core !== undefined && pattern.kind === 'file' ? dirname(taken.core.path) : undefined;
    return { ...taken, coreFolder: left ?? coreFolder(pattern, dying.directories[0]) };
  }

  async #take(dying: CrashingProcess & { outside: number }): Promise<Pick<Crash, 'core' | 'takerSaid'>> {
    const { cores } = this.place;
    if (takesJournal(this.settings)) {
      return { core: await dumpFromJournal(dying.outside, dying.pid, cores, this.#timeout) };
    }
    const root = await this.service.root();
    if (!takesApport(this.settings)) return { core: collectCore(this.settings, dying, root, cores) };
    await waitFor(APPORT, () => {
      const found = findCoreFile(this.settings, dying, root);
      return found !== undefined && missingBytes(found.file) === 0 ? true : undefined;
    });
    const core = collectCore(this.settings, dying, root, cores);
    return core === undefined ? { core, takerSaid: apportSaid(dying.outside) } : { core };
  }

  async #waitForWorkers(count: number): Promise<boolean> {
    return (
      (await waitFor(this.#timeout, async () =>
        (await this.workers()).length >= count ? true : undefined,
      )) === true
    );
  }

  async #logLine(requestId: string): Promise<Record<string, unknown> | undefined> {
    return waitFor(2, async () => structuredLine(await this.service.log(), requestId));
  }
}

/** In milliseconds. */
const GRACE = 3000;
/** In milliseconds: by then a server that changes nothing has started its workers. */
const SETTLED = 5000;

/** Seconds: the kernel keeps the process until its handler has ended, where core_pipe_limit is 10 as apport sets it. */
const APPORT = 5;
/** In milliseconds: the kernel's clock for files is that of its last tick, 10 at most. */
const TIMESTAMPS = 20;

/** The page that is planted in every framework, and says how the application is set. */
/** What a core is looked for by, of a process that is about to crash. */
function crashing(process: number): CrashingProcess & { outside: number } {
  const status = processStatus(process);
  return {
    pid: ownPid(process) ?? process,
    outside: process,
    directories: coreDirectories(status),
    rootDirectory: status?.rootDirectory,
    since: Date.now() - TIMESTAMPS,
  };
}

function readyPage({ prefix }: Place): string {
  return `${prefix}/ready/`;
}

/** The JSON line of a log that names the request. */
export function structuredLine(log: string, requestId: string): Record<string, unknown> | undefined {
  for (const line of log.split('\n')) {
    if (!line.includes(requestId) || !line.trimStart().startsWith('{')) continue;
    try {
      const value = JSON.parse(line) as Record<string, unknown>;
      if (Object.values(value).includes(requestId)) return value;
    } catch {
      // a line of the application that only looks like JSON
    }
  }
  return undefined;
}

/** The structured lines of crashes. */
export function crashesIn(log: string): Record<string, unknown>[] {
  return log.split('\n').flatMap((line) => {
    if (!line.startsWith('{') || !line.includes('"crash"')) return [];
    try {
      const value = JSON.parse(line) as Record<string, unknown>;
      return value['event'] === 'crash' ? [value] : [];
    } catch {
      // cut off, or a line of the application
      return [];
    }
  });
}

/** The last structured line of a crash; undefined where the log has none. */
export function lastCrash(log: string): Record<string, unknown> | undefined {
  return crashesIn(log).at(-1);
}

/** Hosts, or domains after a `.`, that the application answers to. */
export function hostsOf({ allowedHosts }: ApplicationFacts): string[] {
  return allowedHosts.filter((host): host is string => typeof host === 'string' && host !== '');
}

/** The headers with which the proxy in front of the service sends requests on. */
export function proxyHeaders(facts: ApplicationFacts): Record<string, string> {
  const headers: Record<string, string> = {};
  const hosts = hostsOf(facts);
  const [first] = hosts;
  const known = ['*', '127.0.0.1', 'localhost'].find((host) => hosts.includes(host));
  if (known !== undefined) headers['host'] = known === '*' ? 'localhost' : known;
  else if (first !== undefined) headers['host'] = first.replace(/^\./, '');
  else headers['host'] = 'localhost';
  if (facts.proxySslHeader !== null) {
    const [name, value] = facts.proxySslHeader;
    headers[
      name
        .replace(/^HTTP_/, '')
        .replaceAll('_', '-')
        .toLowerCase()
    ] = value;
  } else if (facts.sslRedirect) {
    headers['x-forwarded-proto'] = 'https';
  }
  return headers;
}
