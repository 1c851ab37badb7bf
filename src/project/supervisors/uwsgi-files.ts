import type { Service } from '../project.ts';
import type { CommandReader } from '../start-command.ts';
import { readUwsgiFile, uwsgi } from '../servers/uwsgi.ts';
import { folderOf, INHERITED } from './supervisor.ts';

/**
 * uWSGI configuration files that no command of the repository names: vassals of an emperor, or files that a command
 * outside of the repository runs. `services` are those already found.
 */
export function uwsgiFiles(reader: CommandReader, services: readonly Service[]): Service[] {
  const used = new Set(services.flatMap(({ command }) => command?.value.configurationFiles ?? []));
  const emperor = services.find(({ command }) => command?.value.options.has('emperor') === true);
  const vassals = emperor?.command?.value.options.get('emperor');
  const inFolder = vassalsIn(vassals?.value, reader.sources.besidesPython);
  const found: Service[] = [];
  for (const path of reader.sources.besidesPython) {
    if (used.has(path) || !/\.(?:ini|xml|ya?ml)(?:\.(?:j2|tmpl|tpl|in|example|sample|dist))?$/.test(path))
      continue;
    if (!/uwsgi|vassal/i.test(path) && !path.endsWith('.ini')) continue;
    const file = reader.sources.read(path);
    if (file === undefined || !/^\s*(?:\[uwsgi\]|<uwsgi|"?uwsgi"?:)/m.test(file.text)) continue;
    const folder = folderOf(path);
    const reading = readUwsgiFile(file, {
      find: (named) =>
        reader.sources.read(folder === '' ? named : `${folder}/${named}`) ?? reader.sources.read(named),
      beside: () => undefined,
      evaluate: () => undefined,
      environment: new Map(),
    });
    // a file with nothing to serve is included by others
    if (reading.application === undefined && !reading.options.has('emperor')) continue;
    const isVassal = vassals !== undefined && (inFolder === undefined || inFolder.has(path));
    // the emperor goes to the folder of its vassals, and they start there (seen with 2.0.30: the core is in it)
    const workingDirectory =
      reading.workingDirectory ?? (isVassal && /^\/[^*?[$%]*$/.test(vassals.value) ? vassals : undefined);
    const first = [...reading.options.values()].find(({ at }) => at.file === path);
    found.push({
      name: path,
      supervisor: isVassal ? 'uwsgi-emperor' : 'unknown',
      file: path,
      command: {
        value: {
          argv: ['uwsgi', path],
          launchers: [],
          behindShell: false,
          server: 'uwsgi',
          options: reading.options,
          configurationFiles: reading.files ?? [path],
          abort: uwsgi.abort(reading),
          ...(reading.application === undefined ? {} : { application: reading.application }),
        },
        at: first?.at ?? file.span(0, 0),
      },
      environment: reading.environment ?? new Map(),
      restart: isVassal
        ? // Emperor in uWSGI's manual: a vassal that dies is started again, later each time it dies early
          { afterAbort: true, detail: 'the emperor starts a vassal that died again' }
        : { afterAbort: 'unknown', detail: 'nothing in the repository says what starts it' },
      coreLimit: INHERITED,
      notes: reading.notes ?? [],
      ...(reading.user === undefined ? {} : { user: reading.user }),
      ...(workingDirectory === undefined ? {} : { workingDirectory }),
      ...(reading.settingsModule === undefined ? {} : { settingsModule: reading.settingsModule }),
    });
  }
  return found;
}

/** The files of the folder that the emperor watches; undefined where the repository has none of that name. */
function vassalsIn(watched: string | undefined, files: readonly string[]): ReadonlySet<string> | undefined {
  // a pattern such as /etc/uwsgi/vassals/*.ini names files of one folder
  const name =
    watched
      ?.replace(/\/[^/]*[*?[][^/]*$/, '')
      .replace(/\/+$/, '')
      .split('/')
      .at(-1) ?? '';
  const found = files.filter((path) => name !== '' && `/${folderOf(path)}`.endsWith(`/${name}`));
  return found.length === 0 ? undefined : new Set(found);
}
