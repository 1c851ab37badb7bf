import { readOptions } from './options.ts';
import type { Server } from './server.ts';

/** `mod_wsgi-express start-server --help` of mod_wsgi 6.1; the same in `manage.py runmodwsgi`. */
const OPTIONS = `application-type= entry-point= application-group= process-group= host= port= http2 https-port=
  ssl-certificate-file= ssl-certificate-key-file= ssl-certificate= ssl-ca-certificate-file= ssl-environment https-only
  hsts-policy= server-name= server-alias= allow-localhost processes= threads= max-clients= initial-workers=
  minimum-spare-workers= maximum-spare-workers= limit-request-body= maximum-requests= startup-timeout=
  shutdown-timeout= restart-interval= cpu-time-limit= graceful-timeout= eviction-timeout= deadlock-timeout=
  inactivity-timeout= ignore-activity= request-timeout= interrupt-timeout= connect-timeout= socket-timeout=
  queue-timeout= header-timeout= body-timeout= server-backlog= daemon-backlog= enable-sendfile disable-reloading
  reload-on-changes user= group= callable-object= map-head-to-get= document-root= directory-index= directory-listing
  allow-override= mount-point= error-override trust-proxy-header= trust-proxy= keep-alive-timeout= compress-responses
  server-metrics server-status host-access-script= include-file= rewrite-rules= envvars-script= locale= passenv=
  working-directory= pid-file= server-root= server-mpm= log-directory= log-level= access-log startup-log
  log-to-terminal access-log-format= error-log-format= rotate-logs max-log-size= python-path= python-eggs=
  shell-executable= httpd-executable= process-name= modules-directory= mime-types= socket-prefix= chunked-request
  with-cgi orphan-interpreter embedded-mode enable-docs debug-mode enable-debugger enable-gdb setup-only settings=
  pythonpath= help/h`;

/** How an application is named that is no path (`--application-type`). */
const MODULE = 'module';

/** An Apache with mod_wsgi of its own, with a configuration that it writes itself. */
export const modWsgiExpress: Server = {
  name: 'mod_wsgi-express',
  programs: ['mod_wsgi-express'],
  modules: [],
  read(words) {
    const { options, rest } = readOptions(words, OPTIONS);
    if (rest[0]?.value !== 'start-server') return { options, serves: false };
    const named = options.get('entry-point') ?? rest[1];
    const callable = options.get('callable-object')?.value;
    const isModule = options.get('application-type')?.value === MODULE;
    const application =
      named === undefined || (callable === undefined && !isModule)
        ? named?.value
        : `${named.value}:${callable ?? 'application'}`;
    const workingDirectory = options.get('working-directory');
    const user = options.get('user');
    const settingsModule = options.get('settings');
    return {
      options,
      ...(application === undefined ? {} : { application }),
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
      ...(user === undefined ? {} : { user }),
      ...(settingsModule === undefined ? {} : { settingsModule }),
    };
  },
  abort: ({ user }) => ({
    core: user === undefined ? 'written' : 'kernel-forbids',
    respawnedBy: 'server',
    supervisorSees: 'nothing',
    lost: 'worker',
    detail: 'Apache starts the daemon process again',
  }),
};
