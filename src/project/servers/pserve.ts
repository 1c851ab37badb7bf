import type { AbortOutcome, Located } from '../project.ts';
import { CONFIGPARSER, readIni } from '../readers/ini.ts';
import { gunicorn } from './gunicorn.ts';
import { readOptions } from './options.ts';
import type { Server } from './server.ts';
import { waitress } from './waitress.ts';

/** `pserve --help` of Pyramid 2.1. */
const OPTIONS = `help/h app-name/n= server/s= server-name= reload reload-interval= browser/b verbose/v= quiet/q`;

/** What a section `use`s: `egg:waitress#main`, or `egg:gunicorn` (docs.pylonsproject.org, PasteDeploy). */
const SERVED_BY = [waitress, gunicorn];

const UNKNOWN: AbortOutcome = {
  core: 'written',
  respawnedBy: 'unknown',
  supervisorSees: 'unknown',
  lost: 'server',
  detail: 'which server the file of PasteDeploy names is not known',
};

/** Pyramid's own command: the server is the one that the section `[server:main]` of its file names. */
export const pserve: Server = {
  name: 'pserve',
  programs: ['pserve'],
  modules: ['pyramid.scripts.pserve'],
  read(words, { find }) {
    const { options, rest } = readOptions(words, OPTIONS);
    const [named] = rest;
    if (named === undefined) return { options };
    const file = find(named.value.replace(/#.*$/, ''));
    const application = named.value;
    if (file === undefined) return { options, application };
    const section = `server:${options.get('server-name')?.value ?? 'main'}`;
    const own = new Map<string, Located<string>>();
    for (const entry of readIni(file, CONFIGPARSER).entries) {
      if (entry.section === section) own.set(entry.key.value.replaceAll('_', '-'), entry.value);
    }
    const egg = options.get('server')?.value ?? own.get('use')?.value ?? '';
    const server = SERVED_BY.find(({ name }) => new RegExp(`^(?:egg:)?${name}(?:#|$)`).test(egg))?.name;
    return {
      application,
      options: new Map([...own, ...options]),
      files: [file.path],
      ...(server === undefined ? {} : { server }),
    };
  },
  abort(reading) {
    // Measured with Pyramid 2.1, waitress 3.0 and gunicorn 27.0: the same as under the server's own command
    return SERVED_BY.find(({ name }) => name === reading.server)?.abort(reading) ?? UNKNOWN;
  },
};
