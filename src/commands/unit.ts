import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { DEFAULT_SYSTEMD_VERSION, systemdVersion } from '../wiring/systemd-version.ts';
import { snippet, SNIPPET_KINDS } from '../wiring/units/snippets.ts';
import type { ExitCode } from './command.ts';
import { textOption } from './wiring-options.ts';

export function define(command: Command): void {
  command
    .argument('<kind>', SNIPPET_KINDS.join(', '))
    .option('--name <name>', 'name of the service', 'app')
    .option('--user <user>', 'user that it runs as', 'www-data')
    .option('--working-directory <folder>', 'folder with manage.py on the host; by default /srv/NAME')
    .option('--command <line>', 'start command; by default gunicorn')
    .option('--drop-in', 'only what a unit that is there already lacks by default')
    .option('--systemd-version <number>', 'the oldest systemd that it runs under', DEFAULT_SYSTEMD_VERSION)
    .addHelpText(
      'after',
      `
Examples:
  pycrash unit systemd --name shop --user shop --working-directory /srv/shop
  pycrash unit systemd --name shop --drop-in --systemd-version 252
  pycrash unit runit --name shop --user shop --command '/srv/shop/.venv/bin/gunicorn shop.wsgi' > /etc/sv/shop/run`,
    );
}

export function run(
  terminal: Terminal,
  args: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const name = textOption(options['name']) ?? 'app';
  const command = textOption(options['command']);
  const kind = textOption(args[0]) ?? '';
  const { path, text } = snippet(kind, {
    name,
    user: textOption(options['user']) ?? 'www-data',
    workingDirectory: textOption(options['workingDirectory']) ?? `/srv/${name.replace(/\.service$/, '')}`,
    dropIn: options['dropIn'] === true,
    systemdVersion: systemdVersion(textOption(options['systemdVersion'])),
    ...(command === undefined ? {} : { command }),
  });
  if (terminal.options.json) terminal.document({ schemaVersion: 1, kind, path, text });
  else terminal.out(text);
  return Promise.resolve(0);
}
