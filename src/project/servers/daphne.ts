import { endsWhole, type Server } from './server.ts';
import { readOptions } from './options.ts';

/** `daphne --help` of 3.0 to 4.2. */
const OPTIONS = `help/h port/p= bind/b= websocket_timeout= websocket_connect_timeout= unix-socket/u= fd= endpoint/e=
  verbosity/v= http-timeout/t= access-log= log-fmt= ping-interval= ping-timeout= websocket-max-message-size=
  websocket-max-frame-size= application-close-timeout= root-path= proxy-headers proxy-headers-host=
  proxy-headers-port= server-name/s= no-server-name`;

export const daphne: Server = {
  name: 'daphne',
  programs: ['daphne'],
  modules: ['daphne'],
  read(words) {
    const { options, rest } = readOptions(words, OPTIONS);
    const application = rest[0]?.value;
    return application === undefined ? { options } : { application, options };
  },
  abort() {
    return endsWhole('daphne is one process: it dies with every request and websocket in flight');
  },
};
