import type { Server } from './server.ts';
import { readOptions } from './options.ts';

/** `granian --help` of 1.0 to 2.8. */
const OPTIONS = `host= port= uds= uds-permissions= interface= http= ws no-ws workers= threads= blocking-threads=
  blocking-threads-idle-timeout= runtime-threads= runtime-blocking-threads= runtime-mode= threading-mode= loop= opt
  no-opt task-impl= backlog= backpressure= http1-buffer-size= http1-header-read-timeout= http1-keep-alive
  no-http1-keep-alive http1-pipeline-flush no-http1-pipeline-flush http2-adaptive-window no-http2-adaptive-window
  http2-initial-connection-window-size= http2-initial-stream-window-size= http2-keep-alive-interval=
  http2-keep-alive-timeout= http2-max-concurrent-streams= http2-max-frame-size= http2-max-headers-size=
  http2-max-send-buffer-size= log no-log log-level= log-config= access-log no-access-log access-log-fmt=
  ssl-certificate= ssl-keyfile= ssl-keyfile-password= ssl-protocol-min= ssl-ca= ssl-crl= ssl-client-verify
  no-ssl-client-verify url-path-prefix= respawn-failed-workers no-respawn-failed-workers respawn-interval=
  rss-sample-interval= rss-samples= workers-lifetime= workers-max-rss= workers-kill-timeout= factory no-factory
  working-dir= env-files= static-path-route= static-path-mount= static-path-dir-to-file= static-path-expires=
  metrics no-metrics metrics-scrape-interval= metrics-address= metrics-port= reload no-reload reload-paths=
  reload-ignore-dirs= reload-ignore-patterns= reload-ignore-paths= reload-tick= reload-ignore-worker-failure
  no-reload-ignore-worker-failure process-name= pid-file= version help`;

export const granian: Server = {
  name: 'granian',
  programs: ['granian'],
  modules: ['granian'],
  read(words, { environment }) {
    const { options, rest } = readOptions(words, OPTIONS);
    // every option can come from GRANIAN_… (granian/cli.py)
    for (const [name, value] of environment) {
      const option = /^GRANIAN_([A-Z0-9_]+)$/.exec(name)?.[1]?.toLowerCase().replaceAll('_', '-');
      if (option === undefined || options.has(option) || options.has(`no-${option}`)) continue;
      const off = /^(?:0|false|off|no|f|n)$/i.test(value.value);
      const flag = option === 'respawn-failed-workers' || option === 'factory' || option === 'reload';
      if (!flag || !off) options.set(option, value);
    }
    const application = rest[0]?.value;
    const workingDirectory = options.get('working-dir');
    return {
      options,
      ...(application === undefined ? {} : { application }),
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
    };
  },
  abort({ options }) {
    // granian/server/common.py: without respawn_failed_workers the master ends at the first worker that died
    if (options.has('respawn-failed-workers')) {
      return {
        core: 'written',
        respawnedBy: 'server',
        supervisorSees: 'nothing',
        lost: 'worker',
        detail: 'granian replaces a dead worker (--respawn-failed-workers), unless it dies again at once',
      };
    }
    return {
      core: 'written',
      respawnedBy: 'supervisor',
      supervisorSees: 1,
      lost: 'server',
      detail:
        'granian ends all its workers when one dies and exits with 1; --respawn-failed-workers makes it replace the one',
    };
  },
};
