import type { Located, Service } from '../project.ts';
import { mappingOf, readYaml, textOf, under } from '../readers/yaml.ts';
import type { SourceFile } from '../readers/text.ts';
import type { Supervisor } from './supervisor.ts';

/** NGINX Unit: `applications` of type python in its JSON configuration. */
export const nginxUnit: Supervisor = {
  name: 'nginx-unit',
  find(reader, found) {
    for (const path of reader.sources.besidesPython) {
      if (!/(?:^|[/._-])(?:unit|nginx|conf)[^/]*\.json$/i.test(path)) continue;
      const file = reader.sources.read(path);
      if (file === undefined || !/"type"\s*:\s*"python/.test(file.text)) continue;
      found.services.push(...applicationsOf(file));
    }
  },
};

function applicationsOf(file: SourceFile): Service[] {
  return readYaml(file).flatMap((document) =>
    mappingOf(under(document, 'applications')).flatMap(({ key, value }) => {
      const type = textOf(under(value, 'type'));
      if (type === undefined || !type.value.startsWith('python')) return [];
      // either the application names its module, or each of its targets does (unit.nginx.org, Python)
      const targets = mappingOf(under(value, 'targets'));
      const served = [
        ...(targets.length === 0 ? [{ name: key.value, at: value }] : []),
        ...targets.map((target) => ({ name: `${key.value}/${target.key.value}`, at: target.value })),
      ];
      const environment = new Map(
        mappingOf(under(value, 'environment')).flatMap((entry): [string, Located<string>][] => {
          const text = textOf(entry.value);
          return text === undefined ? [] : [[entry.key.value, text]];
        }),
      );
      const options = new Map(
        mappingOf(value).flatMap((entry): [string, Located<string>][] => {
          const text = textOf(entry.value);
          return text === undefined ? [] : [[entry.key.value, text]];
        }),
      );
      const user = options.get('user');
      const workingDirectory = options.get('working_directory');
      const settingsModule = environment.get('DJANGO_SETTINGS_MODULE');
      return served.flatMap(({ name, at }): Service[] => {
        const module = textOf(under(at, 'module'));
        if (module === undefined) return [];
        const callable = textOf(under(at, 'callable')) ?? options.get('callable');
        const one: Service = {
          name,
          supervisor: 'nginx-unit',
          file: file.path,
          command: {
            value: {
              argv: ['unitd'],
              launchers: [],
              behindShell: false,
              server: 'nginx-unit',
              application: `${module.value}:${callable?.value ?? 'application'}`,
              options,
              abort: {
                // unitd runs as root and its processes give that up by setuid, without exec
                core: 'unknown',
                respawnedBy: 'server',
                supervisorSees: 'nothing',
                lost: 'worker',
                detail: 'the router asks for a new process when one has died',
              },
            },
            at: module.at,
          },
          environment,
          restart: { afterAbort: true, detail: 'unitd starts another process of the application' },
          coreLimit: { soft: 'unknown', detail: 'inherited from what starts unitd' },
          notes: [],
          ...(user === undefined ? {} : { user }),
          ...(workingDirectory === undefined ? {} : { workingDirectory }),
          ...(settingsModule === undefined ? {} : { settingsModule }),
        };
        return [one];
      });
    }),
  );
}
