import type { AbortOutcome, Located } from '../project.ts';
import type { SourceFile } from '../readers/text.ts';

/** A server that a program of the repository starts by itself. */
export interface EmbeddedServer {
  server: string;
  application?: string;
  options: ReadonlyMap<string, Located<string>>;
  abort: AbortOutcome;
}

/** Calls that start a server, by what they look like in Python source: `from gevent.pywsgi import WSGIServer` … */
const CALLS: readonly { server: string; imported: RegExp; call: RegExp }[] = [
  {
    server: 'gevent.pywsgi',
    imported:
      /^\s*(?:from\s+gevent\.pywsgi\s+import|import\s+gevent\.pywsgi|from\s+gevent\s+import\s+.*\bpywsgi\b)/m,
    call: /\bWSGIServer\s*\(/,
  },
  {
    server: 'uvicorn',
    imported: /^\s*(?:import\s+uvicorn|from\s+uvicorn\b)/m,
    call: /\buvicorn\.(?:run|Server|Config)\s*\(/,
  },
  { server: 'hypercorn', imported: /^\s*(?:import\s+hypercorn|from\s+hypercorn\b)/m, call: /\bserve\s*\(/ },
  { server: 'waitress', imported: /^\s*(?:import\s+waitress|from\s+waitress\b)/m, call: /\bserve\s*\(/ },
  { server: 'granian', imported: /^\s*(?:import\s+granian|from\s+granian\b)/m, call: /\bGranian\s*\(/ },
  {
    server: 'tornado',
    imported: /^\s*(?:import\s+tornado|from\s+tornado\b)/m,
    call: /\b(?:HTTPServer\s*\(|\.listen\s*\()/,
  },
  {
    server: 'aiohttp',
    imported: /^\s*(?:import\s+aiohttp|from\s+aiohttp\b)/m,
    call: /\b(?:web\.)?run_app\s*\(/,
  },
  {
    server: 'gunicorn',
    imported: /^\s*(?:import\s+gunicorn|from\s+gunicorn\b)/m,
    call: /\b(?:WSGIApplication|BaseApplication|Application)\s*\(/,
  },
];

/**
 * Looks for the call that starts a server in a Python program, without running it. The text alone decides, so what it
 * says is `unknown` where the server can run in several ways (a number of workers that is computed, say).
 */
export function embeddedServer(file: SourceFile): EmbeddedServer | undefined {
  for (const { server, imported, call } of CALLS) {
    if (!imported.test(file.text)) continue;
    const found = call.exec(file.text);
    if (found === null) continue;
    const at = file.span(found.index, found.index + found[0].length);
    const argument = /^\s*["']([\w.]+:[\w.]+)["']/.exec(file.text.slice(at.end, at.end + 200))?.[1];
    const one = server === 'gevent.pywsgi' || server === 'waitress' || server === 'aiohttp';
    return {
      server,
      options: new Map([['embedded', { value: found[0], at }]]),
      ...(argument === undefined ? {} : { application: argument }),
      abort: {
        core: 'written',
        respawnedBy: server === 'gunicorn' ? 'server' : one ? 'supervisor' : 'unknown',
        supervisorSees: server === 'gunicorn' ? 'nothing' : one ? 'SIGABRT' : 'unknown',
        lost: server === 'gunicorn' ? 'worker' : 'server',
        detail: one
          ? `${server} runs in the program's own process: it dies with every request in flight`
          : `${server} is started by the program itself`,
      },
    };
  }
  return undefined;
}
