import { verdict, type Verdict } from '../judge.ts';
import { AMPLE_BUDGET } from '../launch.ts';
import { crashesIn, proxyHeaders, type Session } from '../session.ts';
import { waitFor } from '../wait.ts';
import type { Action, Surface } from './connection.ts';
import { hostileConnection, KINDS, numberOf } from './hostile-connection.ts';
import { playAll } from './play.ts';

/** Each kind of connection that often: enough that all of them meet each of the planted pages, and a few seconds. */
const ROUNDS = 6;
const CONCURRENCY = 16;
const SEED = 1;
/** Seconds. */
const LONGEST_DUMP = 15;
/** Bytes of a connection that are shown. */
const SHOWN = 120;

/**
 * Sends what a client should not, to planted addresses, to ones that are not there, and to `/` where that answers a decent
 * request: nothing of it may abort.
 */
export async function judgeHostileClient(session: Session): Promise<Verdict> {
  const withRoot = await answersAt(session, '/');
  const surface = surfaceOf(session, withRoot);
  const kinds = Object.keys(KINDS).length;
  const before = crashesIn(await session.service.log()).length;
  const workers = await session.workers();
  const answers = new Map<number, number>();
  /** Crashes of a page that fails for everyone. */
  let expected = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const numbers = Array.from({ length: kinds }, (_, index) => round * kinds + index);
    const connections = numbers.map((number) => hostileConnection(SEED, number, surface).actions);
    const statuses = await playAll(connections, session.service.address, CONCURRENCY);
    for (const status of statuses) answers.set(status, (answers.get(status) ?? 0) + 1);
    const answered = await session.waitForAnswer();
    const all = crashesIn(await session.service.log()).slice(before);
    // servers make it of other addresses, too: uWSGI of `/%`
    const crashes = all.filter(({ path }) => withRoot || path !== '/');
    expected = all.length - crashes.length;
    const [crash] = crashes;
    const ended =
      (await session.service.failure()) ?? (expected === 0 ? endedBySignal(session, workers) : undefined);
    if (crash === undefined && ended === undefined && answered !== undefined) continue;
    const others = crashes.length > 1 ? ` (and ${crashes.length - 1} more)` : '';
    const what =
      crash === undefined
        ? (ended ?? 'no 200 in time')
        : `a client aborts it: ${exceptionOf(crash)}${others}`;
    const number = numberOf(String(crash?.['request_id']));
    // the next steps are for a service that answers
    if (answered === undefined) await session.service.restart(AMPLE_BUDGET);
    if (answered === undefined) await session.waitForAnswer();
    return verdict('hostile-client', false, `${what}, ${sentBy(number, numbers, surface)}`);
  }
  const told = [...answers]
    .sort(([one], [other]) => one - other)
    .map(([status, count]) => `${count} × ${status}`);
  const sent = `${ROUNDS * kinds} connections (HTTP/1.0, HTTP/1.1, h2c, websockets; answers: ${told.join(', ')})`;
  const after = await session.settledWorkers();
  const gone = workers.filter((pid) => !after.includes(pid) && session.waitStatus(pid) === undefined);
  if (gone.length > expected) {
    const detail = `${sent}: no crash in the log, but ${gone.length} of the workers ended, and it was not seen how`;
    return verdict(
      'hostile-client',
      'unknown',
      `${detail} (does the server replace them after so many requests?)`,
    );
  }
  return verdict('hostile-client', true, `${sent}: no abort, and the service answers`);
}

/** Where nothing aborts, that the client aborted nothing tells nothing. */
export function asNothingAborts({ id, detail }: Verdict): Verdict {
  return verdict(id, 'unknown', `${detail}; but here nothing aborts (see the step abort)`);
}

/** Does a decent request get an answer there? What fails for everyone, such as a page without its database, is not of the client. */
async function answersAt(session: Session, target: string): Promise<boolean> {
  const workers = await session.workers();
  const crashes = crashesIn(await session.service.log()).length;
  const { status = 500 } = await session.client.get(target);
  if (status < 500) return true;
  if (crashesIn(await session.service.log()).length > crashes) {
    // The kernel may still be writing its core while another worker answers.
    const isReplaced = async (): Promise<true | undefined> => {
      const now = await session.workers();
      return workers.every((pid) => now.includes(pid)) ? undefined : true;
    };
    await waitFor(LONGEST_DUMP, isReplaced, 0.1);
  }
  await session.waitForAnswer();
  return false;
}

function surfaceOf({ facts, place }: Session, withRoot: boolean): Surface {
  const { host = 'localhost', ...others } = proxyHeaders(facts);
  const { parses = [], websockets = [], handled } = facts;
  const pages = ['ready', 'slow', ...handled, ...parses, ...parses, 'no-such-page'];
  return {
    headers: [['Host', host], ...Object.entries(others)],
    pages: [...pages.map((name) => `${place.prefix}/${name}/`), ...(withRoot ? ['/'] : [])],
    websockets: websockets.map((name) => `${place.prefix}/${name}/`),
  };
}

function endedBySignal(session: Session, workers: readonly number[]): string | undefined {
  for (const pid of workers) {
    const signal = (session.waitStatus(pid) ?? 0) & 0x7f;
    if (signal !== 0) return `worker ${pid} ended by signal ${signal}`;
  }
  return undefined;
}

/** The exception of a crash's line, and where it was raised. */
function exceptionOf({ exception, message, traceback }: Record<string, unknown>): string {
  const [, file = '', line = '', name = ''] =
    [...String(traceback).matchAll(/File "([^"]+)", line (\d+), in (\S+)/g)].at(-1) ?? [];
  const where = file === '' ? '' : ` (${file}:${line}, in ${name})`;
  return `${String(exception).replace(/^builtins\./, '')}: ${String(message).slice(0, 200)}${where}`;
}

/** What the connection sent that did it, where its number is known. */
function sentBy(number: number | undefined, numbers: readonly number[], surface: Surface): string {
  if (number === undefined) {
    const kinds = numbers.map((each) => hostileConnection(SEED, each, surface).kind);
    return `after connections of the kinds ${kinds.join(', ')}`;
  }
  const { kind, actions } = hostileConnection(SEED, number, surface);
  return `after a connection of the kind ${kind}: ${actions.map(inShort).join(', ')}`;
}

function inShort(action: Action): string {
  if (action.do !== 'send') return action.do;
  const text = action.bytes.subarray(0, SHOWN).toString('latin1');
  return `sends ${JSON.stringify(text)}${action.bytes.length > SHOWN ? `… (${action.bytes.length} bytes)` : ''}`;
}
