import { readOptions } from './options.ts';
import { endsWhole, type Server } from './server.ts';

/** `quart --help` and `quart run --help` of Quart 0.22. */
const OPTIONS = `app/A= env-file/e= debug no-debug host/h= port/p= certfile= cert= keyfile= key= reload no-reload version help`;

/** Quart's own command: hypercorn in its process, made for development. */
export const quartRun: Server = {
  name: 'quart run',
  programs: ['quart'],
  modules: ['quart'],
  read(words, { environment }) {
    const { options, rest } = readOptions(words, OPTIONS);
    if (rest[0]?.value !== 'run') return { options, serves: false };
    const application = options.get('app')?.value ?? environment.get('QUART_APP')?.value;
    return application === undefined ? { options } : { options, application };
  },
  abort() {
    // Measured with Quart 0.22, with and without --reload
    return endsWhole('a development server: nothing replaces it, and it is not made for production');
  },
};
