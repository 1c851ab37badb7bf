import type { Located } from '../project.ts';
import { endsWhole, type Server } from './server.ts';
import { readOptions } from './options.ts';

/** `uvicorn --help` of 0.17 to 0.54. */
const OPTIONS = `host= port= uds= fd= reload reload-dir= reload-include= reload-exclude= reload-delay= workers= loop=
  http= http2 ws= ws-max-size= ws-max-queue= ws-ping-interval= ws-ping-timeout= ws-per-message-deflate= lifespan=
  interface= env-file= log-config= log-level= access-log no-access-log use-colors no-use-colors proxy-headers
  no-proxy-headers server-header no-server-header date-header no-date-header forwarded-allow-ips= root-path=
  limit-concurrency= backlog= limit-max-requests= limit-max-requests-jitter= timeout-keep-alive=
  timeout-graceful-shutdown= timeout-worker-healthcheck= ssl-keyfile= ssl-certfile= ssl-keyfile-password=
  ssl-version= ssl-cert-reqs= ssl-ca-certs= ssl-ciphers= header= version app-dir= h11-max-incomplete-event-size=
  reset-contextvars factory help debug`;

/** WEB_CONCURRENCY is the default of --workers, also where another program calls it (uvicorn/config.py). */
export function readConcurrency(
  options: Map<string, Located<string>>,
  environment: ReadonlyMap<string, Located<string>>,
): void {
  const concurrency = environment.get('WEB_CONCURRENCY');
  if (concurrency !== undefined && !options.has('workers')) options.set('workers', concurrency);
}

export const uvicorn: Server = {
  name: 'uvicorn',
  programs: ['uvicorn'],
  modules: ['uvicorn'],
  read(words, { environment }) {
    const { options, rest } = readOptions(words, OPTIONS);
    // click reads every option from UVICORN_… as well (uvicorn/main.py, auto_envvar_prefix)
    for (const [name, value] of environment) {
      const option = /^UVICORN_([A-Z0-9_]+)$/.exec(name)?.[1]?.toLowerCase().replaceAll('_', '-');
      if (option !== undefined && !options.has(option)) options.set(option, value);
    }
    readConcurrency(options, environment);
    const application = rest[0]?.value ?? options.get('app')?.value;
    return application === undefined ? { options } : { application, options };
  },
  abort({ options }) {
    const workers = Number(options.get('workers')?.value ?? '1');
    if (workers > 1) {
      // Measured: 0.17 (Debian 12) leaves the dead workers dead and the port open; since 0.30 the multiprocess
      // supervisor replaces them (uvicorn/supervisors/multiprocess.py, keep_subprocess_alive).
      return {
        core: 'written',
        respawnedBy: 'server',
        supervisorSees: 'nothing',
        lost: 'worker',
        detail:
          'uvicorn 0.30 and later replace a dead worker; before 0.30 nobody does, and the port stays open with nobody serving',
      };
    }
    return endsWhole('uvicorn with one worker is one process: it dies with every request in flight');
  },
};
