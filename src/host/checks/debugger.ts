import { execFileSync } from 'node:child_process';
import { hostCheck, type HostCheck } from '../host-check.ts';
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
          'pycrash report reads a core without it; pycrash debug needs it.',
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
