import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { CrashReport } from '../report/model.ts';
import { descendants } from '../host/processes.ts';
import { isNamedBy } from '../project/entry-points.ts';
import type { Application } from '../project/project.ts';
import { readProject } from '../project/read-project.ts';
import { usageError, UserError } from '../errors.ts';
import { judgeBlindSpots } from './blind-spot-step.ts';
import { because } from './causes.ts';
import { variablesOf, whatWasMissing } from './cannot-start.ts';
import { missingBytes } from './core-complete.ts';
import { judgeReport, reportOf } from './core-report.ts';
import { asNothingAborts, judgeHostileClient } from './hostile-client/hostile-client-step.ts';
import { askGdb } from './gdb.ts';
import { Journal, processesOfRun } from './journal.ts';
import {
  judgeAborts,
  judgeCoreComplete,
  judgeCoreNames,
  judgeCorePresent,
  judgeCoresDistinct,
  judgeLog,
  judgeLost,
  judgeMainProcess,
  judgeRecovery,
  judgeWaitStatus,
  longestRecovery,
  verdict,
  type Verdict,
} from './judge.ts';
import { launch, type RunningService } from './launch.ts';
import { choosesItsAddress } from './listening.ts';
import { listeningSockets } from './listening-sockets.ts';
import { migrate } from './migrate.ts';
import { makePlace, reported, type Place } from './place.ts';
import type { Address } from './provoke.ts';
import { findPython } from './python.ts';
import { hostsOf, lastCrash, Session, type Crash, type ApplicationFacts } from './session.ts';
import { cgroupsOf } from './private-root.ts';
import { Steps, type Listener } from './steps.ts';
import { findTarget, type Target } from './target.ts';
import { userUnitFile } from './user-manager.ts';
import type { Verification, VerifyOptions } from './verification.ts';
import { waitFor } from './wait.ts';

export interface Verified {
  verification: Verification;
  /** False where the application did not start, so that nothing could be verified. */
  started: boolean;
}

/** Crashes the real application under its real server and supervisor, and judges what comes of it. */
export async function verify(options: VerifyOptions, listener: Listener): Promise<Verified> {
  const { server = '', command = '' } = options;
  const project = await readProject(options.root, { started: [server, command] });
  const target = findTarget(project, options);
  const page = readUrl(options.url);
  const program = typeof target.command === 'string' ? undefined : target.command[0];
  const python = findPython(options.root, options.python, program);
  const before = stateOfTheMachine(options.root);
  const journal = await Journal.open();
  const steps = new Steps(listener);
  const crashes: Crash[] = [];
  let session: Session | undefined;
  let service: RunningService | undefined;
  let place: Place | undefined;
  let cores: Verification['cores'] = [];
  const interrupted = (): void => {
    void journal.close().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    listener.progress('copying the repository');
    place = makePlace(options.root, journal, target);
    if (options.migrate === true) {
      listener.progress('migrations');
      const { ok, output } = await migrate(target, place, python);
      if (!ok) {
        const why = whatWasMissing(output, target.application) ?? 'manage.py migrate failed';
        steps.add(verdict('start', false, `migrations: ${why}\n${lastLines(output)}`));
        return { verification: verification([]), started: false };
      }
    }
    listener.progress('starting the service');
    service = await launch({ target, place, options, journal, python, address: page.address });
    // a folder of the deployment need not be here, unless its supervisor makes it
    const isDeployed = target.supervisor !== 'none' && service.notTried === undefined;
    const ownEnvironment = isDeployed ? target.environment : options.environment;
    const facts = await waitForApplication(place, service, options.timeout);
    if (facts !== undefined && page.address === undefined && choosesItsAddress(target.command, target.server))
      service.address = await ownAddress(service, options.timeout);
    session =
      facts === undefined
        ? undefined
        : new Session(place, service, facts, options.timeout, page.path, ownEnvironment);
    const answered = await session?.waitForAnswer();
    if (session === undefined || answered === undefined) {
      steps.add(await judgeFailedStart(service, session, target, options));
      return { verification: verification([]), started: false };
    }
    const workers = await session.settledWorkers();
    steps.add(
      verdict(
        'start',
        true,
        `${service.detail}${target.leftOut === undefined ? '' : ` (${target.leftOut})`}, ${session.facts.settings === null ? '' : `${session.facts.settings}, `}` +
          `${session.facts.framework} ${session.facts.version} on Python ${session.facts.python}: ` +
          `${workers.length} worker${workers.length === 1 ? '' : 's'} as ${session.facts.user}`,
      ),
    );
    if (service.notTried !== undefined) steps.add(verdict('as-deployed', 'unknown', service.notTried));
    listener.progress('handled errors');
    steps.add(await judgeHandledErrors(session, workers, target.application));
    listener.progress('hostile client');
    const hostile = await judgeHostileClient(session);
    await crashEveryWorker(session, workers.length, crashes, listener);
    // a parent may look after its children only now and then
    for (const crash of crashes) crash.waitStatus ??= session.waitStatus(crash.pid);
    const debugVariables = variablesOf('DEBUG', target.application.settings);
    const aborts = judgeAborts(crashes, workers.length, session.debug, debugVariables, unwrappedOf(target));
    steps.add(aborts);
    steps.add(aborts.ok === true || hostile.ok === false ? hostile : asNothingAborts(hostile));
    steps.add(judgeLog(crashes));
    steps.add(judgeWaitStatus(crashes));
    steps.add(judgeCorePresent(crashes, session.settings));
    steps.add(
      judgeCoreComplete(
        crashes,
        crashes.map(({ core }) => (core === undefined ? undefined : missingBytes(core.file))),
      ),
    );
    steps.add(judgeCoresDistinct(crashes));
    steps.add(judgeCoreNames(session.settings));
    listener.progress('reading the core');
    steps.add(await judgeGdb(crashes, session));
    const report = await readFirst(crashes);
    steps.add(report.judged);
    cores = crashes.flatMap(({ core }, index) =>
      core === undefined
        ? []
        : [
            {
              path: options.keep ? core.file : core.path,
              bytes: core.bytes,
              report: index === 0 ? report.report : null,
            },
          ],
    );
    steps.add(judgeRecovery(crashes, options.timeout));
    steps.add(judgeLost(session.inFlight));
    if (aborts.ok === true) {
      listener.progress('blind spots');
      const judged = await judgeBlindSpots(session, project, target.application);
      if (judged !== undefined) steps.add(judged);
    }
    if (target.supervisor !== 'none' && session !== undefined) {
      listener.progress('main process');
      const crash = await session.crashMain();
      steps.add(judgeMainProcess(crash, session.settings, await service.failure()));
      listener.progress('start limit');
      if (crash?.recoverySeconds !== undefined) steps.add(await judgeStartLimit(session));
    }
    listener.progress('crash budget');
    if (crashes.every(({ ended }) => ended)) {
      steps.add(await judgeBudget(session, crashes, options.timeout));
    }
  } finally {
    listener.progress('cleaning up');
    await service?.stop();
    await journal.close(options.keep);
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    if (place !== undefined) steps.add(judgeCleanUp(place, options, before));
    listener.progress('');
  }
  return { verification: verification(cores), started: true };

  function verification(found: Verification['cores']): Verification {
    return {
      schemaVersion: 1,
      ok: steps.all.every(({ ok }) => ok !== false),
      server: target.server,
      supervisor: target.supervisor,
      steps: steps.all,
      cores: found,
      recoverySeconds: longestRecovery(crashes) ?? null,
      lostRequests: session?.inFlight.lost ?? 0,
    };
  }
}

/** How many processes of the service may end before the first one answers. */
const STARTS = 4;

/** `--url`: where the service listens, where that is said, and the page that answers 200. */
/** The file that the start command names, where it does not use the module. */
function unwrappedOf({ application: { entryPoints }, command }: Target): string | undefined {
  const words = typeof command === 'string' ? command.split(/[\s'"]+/) : command;
  return entryPoints.find(
    ({ kind, module, wrapped }) => kind !== 'manage' && wrapped === undefined && isNamedBy(words, module),
  )?.file;
}

function readUrl(url: string | undefined): { address: Address | undefined; path: string | undefined } {
  if (url === undefined || url.startsWith('/')) return { address: undefined, path: url };
  if (!URL.canParse(url) || new URL(url).protocol !== 'http:') {
    throw usageError(
      `--url ${url}: a path or an http address is wanted`,
      'e.g. --url http://127.0.0.1:8000/health/',
    );
  }
  const { hostname, port, pathname, search } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    address: { host, port: port === '' ? 80 : Number(port) },
    path: pathname === '/' && search === '' ? undefined : pathname + search,
  };
}

async function waitForApplication(
  place: Place,
  service: RunningService,
  timeout: number,
): Promise<ApplicationFacts | undefined> {
  const started = new Set<number | undefined>();
  const facts = await waitFor(timeout, async () => {
    const [line] = reported(place, 'applications.jsonl');
    if (line !== undefined) return line;
    // a supervisor starts it again for ever
    started.add(await service.mainPid());
    if (started.size > STARTS) return null;
    return (await service.failure()) === undefined ? undefined : null;
  });
  return facts === undefined || facts === null ? undefined : (facts as unknown as ApplicationFacts);
}

/** Where a service listens that says so in its own code: where it was asked to, or elsewhere, as its processes do. */
async function ownAddress(service: RunningService, timeout: number): Promise<Address> {
  const { address } = service;
  const found = await waitFor(timeout, async () => {
    const main = await service.mainPid();
    if (main === undefined) return (await service.failure()) === undefined ? undefined : address;
    const ports = listeningSockets([main, ...descendants(main).map(({ pid }) => pid)]).map(
      ({ port }) => port,
    );
    const [first] = ports;
    if (first === undefined) return undefined;
    return 'port' in address && ports.includes(address.port) ? address : { host: '127.0.0.1', port: first };
  });
  return found ?? address;
}

async function judgeFailedStart(
  service: RunningService,
  session: Session | undefined,
  target: Target,
  { timeout, migrate: migrated = false }: VerifyOptions,
): Promise<Verdict> {
  const application = { ...target.application, migrated };
  const log = await service.log();
  const missing =
    whatWasMissing(log, application) ??
    (session === undefined ? undefined : noHost(session, application)) ??
    whatAborted(log);
  const failure = await service.failure();
  const why =
    failure ??
    (session === undefined
      ? `it ends again and again, or no application was built within ${timeout} s ` +
        '(does it start slowly? --timeout 120; does the command keep PYTHONPATH?)'
      : `no 200 within ${timeout} s${lastAnswer(session)}`);
  return verdict(
    'start',
    false,
    `${service.detail}: ${missing === undefined ? '' : `${missing}. `}${why}\n${lastLines(log)}`,
  );
}

/** The exception that ends a worker at each request, before it comes to the planted page. */
function whatAborted(log: string): string | undefined {
  const last = lastCrash(log);
  if (last === undefined) return undefined;
  const { exception, message, traceback } = last;
  const frame = [...String(traceback).matchAll(/^ *(File "[^"]+", line \d+), in (\S+)/gm)].at(-1);
  const where = frame === undefined ? '' : ` (${frame[1]}, in ${frame[2]})`;
  return `an exception ends its process: ${String(exception).replace(/^builtins\./, '')}: ${String(message).slice(0, 300)}${where}`;
}

/** Django answers every request with a 400 then, and says why only where somebody reads its log. */
function noHost({ lastAnswer: last, facts }: Session, { settings }: Application): string | undefined {
  if (last?.status !== 400 || facts.debug || hostsOf(facts).length > 0) return undefined;
  const variables = variablesOf('ALLOWED_HOSTS', settings);
  const what =
    variables.length === 0
      ? 'the variable that sets it with --env'
      : variables.map((name) => `--env ${name}=…`).join(' or ');
  return `ALLOWED_HOSTS allows no host: pass ${what}, or other settings with --settings`;
}

function lastLines(log: string): string {
  return log.trimEnd().split('\n').slice(-40).join('\n');
}

function lastAnswer({ lastAnswer: last }: Session): string {
  if (last === undefined) return '';
  if (last.status === undefined) return `, the last request ended with ${last.error ?? 'nothing'}`;
  const where = last.location === undefined ? '' : ` to ${last.location}`;
  const proxy =
    last.location?.startsWith('https:') === true
      ? ' (does the server trust X-Forwarded-Proto? waitress: --trusted-proxy, uvicorn: --forwarded-allow-ips)'
      : '';
  return `, but ${last.status}${where}${proxy}`;
}

async function judgeHandledErrors(
  session: Session,
  workers: readonly number[],
  application: Application,
): Promise<Verdict> {
  const answers = await session.handledErrors();
  const after = await session.workers();
  const gone = workers.filter((pid) => !after.includes(pid));
  const said = [...answers].map(([name, { status, error }]) => `${name} ${status ?? error ?? ''}`).join(', ');
  const wrong = [...answers.values()].some(({ status }) => status === undefined || status >= 500);
  if (gone.length > 0 || wrong) {
    const ended = gone.length === 0 ? '' : `: ${gone.length} worker${gone.length === 1 ? '' : 's'} ended`;
    return verdict('handled-errors', false, said + ended + causeOf(answers, application));
  }
  return verdict('handled-errors', true, `${said}: every worker lives on`);
}

/** Why what should be handled was not, e.g. the template of the project's own 404 page; '' where the log does not say. */
function causeOf(
  answers: ReadonlyMap<string, { logged: Record<string, unknown> | undefined }>,
  application: Application,
): string {
  const causes = new Map<string, string[]>();
  for (const [name, { logged }] of answers) {
    if (typeof logged?.['exception'] !== 'string') continue;
    const missing = whatWasMissing(String(logged['traceback']), application);
    const what =
      `${logged['exception'].replace(/^builtins\./, '')}: ${String(logged['message']).slice(0, 300)}` +
      (missing === undefined ? '' : ` (${missing})`);
    causes.set(what, [...(causes.get(what) ?? []), name]);
  }
  return [...causes].map(([what, names]) => `. ${names.join(', ')}: ${what}`).join('');
}

/** Each worker twice: once in a view, and once in a streaming body, where only the WSGI wrapper sees it. */
async function crashEveryWorker(
  session: Session,
  count: number,
  crashes: Crash[],
  { progress }: Listener,
): Promise<void> {
  for (const how of ['view', 'body'] as const) {
    const waiting = await session.settledWorkers();
    for (let done = 0; done < count; done += 1) {
      // a server may have ended its other workers with the one that crashed, and started new ones
      const worker =
        (await session.workers()).find((pid) => waiting.includes(pid)) ?? (await session.settledWorkers())[0];
      if (worker === undefined) return;
      progress(`crash ${crashes.length + 1} of ${2 * count}`);
      const crash = await session.crashWorker(worker, how, count);
      crashes.push(crash);
      // a service that lives on or does not come back tells nothing more
      if (!crash.ended || !crash.respawned) return;
    }
  }
}

async function judgeGdb(crashes: readonly Crash[], session: Session): Promise<Verdict> {
  const core = crashes[0]?.core;
  if (core === undefined) return verdict('gdb', 'unknown', 'there is no core to open');
  const answer = await askGdb(core.file, (await session.service.root()) + session.facts.executable);
  if (answer === undefined) return verdict('gdb', 'unknown', 'there is no gdb here: apt-get install gdb');
  return verdict(
    'gdb',
    answer.ok,
    answer.ok === false ? answer.detail + because(crashes[0]?.checks ?? [], 'no core') : answer.detail,
  );
}

/** Reads the first core; what a reader of it finds in one, it finds in all. */
async function readFirst(
  crashes: readonly Crash[],
): Promise<{ report: CrashReport | null; judged: Verdict }> {
  const crash = crashes[0];
  if (crash?.core === undefined) {
    return { report: null, judged: verdict('report', 'unknown', 'there is no core to read') };
  }
  try {
    // redaction may hide the planted local, where a secret looks like it or holds it; the document goes into CI's log
    const judged = judgeReport(crash, await reportOf(crash.core, { showSecrets: true }));
    return { report: await reportOf(crash.core, { showSecrets: false }), judged };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { report: null, judged: judgeReport(crash, error.message) };
  }
}

/** In seconds. With a core of 50 MB a shorter one fills more than 100 MB each second. */
const SHORTEST_PAUSE = 0.5;

/** A loop of crashes must not stop the service for good. */
async function judgeStartLimit(session: Session): Promise<Verdict> {
  const restarts = await session.service.restarts();
  const total = restarts?.crashes ?? 0;
  for (let count = 1; count <= total; count += 1) {
    const main = await session.service.mainPid();
    if (main === undefined) return verdict('start-limit', false, 'the service has no main process');
    if (!(await session.abortMain(main)) || !(await session.waitForOtherMain(main))) {
      const failure = (await session.service.failure()) ?? 'it was not started again in time';
      return verdict('start-limit', false, `after ${count} more crashes of its main process: ${failure}`);
    }
  }
  if (restarts !== undefined && restarts.pause < SHORTEST_PAUSE) {
    return verdict(
      'start-limit',
      false,
      `started again after ${restarts.pause} s each time: a crash loop spins, and fills the disk with cores. ` +
        'Write RestartSec=1s',
    );
  }
  if (restarts?.givesUp !== undefined) return verdict('start-limit', false, restarts.givesUp);
  const answered = await session.waitForAnswer();
  const crashes = `${total} more crashes of its main process in a row`;
  if (answered === undefined) return verdict('start-limit', false, `no 200 after ${crashes}`);
  return verdict('start-limit', true, `200 again after ${crashes}`);
}

/** Started again with a budget of one abort: the second exception has to be answered. */
async function judgeBudget(session: Session, crashes: readonly Crash[], timeout: number): Promise<Verdict> {
  // the test keeps the budget in a folder of its own
  const impossible = because(crashes[0]?.checks ?? [], 'no abort');
  if (impossible !== '') {
    return verdict('crash-budget', false, `without this test it would not abort, but log only${impossible}`);
  }
  await session.service.restart(1);
  if ((await session.waitForAnswer()) === undefined) {
    const why = (await session.service.failure()) ?? lastAnswer(session).replace(/^, /, '');
    return verdict(
      'crash-budget',
      false,
      `no 200 within ${timeout} s of a start with a budget of one${why === '' ? '' : `: ${why}`}`,
    );
  }
  const workers = await session.settledWorkers();
  const [first] = workers;
  const spent = first === undefined ? undefined : await session.crashWorker(first, 'view', workers.length);
  if (spent?.ended !== true)
    return verdict('crash-budget', false, 'the one abort of the budget did not come');
  // where nothing starts it again: that the budget is spent is written down in its folder
  if ((await session.service.failure()) !== undefined) {
    await session.service.restart(1);
    await session.waitForAnswer();
  }
  const [next] = await session.settledWorkers();
  const held = next === undefined ? undefined : await session.crashWorker(next, 'view', workers.length);
  if (held === undefined || held.ended || held.status === undefined) {
    return verdict('crash-budget', false, 'with a budget of one abort, the second exception aborted too');
  }
  return verdict(
    'crash-budget',
    true,
    `with a budget of one abort, the second exception was answered with ${held.status}` +
      (typeof held.logged?.['decision'] === 'string' ? ` (${held.logged['decision']})` : ''),
  );
}

interface MachineState {
  tree: string;
  sysctls: string;
  mounts: string;
}

function stateOfTheMachine(root: string): MachineState {
  const settings = ['kernel/core_pattern', 'kernel/core_uses_pid', 'fs/suid_dumpable'];
  return {
    tree: readdirSync(root, { recursive: true })
      .filter((name) => !String(name).startsWith('.git'))
      .sort()
      .join('\n'),
    sysctls: settings.map((name) => readFileSync(`/proc/sys/${name}`, 'utf8')).join(''),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
  };
}

function judgeCleanUp(place: Place, options: VerifyOptions, before: MachineState): Verdict {
  const after = stateOfTheMachine(options.root);
  const left: string[] = [];
  const processes = processesOfRun(place.token);
  if (processes.length > 0) left.push(`processes ${processes.join(', ')}`);
  if (!options.keep && existsSync(place.folder)) left.push(place.folder);
  if (after.tree !== before.tree) left.push('files in the repository');
  if (after.sysctls !== before.sysctls) left.push('changed sysctls');
  if (after.mounts.includes(place.folder)) left.push('mounts');
  if (existsSync(userUnitFile(`pycrash-verify-${place.token}.service`)))
    left.push("a unit of this user's systemd");
  if (cgroupsOf(place.token).some((folder) => existsSync(folder))) left.push('cgroups');
  if (left.length > 0) return verdict('clean-up', false, `left behind: ${left.join('; ')}`);
  const kept = options.keep ? `; kept: ${place.folder}` : '';
  return verdict('clean-up', true, `no process, mount, sysctl or file is left behind${kept}`);
}
