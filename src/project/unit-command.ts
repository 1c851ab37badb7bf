/**
 * The special prefixes that stand before the program of an `Exec…=` of a unit (systemd.service(5), "Command lines";
 * `|` since systemd 257); empty where there are none.
 */
export function commandPrefix(command: string): string {
  return /^[-@:+!|]*/.exec(command)?.[0] ?? '';
}

/** The command without them. */
export function withoutPrefix(command: string): string {
  return command.slice(commandPrefix(command).length);
}
