import { ENDS } from './frameworks/scripts.ts';
import type { Located, Project, Service, StartCommand } from './project.ts';
import { isJobServer } from './servers/index.ts';

/**
 * The management commands that are services or scheduled jobs, each once, where it stands. At the exit code of the
 * others scripts look (`manage.py migrate || …`), and an abort would change it.
 */
export function managementCommands(
  { services, scheduledCommands, files }: Project,
  isOf: (started: Pick<Service, 'file' | 'command'>) => boolean,
): Located<string>[] {
  const there = new Set(files);
  const kept = services.filter(({ name, unit, file }) =>
    unit?.endsByItself === true
      ? there.has(file.replace(/\.service$/, '.timer'))
      : !ENDS.test(name.replace(/cron/gi, '')),
  );
  const found = [...kept, ...scheduledCommands].flatMap((started: Pick<Service, 'file' | 'command'>) => {
    const name = started.command === undefined ? undefined : managementCommandOf(started.command.value);
    if (started.command === undefined || name === undefined || !isOf(started)) return [];
    return [{ value: name, at: started.command.at }];
  });
  const first = new Map(found.toReversed().map((one) => [one.value, one]));
  return [...first.values()].sort((a, b) => (a.value < b.value ? -1 : 1));
}

/** The command that manage.py is asked for; what serves by a web server is watched where its application is made. */
function managementCommandOf({ argv, server }: StartCommand): string | undefined {
  const manage = argv.findIndex((word) => /(?:^|\/)manage\.py$/.test(word));
  if (manage === -1 || (server !== undefined && !isJobServer(server))) return undefined;
  // Django takes the first word for the command, whatever it is
  const command = argv[manage + 1];
  return command === undefined || command.startsWith('-') ? undefined : command;
}
