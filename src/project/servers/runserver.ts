import type { Located } from '../project.ts';
import type { Server } from './server.ts';
import { readOptions } from './options.ts';

/** `manage.py runserver --help` of Django 3.2 to 6.0, and runserver_plus of django-extensions. */
const OPTIONS = `settings= pythonpath= verbosity/v= ipv6/6 nothreading noreload nostatic insecure skip-checks traceback
  no-color force-color cert= cert-file= key-file= threaded`;

/** Commands of manage.py that serve with a development server. */
export const DEVELOPMENT_COMMANDS: ReadonlySet<string> = new Set([
  'runserver',
  'runserver_plus',
  'runsslserver',
  'testserver',
]);

/** Commands of manage.py that end by themselves: what a script runs before it serves. */
export const ONE_SHOT_COMMANDS: ReadonlySet<string> = new Set(
  (
    'migrate makemigrations collectstatic check createsuperuser loaddata dumpdata compilemessages makemessages shell ' +
    'shell_plus test createcachetable flush clearsessions sqlflush showmigrations diffsettings inspectdb compress ' +
    'wait_for_db waitdb ensure_superuser'
  ).split(' '),
);

/** The `--settings` of a management command. */
export function readSettings(words: readonly Located<string>[]): Located<string> | undefined {
  return readOptions(words, OPTIONS).options.get('settings');
}

/** Django's development server; its words start after `manage.py runserver`. */
export const runserver: Server = {
  name: 'runserver',
  programs: [],
  modules: [],
  read(words) {
    const { options } = readOptions(words, OPTIONS);
    const settingsModule = readSettings(words);
    return settingsModule === undefined ? { options } : { options, settingsModule };
  },
  abort({ options }) {
    // Measured: the reloader's parent ends with 250 (= -6 & 0xff) after its child aborted
    return {
      core: 'written',
      respawnedBy: 'supervisor',
      supervisorSees: options.has('noreload') ? 'SIGABRT' : 250,
      lost: 'server',
      detail: 'a development server: nothing replaces it, and it is not made for production',
    };
  },
};
