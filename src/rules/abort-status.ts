/**
 * Does this word of RestartPreventExitStatus= or SuccessExitStatus= stand for the end of an aborted process?
 * A number is an exit status, never a signal (systemd.service(5)); behind a shell an abort is exit status 128 + 6.
 */
export function isAbort(word: string, behindShell: boolean): boolean {
  return behindShell ? word === '134' : /^(SIG)?ABRT$/.test(word);
}
