import { readOptions } from './options.ts';
import type { Server } from './server.ts';
import { uvicorn } from './uvicorn.ts';

/** `litestar run --help` of Litestar 2.25. */
const OPTIONS = `app= app-dir= reload/r reload-dir/R= reload-include/I= reload-exclude/E= port/p= web-concurrency/W=
  wc= host/H= file-descriptor/F= fd= unix-domain-socket/U= uds= debug/d use-pdb/P pdb ssl-certfile= ssl-keyfile=
  create-self-signed-cert help version`;

/** What starts uvicorn in a process of its own, as several workers do. */
const RELOADS = ['reload', 'reload-dir', 'reload-include', 'reload-exclude'];

/** What stands in front of that process. */
export const LITESTAR_RUN = 'litestar run';

/** Where it looks if no application is named (litestar/cli/_utils.py, AUTODISCOVERY_FILE_NAMES). */
const DEFAULT_FILES = ['app', 'application'];

/** Litestar's own command: uvicorn in its process, or in one of its own where there are several workers. */
export const litestarRun: Server = {
  name: 'litestar',
  programs: ['litestar'],
  modules: ['litestar'],
  read(words, { beside, environment }) {
    const { options, rest } = readOptions(words, OPTIONS);
    if (!rest.some(({ value }) => value === 'run')) return { options, serves: false };
    const workers =
      options.get('wc') ??
      options.get('web-concurrency') ??
      environment.get('LITESTAR_WEB_CONCURRENCY') ??
      environment.get('WEB_CONCURRENCY');
    if (workers !== undefined) options.set('workers', workers);
    const found = DEFAULT_FILES.find((name) => beside(`${name}.py`) !== undefined);
    const application =
      options.get('app')?.value ??
      environment.get('LITESTAR_APP')?.value ??
      (found === undefined ? undefined : `${found}:app`);
    // Seen with Litestar 2.25 (litestar/cli/commands/core.py, _run_uvicorn_in_subprocess): TERM ends the command alone, and
    // uvicorn goes on answering; without workers and reload it is one process
    const inOwn = Number(workers?.value ?? '1') > 1 || RELOADS.some((name) => options.has(name));
    return {
      options,
      server: 'uvicorn',
      ...(inOwn ? { keepsSignals: LITESTAR_RUN } : {}),
      ...(application === undefined ? {} : { application }),
    };
  },
  // Measured with Litestar 2.25: SIGABRT with one worker, another worker with several
  abort: (reading) => uvicorn.abort(reading),
};
