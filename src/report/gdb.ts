import { execa } from 'execa';
import { join } from 'node:path';

interface GdbRun {
  /** A core, or the running process to attach to. */
  target: { core: string } | { pid: number };
  program: string | undefined;
  /** A script that gdb sources: our own. */
  commands: string;
  /** Commands separated by `;` or line ends, after which gdb ends; undefined for a session with the user. */
  batch: string | undefined;
  /** More settings, made before any file is loaded. */
  settings?: readonly string[];
  sysroot?: string;
  searchPath?: readonly string[];
}

/** gdb's command line. Nothing that the core names is run: scripts load from gdb's own folder alone. */
export function gdbArguments(run: GdbRun): string[] {
  const { target, program, commands, batch, sysroot, searchPath = [] } = run;
  const settings = [
    'set auto-load local-gdbinit off',
    'set auto-load safe-path $datadir/auto-load',
    ...(sysroot === undefined
      ? []
      : [
          `set sysroot ${sysroot}`,
          `set debug-file-directory ${join(sysroot, 'usr/lib/debug')}:/usr/lib/debug`,
        ]),
    ...(searchPath.length === 0 ? [] : [`set solib-search-path ${searchPath.join(':')}`]),
    ...(run.settings ?? []),
  ];
  const list = batch === undefined ? [] : batch.split(/[;\n]/).map((command) => command.trim());
  return [
    '--quiet',
    ...(batch === undefined ? [] : ['--batch']),
    ...settings.flatMap((setting) => ['-iex', setting]),
    ...(program === undefined ? [] : [`--se=${program}`]),
    'core' in target ? `--core=${target.core}` : `--pid=${target.pid}`,
    '-ex',
    `source ${commands}`,
    ...list.flatMap((command) => (command === '' ? [] : ['-ex', command])),
  ];
}

/** Is there a program of that name that runs? */
export async function isInstalled(program: 'gdb' | 'eu-stack'): Promise<boolean> {
  const { failed } = await execa(program, ['--version'], { reject: false });
  return !failed;
}

export const INSTALL_GDB =
  'To get it: apt-get install gdb (Debian, Ubuntu), dnf install gdb (Fedora), brew install gdb (macOS).';
