import { deployedFiles } from '../project/frameworks/objects.ts';
import type { Sources } from '../project/sources.ts';
import { proxyHeaders, type Provoke, type Session } from './session.ts';
import type { Answer } from './provoke.ts';

/** Requests, so that a repository with many routes does not take minutes. */
const MOST_TRIED = 60;

/** How an endpoint takes a query: in a POST, or else in the address. */
interface Endpoint {
  path: string;
  method: 'GET' | 'POST';
}

export interface FoundEndpoint {
  endpoint: Endpoint | undefined;
  tried: readonly string[];
}

/** Asks the addresses that the code names for `__typename`, which changes nothing and which every schema answers. */
export async function findGraphQL(session: Session, sources: Sources): Promise<FoundEndpoint> {
  const tried = addressesIn(sources).slice(0, MOST_TRIED);
  for (const path of tried) {
    for (const method of ['POST', 'GET'] as const) {
      const answer = await ask(session, { path, method }, 'pycrash_ready');
      if (isData(answer, 'pycrash_ready')) return { endpoint: { path, method }, tried };
    }
  }
  return { endpoint: undefined, tried };
}

/** Asks it for the planted failure of a process: templates/verify/pycrash_plant_graphql.py. */
export function provokeGraphQL(session: Session, endpoint: Endpoint): Provoke {
  return async (pid) => {
    const alias = `pycrash_crash_${pid}`;
    const answer = await ask(session, endpoint, alias);
    return isData(answer, alias) ? { ...answer, status: 409 } : answer;
  };
}

const ROUTES = /["'][\^/]*([\w/-]*graphql[\w/-]*)\$?["']/gi;
/** `path("api/", include(…`, `include_router(router, prefix="/api")`, `url_prefix=`, `mount("/api"`. */
const INCLUDES = /(?:\bpath\(|prefix=|\bmount\()\s*r?["'][\^/]*([\w/-]+)["']/g;

/** Routes with "graphql" in them, alone and behind each route that other ones are included at. */
function addressesIn(sources: Sources): string[] {
  const [routes, prefixes] = [new Set(['graphql', 'graphql/']), new Set([''])];
  for (const path of deployedFiles(sources)) {
    const text = sources.containing(path, ['graphql', 'include', 'prefix', 'mount'])?.text ?? '';
    for (const [, route = ''] of text.matchAll(ROUTES)) routes.add(route);
    for (const [, prefix = ''] of text.matchAll(INCLUDES)) prefixes.add(prefix);
  }
  const all = [...prefixes].flatMap((prefix) =>
    [...routes].map((route) => `/${[prefix.replace(/\/$/, ''), route].filter(Boolean).join('/')}`),
  );
  return [...new Set(all)];
}

/** As a page of the application would ask, so that Django's protection against forged requests lets it in. */
function ask(session: Session, { path, method }: Endpoint, alias: string): Promise<Answer> {
  const query = `{ ${alias}: __typename }`;
  if (method === 'GET') return session.client.get(`${path}?query=${encodeURIComponent(query)}`);
  const token = 'a'.repeat(32);
  const { host = 'localhost' } = proxyHeaders(session.facts);
  return session.client.post(
    path,
    { query },
    { cookie: `csrftoken=${token}`, 'x-csrftoken': token, referer: `https://${host}/` },
  );
}

/** Was the field answered? */
function isData({ status, body }: Answer, alias: string): boolean {
  return status === 200 && new RegExp(`"${alias}":\\s*"`).test(body);
}
