import { readOptions } from './options.ts';
import { endsWhole, type Server } from './server.ts';

/** `twist web --help` and `twistd web --help` of Twisted 26.10, with the options that stand before `web`. */
const OPTIONS = `add-header= allow-ignore-ext certificate/c= class= display-tracebacks https= index/i= ignore-ext= privkey/k=
  listen= mime-type/m= port/p= path= personal resource-script= user wsgi= notracebacks log-file= log-format= log-level=
  reactor= logfile/l= nodaemon/n no_save/o pidfile= rundir/d= uid/u= gid/g= umask= chroot= python/y= syslog debug/b
  version help`;

/** Twisted's own commands, for as far as they serve WSGI: `twist web --wsgi shop.wsgi.application`. */
export const twistedWeb: Server = {
  name: 'twisted',
  programs: ['twist', 'twistd'],
  modules: ['twisted'],
  read(words) {
    const { options, rest } = readOptions(words, OPTIONS);
    const named = options.get('wsgi');
    // `twist` takes other plugins, too; what they do is not known
    if (rest[0]?.value !== 'web' || named === undefined) return { options, serves: false };
    // reflect.namedAny: the last name is the object
    const application = named.value.replace(/\.(\w+)$/, ':$1');
    const workingDirectory = options.get('rundir');
    const user = options.get('uid');
    return {
      options,
      application,
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
      ...(user === undefined ? {} : { user }),
    };
  },
  abort(reading) {
    // Measured with Twisted 26.10: twist, and twistd -n
    const whole = endsWhole('Twisted is one process with threads: it dies with every request in flight');
    return reading.user === undefined ? whole : { ...whole, core: 'kernel-forbids' };
  },
};
