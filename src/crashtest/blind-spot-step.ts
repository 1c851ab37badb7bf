import { formatBytes } from '../host/checks/storage.ts';
import { whatToPaste } from '../project/blind-spots.ts';
import type { Application, BlindSpot, Project } from '../project/project.ts';
import { Sources } from '../project/sources.ts';
import { findGraphQL, provokeGraphQL } from './graphql-endpoint.ts';
import { verdict, type Verdict } from './judge.ts';
import type { Provoke, Session } from './session.ts';

/** What is crashed, and how; a text says why it cannot be. */
type Attempt = { at: string; provoke: Provoke } | string;

/**
 * Makes what answers exceptions itself fail: a resolver of GraphQL, a view of the REST framework, an operation of
 * django-ninja. undefined where the project has none of them.
 */
export async function judgeBlindSpots(
  session: Session,
  { root, files, blindSpots }: Project,
  application: Application,
): Promise<Verdict | undefined> {
  const verdicts: Verdict[] = [];
  const seen = new Set<BlindSpot['endpoint']>([undefined]);
  for (const spot of blindSpots) {
    const { endpoint } = spot;
    if (endpoint !== 'graphql' && application.framework !== 'django') continue;
    if (endpoint === undefined || seen.has(endpoint)) continue;
    seen.add(endpoint);
    verdicts.push(
      await judgeOne(session, spot, application, await attemptOn(session, endpoint, root, files)),
    );
  }
  if (verdicts.length === 0) return undefined;
  const verdictsByOk = [false, 'unknown' as const, true];
  const ok = verdictsByOk.find((one) => verdicts.some((each) => each.ok === one)) ?? true;
  return verdict('blind-spot', ok, verdicts.map(({ detail }) => detail).join('; '));
}

async function attemptOn(
  session: Session,
  endpoint: NonNullable<BlindSpot['endpoint']>,
  root: string,
  files: readonly string[],
): Promise<Attempt> {
  if (endpoint === 'rest')
    return { at: 'in a planted view of it', provoke: session.provokeAt('crash-in-rest') };
  if (endpoint === 'ninja') return { at: 'in each API', provoke: session.provokeAt('crash-in-ninja') };
  const { endpoint: found, tried } = await findGraphQL(session, new Sources(root, files));
  if (found === undefined) return `no GraphQL endpoint answers without a login at ${tried.join(', ')}`;
  return { at: `at ${found.path}`, provoke: provokeGraphQL(session, found) };
}

async function judgeOne(
  session: Session,
  spot: BlindSpot,
  application: Application,
  attempt: Attempt,
): Promise<Verdict> {
  const { name, does, handled } = spot;
  if (typeof attempt === 'string')
    return verdict('blind-spot', 'unknown', `${name}: ${attempt}; request a field that fails on staging`);
  const workers = await session.settledWorkers();
  const [worker] = workers;
  if (worker === undefined) return verdict('blind-spot', 'unknown', `${name}: no worker is running`);
  const crash = await session.crashWorker(worker, 'answered', workers.length, attempt.provoke);
  if (crash.ended) {
    const core = crash.core === undefined ? '' : `, and left a core of ${formatBytes(crash.core.bytes)}`;
    return verdict('blind-spot', true, `${name}: an exception ${attempt.at} aborted its process${core}`);
  }
  const calls = handled ? ', although a file of the repository calls `handle`' : '';
  const answer = crash.status === undefined ? 'got no answer' : `was answered with ${crash.status}`;
  return verdict(
    'blind-spot',
    false,
    `${name} ${does}: an exception ${attempt.at} ${answer}, and the process keeps running${calls}: ` +
      whatToPaste(spot, application),
  );
}
