import { ENDS } from './frameworks/scripts.ts';
import type { Located, Project, Service, StartCommand } from './project.ts';
import { isJobServer } from './servers/index.ts';

/**
 * The management commands that are services or scheduled jobs, each once, where it is started. At the exit code of the
 * others scripts look (`manage.py migrate || …`), and an abort would change it. `starter`: only those that it starts.
 */
export function managementCommands(
  { services, scheduledCommands, files }: Pick<Project, 'services' | 'scheduledCommands' | 'files'>,
  isOf: (started: Pick<Service, 'file' | 'command'>) => boolean,
  starter: 'manage.py' | 'django-admin' = 'manage.py',
): Located<string>[] {
  const there = new Set(files);
  const kept = services.filter(({ name, unit, file }) =>
    unit?.endsByItself === true
      ? there.has(file.replace(/\.service$/, '.timer'))
      : !ENDS.test(name.replace(/cron/gi, '')),
  );
  const found = [...kept, ...scheduledCommands].flatMap((started: Pick<Service, 'file' | 'command'>) => {
    const name =
      started.command === undefined ? undefined : managementCommandOf(started.command.value, starter);
    if (started.command === undefined || name === undefined || !isOf(started)) return [];
    return [{ value: name, at: started.command.at }];
  });
  const first = new Map(found.toReversed().map((one) => [one.value, one]));
  return [...first.values()].sort((a, b) => (a.value < b.value ? -1 : 1));
}

/** Both of the latter do the same, without a file of the repository (django.core.management). */
const STARTERS = {
  'manage.py': (word: string) => /(?:^|\/)manage\.py$/.test(word),
  'django-admin': (word: string, before = '') =>
    /(?:^|\/)django-admin(?:\.py)?$/.test(word) || (word === 'django' && before === '-m'),
};

/** What serves by a web server is watched where its application is made. */
function managementCommandOf(
  { argv, server }: StartCommand,
  starter: keyof typeof STARTERS,
): string | undefined {
  return server !== undefined && !isJobServer(server) ? undefined : askedOf(argv, starter);
}

/** The command that the starter is asked for. */
export function askedOf(argv: readonly string[], starter: keyof typeof STARTERS): string | undefined {
  const at = argv.findIndex((word, index) => STARTERS[starter](word, argv[index - 1]));
  // Django takes the first word for the command, whatever it is
  const command = at === -1 ? undefined : argv[at + 1];
  return command === undefined || command.startsWith('-') ? undefined : command;
}
