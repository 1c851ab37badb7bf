import { execa } from 'execa';
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folder of this user's runtime files; pam_systemd(8) makes it at the first login, and says where in XDG_RUNTIME_DIR. */
export function runtimeFolder(): string {
  return process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.getuid?.() ?? 0}`;
}

/** Where a unit of that name is looked for until the user logs out (systemd.unit(5)). */
export function userUnitFile(name: string): string {
  return join(runtimeFolder(), 'systemd', 'user', name);
}

/** Does a systemd of this user, who is not root, answer? */
export function hasUserManager(): boolean {
  // its own socket: a session bus need not be there
  if (process.getuid?.() === 0 || !existsSync(join(runtimeFolder(), 'systemd', 'private'))) return false;
  try {
    execFileSync('systemctl', ['--user', 'show', '--property=Version'], {
      stdio: 'ignore',
      timeout: 5000,
      env: { ...process.env, XDG_RUNTIME_DIR: runtimeFolder() },
    });
    return true;
  } catch {
    return false;
  }
}

/** systemctl(1) for this user's units. */
export function userSystemctl(
  ...words: string[]
): Promise<{ stdout: string; stderr: string; exitCode?: number | undefined }> {
  return execa('systemctl', ['--user', ...words], {
    reject: false,
    timeout: 60_000,
    env: { XDG_RUNTIME_DIR: runtimeFolder() },
  });
}

/** Ends a unit that was installed for a test, and takes it out again. Others are not touched, and nothing is reloaded. */
export async function removeUserUnit(name: string): Promise<void> {
  const file = userUnitFile(name);
  if (!existsSync(file)) return;
  // at once: the processes of a test have nothing to finish, and the core of one that aborts now is not looked at
  await userSystemctl('kill', '--signal=SIGKILL', name);
  await userSystemctl('stop', name);
  await userSystemctl('reset-failed', name);
  rmSync(file, { force: true });
  try {
    // it need not have been there
    rmdirSync(dirname(file));
  } catch {
    // the user has others
  }
}
