import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();
let interruptible = true;
// Signals that end a process by default and that people send (signal(7)); SIGQUIT is Ctrl-\ of a terminal.
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * A new folder that only this user can look into (mkdtemp gives 0700), in `TMPDIR`. It goes when the process ends in
 * any way but SIGKILL, or when `removePrivateFolder` is called.
 */
export function privateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-'));
  if (folders.size === 0) listen();
  folders.add(folder);
  return folder;
}

/** Removes a folder of `privateFolder` with all that is in it. */
export function removePrivateFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
  if (folders.size === 0) ignore();
}

/** From now on Ctrl-C is somebody else's: of the program that runs in the foreground. */
export function surviveInterrupts(): void {
  interruptible = false;
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
}

/** Removes the folders, then lets the signal do what it would have done: the caller sees death by that signal. */
function die(signal: NodeJS.Signals): void {
  if (signal === 'SIGINT' && !interruptible) return;
  removeAll();
  ignore();
  process.kill(process.pid, signal);
}

function listen(): void {
  process.on('exit', removeAll);
  for (const signal of SIGNALS) process.on(signal, die);
}

function ignore(): void {
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, die);
}
