import { endsWhole, type Server } from './server.ts';
import { readOptions } from './options.ts';

/** `waitress-serve --help`, and waitress/adjustments.py. */
const OPTIONS = `help call host= port= listen= threads= unix-socket= unix-socket-perms= url-scheme= url-prefix= ident=
  backlog= recv-bytes= send-bytes= outbuf-overflow= outbuf-high-watermark= inbuf-overflow= connection-limit=
  cleanup-interval= channel-timeout= log-socket-errors no-log-socket-errors max-request-header-size=
  max-request-body-size= expose-tracebacks no-expose-tracebacks asyncore-loop-timeout= asyncore-use-poll
  no-asyncore-use-poll trusted-proxy= trusted-proxy-count= trusted-proxy-headers= log-untrusted-proxy-headers
  no-log-untrusted-proxy-headers clear-untrusted-proxy-headers no-clear-untrusted-proxy-headers ipv4 no-ipv4 ipv6
  no-ipv6 channel-request-lookahead= server-name= app=`;

export const waitress: Server = {
  name: 'waitress',
  programs: ['waitress-serve'],
  modules: ['waitress'],
  read(words) {
    const { options, rest } = readOptions(words, OPTIONS);
    const application = rest[0]?.value ?? options.get('app')?.value;
    return application === undefined ? { options } : { application, options };
  },
  abort() {
    return endsWhole('waitress is one process with threads: it dies with every request in flight');
  },
};
