import type { Command } from 'commander';
import { usageError } from '../errors.ts';
import { isPart, PARTS, type Part } from '../project/module-parts.ts';
import { DEFAULT_SYSTEMD_VERSION, systemdVersion } from '../wiring/systemd-version.ts';
import { isKind, isWorkflow, KINDS, WORKFLOWS, type Kind, type Workflow } from '../wiring/wiring.ts';

interface Writing {
  folder: string;
  yes: boolean;
  dryRun: boolean;
  force: boolean;
}

/** The options of every command that writes into a repository. */
export function withWritingOptions(command: Command, force: string): Command {
  return command
    .argument('[dir]', 'the repository', '.')
    .option('-y, --yes', 'write without asking')
    .option('--dry-run', 'show what would be written, and write nothing')
    .option('--force', force);
}

export function writingOptions(
  args: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Writing {
  return {
    folder: textOption(args[0]) ?? '.',
    yes: options['yes'] === true,
    dryRun: options['dryRun'] === true,
    force: options['force'] === true,
  };
}

/** The options of init and upgrade. */
export function withWiringOptions(command: Command, force: string): Command {
  return withWritingOptions(command, force)
    .option('--only <kinds>', `only these parts, of ${KINDS.join(', ')}`)
    .option(
      '--with <parts>',
      `parts of the generated module that nothing in the repository asks for, of ${PARTS.join(', ')}`,
    )
    .option('--framework <name>', 'the framework, where it cannot be told')
    .option('--settings <module>', 'the settings module of production, e.g. shop.settings.production')
    .option('--supervisor <kind>', 'what starts the service, where the repository does not say: systemd')
    .option('--ci <places>', `where the check is to run, of ${WORKFLOWS.join(', ')}`)
    .option(
      '--dumpable',
      'allow cores of a gunicorn that gives root away itself; they may hold what its user cannot read',
    )
    .option(
      '--systemd-version <number>',
      'the oldest systemd that the units run under',
      DEFAULT_SYSTEMD_VERSION,
    );
}

export interface Wired extends Writing {
  only?: ReadonlySet<Kind>;
  framework?: string;
  settings?: string;
  supervisor?: string;
  workflows?: ReadonlySet<Workflow>;
  parts?: readonly Part[];
  dumpable: boolean;
  systemdVersion: number;
}

export function wiringOptions(args: readonly unknown[], options: Readonly<Record<string, unknown>>): Wired {
  const only = textOption(options['only']);
  const framework = textOption(options['framework']);
  const settings = textOption(options['settings']);
  const supervisor = textOption(options['supervisor']);
  const workflows = textOption(options['ci']);
  const parts = textOption(options['with']);
  return {
    ...writingOptions(args, options),
    dumpable: options['dumpable'] === true,
    systemdVersion: systemdVersion(textOption(options['systemdVersion'])),
    ...(only === undefined ? {} : { only: new Set(wordsOf('--only', only, KINDS, isKind)) }),
    ...(framework === undefined ? {} : { framework }),
    ...(settings === undefined ? {} : { settings }),
    ...(supervisor === undefined ? {} : { supervisor }),
    ...(parts === undefined ? {} : { parts: wordsOf('--with', parts, PARTS, isPart) }),
    ...(workflows === undefined
      ? {}
      : { workflows: new Set(wordsOf('--ci', workflows, WORKFLOWS, isWorkflow)) }),
  };
}

function wordsOf<Word extends string>(
  option: string,
  list: string,
  all: readonly string[],
  isWord: (word: string) => word is Word,
): Word[] {
  return list.split(',').map((part) => {
    const word = part.trim();
    if (isWord(word)) return word;
    throw usageError(`${option} does not know '${word}'`, `It takes, with commas: ${all.join(', ')}`);
  });
}

/** The value of an option or argument that takes text. */
export function textOption(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
