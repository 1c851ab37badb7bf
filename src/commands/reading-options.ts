import { Option, type Command } from 'commander';

/** The options that say how to read a core, of `report` and of `debug`. */
export function defineReading(command: Command): Command {
  return command
    .option('--executable <file>', "the program that ran; its build ID has to be the core's")
    .option('--sysroot <dir>', 'the root folder of the container or host that the core is from')
    .option('--search-path <dir...>', 'folders in which programs and libraries are found by name')
    .option('--source <dir...>', 'folders with the source code, for the source lines')
    .option('--scan', 'search the whole heap for exceptions')
    .addOption(
      new Option('--redact <level>', 'strict: no text of the process at all; none: hide nothing')
        .choices(['strict', 'default', 'none'])
        .default('default'),
    )
    .option('--show-secrets', 'the same as --redact none');
}
