import { readOptions } from './options.ts';
import { endsWhole, type Server } from './server.ts';

/** `arq --help` of arq 0.28. */
const OPTIONS = `version/V burst no-burst check watch= verbose/v custom-log-dict= help`;

export const arqWorker: Server = {
  name: 'arq',
  programs: ['arq'],
  modules: ['arq'],
  read(words) {
    const { options, rest } = readOptions(words, OPTIONS);
    const application = rest[0]?.value;
    if (application === undefined || options.has('check')) return { options, serves: false };
    return { options, application };
  },
  // Measured with arq 0.28
  abort: () => endsWhole('the arq worker is one process: it dies with every job in flight'),
};
