import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { UnredactedReport } from '../core/read-core.ts';
import { UserError } from '../errors.ts';
import { processStatus } from '../host/process-status.ts';
import { typedCommand } from '../typed-command.ts';

type Reason = 'gone' | 'zombie' | 'kernel' | 'machine' | 'ended';

/** Why no user can read the process. */
export function notReadable(pid: number, reason: Reason): UserError {
  switch (reason) {
    case 'gone':
      return new UserError('no-process', `there is no process ${pid}`, {
        help: "Name a running one: pgrep -a python. In a container, the host's PIDs are other ones.",
      });
    case 'zombie':
      return new UserError('no-process', `process ${pid} has ended and waits for its parent to notice`, {
        help: `Its memory is gone. If it crashed, its core may be there: ${typedCommand('report last')}`,
      });
    case 'kernel':
      return new UserError('not-python', `${pid} is a thread of the kernel, not a Python process`);
    case 'machine':
      return new UserError(
        'not-python',
        `process ${pid} runs a program of a machine that is not supported (64-bit little-endian x86_64 or aarch64 are)`,
      );
    case 'ended':
      return new UserError(
        'process-ended',
        `process ${pid} ended, or became another program, while it was read`,
        {
          help: `If it crashed, its core may be there: ${typedCommand('report last')}`,
        },
      );
  }
}

/** It was read, and no interpreter that we know was found in it. */
export function notPython(pid: number, { process: { executable }, core }: UnredactedReport): UserError {
  const missing = core.missing.find(({ what }) => what === 'the interpreter');
  return new UserError(
    'not-python',
    `process ${pid} (${executable}) is no CPython 3.8 to 3.15${missing === undefined ? '' : `: ${missing.consequence}`}`,
    { help: 'Which ones are: pgrep -a python. A server that was started by a script is a child of it.' },
  );
}

/** The same error, or for one of the kernel's, why it refuses and what to do (ptrace(2), "Ptrace access mode checking"). */
export function noAccess(pid: number, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ESRCH') return notReadable(pid, 'ended');
  if (code !== 'EACCES' && code !== 'EPERM') return error;
  const { why, help } = refusalOf(pid);
  return new UserError('not-permitted', `process ${pid} may not be read: ${why}`, { help });
}

function refusalOf(pid: number): { why: string; help: string } {
  const ours = userInfo();
  const status = processStatus(pid);
  if (ours.uid === 0) {
    return {
      why: 'even root needs the capability CAP_SYS_PTRACE for it, which this container does not have',
      help: 'Start the container with --cap-add SYS_PTRACE (docker, podman); in Kubernetes: securityContext.capabilities.add [SYS_PTRACE].',
    };
  }
  if (status !== undefined && status.uid !== ours.uid) {
    return {
      why: `it runs as user ${status.uid}, and you are ${ours.username} (${ours.uid})`,
      help: `Run pycrash as root, or as that user: sudo -u '#${status.uid}' pycrash …`,
    };
  }
  if (status?.dumpable === false) {
    return {
      why: 'it is not dumpable: it changed its user, or its program file may not be read (PR_SET_DUMPABLE)',
      help: 'Run pycrash as root.',
    };
  }
  const scope = yamaScope();
  if (scope > 0) {
    return {
      why: `kernel.yama.ptrace_scope is ${scope}, which lets ${scope === 1 ? 'only its ancestors' : scope === 2 ? 'only root' : 'no process at all'} read it`,
      help:
        scope === 3
          ? 'That can only be changed by a restart of the machine (kernel.yama.ptrace_scope in sysctl.d).'
          : 'Run pycrash as root, or as root: sysctl kernel.yama.ptrace_scope=0',
    };
  }
  return {
    why: 'the kernel refuses: it has capabilities or a user namespace that you have not, or a security module forbids it',
    help: 'Run pycrash as root.',
  };
}

function yamaScope(): number {
  try {
    return Number(readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'utf8'));
  } catch {
    return 0;
  }
}
