import { readdirSync, realpathSync, statSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { CrashReport } from '../report/model.ts';
import { UserError, usageError } from '../errors.ts';
import { sysctl } from '../host/checks/kernel.ts';
import { coreDirectories } from '../host/core-directories.ts';
import { processStatus } from '../host/process-status.ts';
import { descendants, isRunning, ownPid } from '../host/processes.ts';
import { missingBytes } from './core-complete.ts';
import {
  coreSettings,
  findCoreFile,
  takesApport,
  type CollectedCore,
  type CrashingProcess,
} from './core-file.ts';
import { judgeRequestedReport, reportOf } from './core-report.ts';
import { verdict } from './judge.ts';
import { Steps, type Listener } from './steps.ts';
import type { Verification } from './verification.ts';
import { waitFor } from './wait.ts';

/** A deployed service that is to be crashed. */
export interface AttachOptions {
  /** A page that answers 200. */
  url: string;
  /** PYCRASH_CRASH_ROUTE and PYCRASH_CRASH_TOKEN of the service. */
  route: string;
  token: string;
  /** The main process of the service, where it runs on this machine. */
  pid?: number;
  /** Folder that cores come to. */
  cores?: string;
  /** The longest that anything is waited for, in seconds. */
  timeout: number;
}

/** Crashes a deployed service through its crash route, watches it come back, and looks for the core. */
export async function attach(options: AttachOptions, listener: Listener): Promise<Verification> {
  checkAddress(options.url);
  const steps = new Steps(listener);
  const finish = (
    cores: Verification['cores'] = [],
    recoverySeconds: number | null = null,
  ): Verification => ({
    schemaVersion: 1,
    ok: steps.all.every(({ ok }) => ok !== false),
    server: 'deployed',
    supervisor: 'deployed',
    steps: steps.all,
    cores,
    recoverySeconds,
    lostRequests: 0,
  });
  listener.progress('is it there');
  const before = await statusOf(options.url, options.timeout);
  steps.add(verdict('start', before === 200, `${options.url} answers ${before ?? 'nothing'}`));
  if (before !== 200) return finish();
  const processes = processesBelow(options.pid);
  const requestId = `verify-${randomBytes(6).toString('hex')}`;
  const start = performance.now();
  const begun = Date.now();
  listener.progress('crashing it');
  const crash = await ask(options, requestId);
  steps.add(verdict('abort', crash.ended, crash.detail));
  if (!crash.ended) return finish();
  listener.progress('waiting for it to come back');
  const again = await waitFor(
    options.timeout,
    async () => ((await statusOf(options.url, options.timeout)) === 200 ? true : undefined),
    0.2,
  );
  const seconds = again === true ? (performance.now() - start) / 1000 : undefined;
  steps.add(
    verdict(
      'recovery',
      seconds !== undefined,
      seconds === undefined
        ? `no 200 within ${options.timeout} s`
        : `a 200 ${seconds.toFixed(2)} s after the crash (of another worker, where there are several)`,
    ),
  );
  listener.progress('looking for the core');
  const { core, where } = await lookForCore(options, processes, begun);
  if (core === undefined) {
    steps.add(verdict('core-present', where.observed ? false : 'unknown', where.detail));
    return finish([], seconds ?? null);
  }
  steps.add(verdict('core-present', true, `${core.path}, ${core.bytes} bytes`));
  let report: CrashReport | null = null;
  try {
    const open = await reportOf(core, { showSecrets: true });
    steps.add(judgeRequestedReport(open, requestId));
    report = await reportOf(core, { showSecrets: false });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    steps.add(judgeRequestedReport(error.message, requestId));
  }
  return finish([{ path: core.path, bytes: core.bytes, report }], seconds ?? null);
}

/** The token lets anybody end the process: it goes over https, or does not leave this machine. */
function checkAddress(url: string): void {
  if (!URL.canParse(url))
    throw usageError(`--attach ${url}: an address is wanted`, 'e.g. https://staging.example.org/');
  const { protocol, hostname } = new URL(url);
  const local = /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && local)) {
    throw usageError(
      `--attach ${url}: the token would be sent in clear`,
      'Use https, or an address of this machine.',
    );
  }
}

/** The status of a page; undefined where there is no answer. */
async function statusOf(url: string, timeout: number): Promise<number | undefined> {
  try {
    const signal = AbortSignal.timeout(timeout * 1000);
    const { status } = await fetch(url, { redirect: 'manual', signal, headers: { connection: 'close' } });
    return status;
  } catch {
    return undefined;
  }
}

/** Asks for the crash; what came of it. A proxy in front turns a cut connection into a 502, 503 or 504. */
async function ask(
  { url, route, token, timeout }: AttachOptions,
  requestId: string,
): Promise<{ ended: boolean; detail: string }> {
  const address = new URL(route, url).href;
  let status: number | undefined;
  try {
    const answer = await fetch(address, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'x-pycrash-token': token, 'x-request-id': requestId, connection: 'close' },
      signal: AbortSignal.timeout(timeout * 1000),
    });
    await answer.arrayBuffer();
    status = answer.status;
  } catch {
    return { ended: true, detail: 'the connection was cut' };
  }
  if (status >= 502 && status <= 504) return { ended: true, detail: `the proxy in front answered ${status}` };
  if (status === 500) {
    return {
      ended: false,
      detail: 'answered with 500: it logs and lives on (is its budget spent, or PYCRASH=log?)',
    };
  }
  return {
    ended: false,
    detail:
      `answered with ${status}: the route is not enabled there. The module needs the part (init --with crash-route), ` +
      'wsgi.py or asgi.py has to be wired, and the environment of the service needs PYCRASH_CRASH_ROUTE and ' +
      'PYCRASH_CRASH_TOKEN (32 characters or more)',
  };
}

interface Known extends CrashingProcess {
  /** Here. */
  outside: number;
  /** Where its file system is seen from here. */
  root: string;
}

/** The service's processes before the crash. Their file system is that of the main process, which is there afterwards, or of process 1. */
function processesBelow(pid: number | undefined): Known[] {
  if (pid === undefined) return [];
  return [pid, ...descendants(pid).map((entry) => entry.pid)].map((outside) => ({
    outside,
    pid: ownPid(outside) ?? outside,
    directories: coreDirectories(processStatus(outside)),
    root: pid === outside ? '' : `/proc/${pid}/root`,
  }));
}

interface Looked {
  core: CollectedCore | undefined;
  where: { observed: boolean; detail: string };
}

/** A core is complete once it is as long as its program headers say. */
async function lookForCore(
  options: AttachOptions,
  processes: readonly Known[],
  begun: number,
): Promise<Looked> {
  const settings = coreSettings();
  const { cores } = options;
  if (cores === undefined && processes.length === 0) {
    const detail =
      'nobody said where to look: --pid, --unit, --container or --cores on the machine of the service';
    return { core: undefined, where: { observed: false, detail } };
  }
  if (cores === undefined && settings.pattern.kind !== 'file' && !takesApport(settings)) {
    const detail =
      'a program takes the cores of this machine: name the folder that it writes to with --cores';
    return { core: undefined, where: { observed: false, detail } };
  }
  const core = await waitFor(
    options.timeout,
    () => {
      const found =
        cores === undefined
          ? processes
              .filter(({ outside }) => !isRunning(outside))
              .map((each) => findCoreFile(settings, each, each.root))
              .find((each) => each !== undefined && statSync(each.file).mtimeMs >= begun - 1000)
          : newestCore(cores, begun);
      return found !== undefined && missingBytes(found.file) === 0 ? found : undefined;
    },
    0.1,
  );
  const detail = `no complete core within ${options.timeout} s in ${
    cores ?? `the folder that ${sysctl('kernel.core_pattern') ?? ''} means`
  }`;
  return { core, where: { observed: true, detail } };
}

function newestCore(folder: string, begun: number): CollectedCore | undefined {
  const files = readdirSync(folder)
    .map((name) => join(realpathSync(folder), name))
    .map((file) => ({ file, stat: statSync(file, { throwIfNoEntry: false }) }));
  const newest = files
    .filter(({ stat }) => stat?.isFile() === true && stat.mtimeMs >= begun - 1000)
    .sort((a, b) => (b.stat?.mtimeMs ?? 0) - (a.stat?.mtimeMs ?? 0))
    .find(({ file }) => missingBytes(file) !== undefined);
  return newest === undefined
    ? undefined
    : { path: newest.file, file: newest.file, bytes: newest.stat?.size ?? 0, pid: 0 };
}
