import { typedCommand } from '../../typed-command.ts';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileBuildId, readElf, symbolAddress } from '../../core/elf/file.ts';
import { openLocalFile } from '../../core/local-files.ts';
import { hostCheck, type Check, type HostCheck } from '../host-check.ts';
import type { ProcessStatus } from '../process-status.ts';
import { sysctl } from './kernel.ts';

/** What is here for looking at a core by hand; `pycrash report` needs none of it. */
export function debuggerChecks(): HostCheck[] {
  const version = output('gdb', [
    '-nx',
    '--batch',
    '-ex',
    'python print("python " + str(sys.version_info[0]))',
  ]);
  const checks: HostCheck[] = [
    version === undefined
      ? hostCheck(
          'host',
          'gdb',
          'unknown',
          'there is no gdb here',
          `\`${typedCommand('report')}\` reads a core without it; \`${typedCommand('debug')}\` needs it.`,
          'apt-get install gdb',
        )
      : version.includes('python 3')
        ? hostCheck('host', 'gdb', 'good', 'gdb is here and has Python')
        : hostCheck('host', 'gdb', 'unknown', 'gdb is here, without Python'),
  ];
  const scope = sysctl('kernel.yama.ptrace_scope');
  if (scope !== undefined && Number(scope) > 1) {
    checks.push(
      hostCheck(
        'host',
        'ptrace-scope',
        'unknown',
        `kernel.yama.ptrace_scope is ${scope}`,
        'Living processes can be looked at by root only (2) or by nobody (3); cores are not concerned.',
      ),
    );
  }
  return checks;
}

/** Would gdb have debug symbols of the interpreter that this process runs? None where it runs no Python. */
export function symbolChecks({ pid }: ProcessStatus, check: Check): HostCheck[] {
  const path = interpreterOf(pid);
  const file = path === undefined ? undefined : openLocalFile(`/proc/${pid}/root${path}`);
  if (path === undefined || file === undefined) return [];
  try {
    const elf = readElf(file);
    const id = elf === undefined ? undefined : fileBuildId(file, elf);
    // "Debugging Information in Separate Files" of gdb's manual
    const apart = id === undefined ? '' : `/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
    const inside = elf !== undefined && symbolAddress(file, elf, '-', '.debug_info') !== undefined;
    if (inside || existsSync(apart))
      return [check('symbols', 'good', `gdb has debug symbols of ${path}: ${inside ? 'its own' : apart}`)];
    const servers = process.env['DEBUGINFOD_URLS'] ?? '';
    return [
      check(
        'symbols',
        'unknown',
        `there are no debug symbols of ${path} here`,
        servers === ''
          ? `\`${typedCommand('report')}\` needs none; gdb's py-bt does.`
          : `\`${typedCommand('report')}\` needs none; gdb's py-bt does, and may get them from ${servers}.`,
        servers === '' ? `apt-get install ${packageOf(path)}` : `debuginfod-find debuginfo ${id ?? path}`,
      ),
    ];
  } finally {
    file.close();
  }
}

/** The file with the interpreter's code: libpython where it is linked to one, else the program. */
function interpreterOf(pid: number): string | undefined {
  try {
    const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
    return (
      /\/\S*\/libpython3[\d.]*\.so\S*$/m.exec(maps)?.[0] ??
      /\/\S*\/python3[\d.]*$/m.exec(maps)?.[0] ??
      undefined
    );
  } catch {
    return undefined;
  }
}

function packageOf(path: string): string {
  return `python${/python(3\.\d+)/.exec(path)?.[1] ?? '3'}-dbg`;
}

function output(command: string, args: string[]): string | undefined {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
  } catch {
    return undefined;
  }
}
