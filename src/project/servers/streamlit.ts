import { readOptions } from './options.ts';
import { endsWhole, type Server } from './server.ts';

/** Runs a script for each session, in threads of its own server: no WSGI and no ASGI application, so nothing of it is wired. */
export const streamlit: Server = {
  name: 'streamlit',
  programs: ['streamlit'],
  modules: ['streamlit'],
  read(words) {
    const { options, rest } = readOptions(words, 'help version');
    const [subcommand] = rest;
    if (subcommand?.value !== 'run') return { options, serves: false };
    return {
      options,
      notes: [
        {
          code: 'shows-exceptions',
          message:
            'streamlit catches what a script raises and shows it in the browser: no process ends by it, and there is no place for the hooks',
          at: subcommand.at,
        },
      ],
    };
  },
  // Measured with streamlit 1.67: a script that aborts
  abort: () => endsWhole('streamlit is one process with threads: it dies with every session'),
};
