import { endsWhole, type Server } from './server.ts';
import { readOptions } from './options.ts';

/** `flask run --help` of Flask 2 and 3. */
const OPTIONS = `app/A= env-file/e= debug no-debug host/h= port/p= cert= key= reload no-reload debugger no-debugger
  with-threads without-threads extra-files= exclude-patterns= help`;

/** werkzeug's development server, started by `flask run`. */
export const flaskRun: Server = {
  name: 'flask run',
  programs: ['flask'],
  modules: ['flask'],
  read(words, { environment }) {
    const { options, rest } = readOptions(words, OPTIONS);
    const application = options.get('app')?.value ?? environment.get('FLASK_APP')?.value;
    if (rest[0]?.value !== 'run') return { options: new Map() };
    return application === undefined ? { options } : { options, application };
  },
  abort() {
    return endsWhole('a development server: nothing replaces it, and it is not made for production');
  },
};
