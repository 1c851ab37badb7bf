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
    const first = [...reading.options.values()].find(({ at }) => at.file === path);
    found.push({
      name: path,
      supervisor: emperor === undefined ? 'unknown' : 'uwsgi-emperor',
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
      restart:
        emperor === undefined
          ? { afterAbort: 'unknown', detail: 'nothing in the repository says what starts it' }
          : // Emperor in uWSGI's manual: a vassal that dies is started again, later each time it dies early
            { afterAbort: true, detail: 'the emperor starts a vassal that died again' },
      coreLimit: INHERITED,
      notes: reading.notes ?? [],
      ...(reading.user === undefined ? {} : { user: reading.user }),
      ...(reading.workingDirectory === undefined ? {} : { workingDirectory: reading.workingDirectory }),
      ...(reading.settingsModule === undefined ? {} : { settingsModule: reading.settingsModule }),
    });
  }
  return found;
}
