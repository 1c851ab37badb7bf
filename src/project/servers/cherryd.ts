import { readOptions } from './options.ts';
import { endsWhole, type Server } from './server.ts';

/** `cherryd --help` of CherryPy 18.10. */
const OPTIONS = `help/h config/c= daemon/d environment/e= fastcgi/f scgi/s cgi/x import/i= pidfile/p= Path/P=`;

/** CherryPy's own command: what it imports mounts its applications by itself. */
export const cherryd: Server = {
  name: 'cherryd',
  programs: ['cherryd'],
  modules: ['cherrypy'],
  read(words) {
    const { options } = readOptions(words, OPTIONS);
    return { options };
  },
  // Measured with CherryPy 18.10
  abort: () => endsWhole('CherryPy is one process with threads: it dies with every request in flight'),
};
