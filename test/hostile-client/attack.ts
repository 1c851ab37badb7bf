import { join } from 'node:path';
import { freePort } from '../../src/crashtest/address.ts';
import { hostileConnection, numberOf } from '../../src/crashtest/hostile-client/hostile-connection.ts';
import { playAll } from '../../src/crashtest/hostile-client/play.ts';
import { waitFor } from '../../src/crashtest/wait.ts';
import type { Hosted, HostedCopy } from './hosted.ts';
import { startWords, surfaceOf, type HostedServer } from './servers.ts';
import { Service } from './service.ts';

/** Connections between two looks at the service. */
const BATCH = 64;
/** At the same time. */
const CONCURRENCY = 16;

export interface Attack {
  seed: number;
  numbers: readonly number[];
  /** Variables of the environment besides those of the example. */
  environment?: Readonly<Record<string, string>>;
  /** After that many failures there is nothing new to be learned. */
  mostFailures?: number;
}

export interface Failure {
  /** What happened. */
  what: string;
  /** The connection that did it, where the line of the crash has it; else the first and the last of its batch. */
  numbers: readonly [number, number];
  /** Its kind, where it is known. */
  kind: string | undefined;
  /** The exception and where it was raised. */
  crash: string | undefined;
}

export interface Result {
  sent: number;
  failures: Failure[];
  /** Did the bug that is in the example abort the process after it? */
  bugAborted: boolean;
  log: string;
}

/** Sends the connections to the example under that server, and then asks for its bug. `bin` is the environment's. */
export async function attack(
  copy: HostedCopy,
  hosted: Hosted,
  server: HostedServer,
  bin: string,
  { seed, numbers, environment = {}, mostFailures = 20 }: Attack,
): Promise<Result> {
  const many = '1000000';
  const surface = surfaceOf(server, hosted);
  const port = await freePort();
  const words = (at: number): [string, ...string[]] => {
    const [program, ...args] = startWords(server, hosted, at);
    return [join(bin, program), ...args];
  };
  const log = join(copy.folder, `service-${port}.log`);
  const service = new Service(words, port, {
    cwd: copy.root,
    log,
    environment: {
      PYTHONPATH: copy.root,
      PYTHONUNBUFFERED: '1',
      PYCRASH_BUDGET: many,
      PYCRASH_BUDGET_PER_FINGERPRINT: many,
      PYCRASH_BUDGET_DIRECTORY: join(copy.folder, 'budget'),
      ...hosted.environment,
      ...environment,
    },
    headers: hosted.surface.headers,
    healthy: hosted.healthy,
  });
  const failures: Failure[] = [];
  let sent = 0;
  let seen = 0;
  try {
    if (!(await service.isAlive())) throw new Error(`it does not start:\n${service.log().slice(-3000)}`);
    for (let at = 0; at < numbers.length && failures.length < mostFailures; at += BATCH) {
      const batch = numbers.slice(at, at + BATCH);
      await playAll(
        batch.map((number) => hostileConnection(seed, number, surface).actions),
        service.address,
        CONCURRENCY,
      );
      sent += batch.length;
      await look(batch);
    }
    // what was in progress
    if (await service.isAlive()) await look(numbers.slice(-BATCH));
    return { sent, failures, bugAborted: await abortsAtBug(service, hosted), log: service.log() };
  } finally {
    await service.stop();
  }

  async function look(batch: readonly number[]): Promise<void> {
    const ends = service.ends.length;
    const alive = await service.isAlive();
    const range = [batch[0] ?? 0, batch.at(-1) ?? 0] as const;
    const crashes = service.crashes();
    const cores = service.takeCores();
    for (const crash of crashes.slice(seen)) {
      const number = numberOf(String(crash['request_id'] ?? ''));
      const kind = number === undefined ? undefined : hostileConnection(seed, number, surface).kind;
      const what = cores > 0 ? 'aborted' : 'logged a crash';
      failures.push({
        what,
        numbers: number === undefined ? range : [number, number],
        kind,
        crash: inShort(crash),
      });
    }
    const others = { numbers: range, kind: undefined, crash: undefined };
    if (cores > 0 && crashes.length === seen)
      failures.push({ what: `left ${cores} core(s) and no crash line`, ...others });
    if (!alive) failures.push({ what: 'answers no more', ...others });
    else if (service.ends.length > ends && crashes.length === seen)
      failures.push({ what: `ended with ${service.ends.at(-1)}`, ...others });
    seen = crashes.length;
  }
}

/** The exception, and the last two frames of its traceback. */
function inShort(crash: Record<string, unknown>): string {
  const frames = [...String(crash['traceback']).matchAll(/File "([^"]+)", line (\d+), in (\S+)/g)].slice(-2);
  const places = frames.map(
    ([, file = '', line = '', name = '']) => `${file.split('/').slice(-2).join('/')}:${line} ${name}`,
  );
  return `${String(crash['exception'])}: ${String(crash['message']).slice(0, 120)} (${places.join(' > ')})`;
}

async function abortsAtBug(service: Service, { bug }: Hosted): Promise<boolean> {
  if (!(await service.isAlive())) return false;
  service.takeCores();
  const before = service.crashes().length;
  await service.client.get(bug);
  const aborted = await waitFor(20, () => {
    const lines = service.crashes();
    return lines.length > before && lines.at(-1)?.['decision'] === 'aborting' && service.takeCores() > 0
      ? true
      : undefined;
  });
  return aborted === true;
}
