import { readOptions } from './options.ts';
import { endsWhole, type Server } from './server.ts';

/** `python -m aiohttp.web --help` of aiohttp 3; what it does not know goes to the function that it calls. */
const OPTIONS = 'hostname/H= port/P= path/U= help/h';

/** aiohttp's own command: it calls a function that makes the application. */
export const aiohttpWeb: Server = {
  name: 'aiohttp',
  programs: [],
  modules: ['aiohttp.web'],
  read(words) {
    const { options, rest } = readOptions(words, OPTIONS);
    const [named] = rest;
    if (named === undefined) return { options };
    options.set('factory', { value: 'true', at: named.at });
    return { options, application: named.value };
  },
  abort() {
    // Measured with aiohttp 3.14
    return endsWhole('aiohttp is one process: it dies with every request and websocket in flight');
  },
};
