/** The text of a file for EnvironmentFile=: within double quotes `\` escapes `"`, `\`, `$` and the backtick (systemd.exec(5)). */
export function environmentText(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(
    ([name, value]) => `${name}="${value.replaceAll(/["\\$`]/g, '\\$&')}"\n`,
  );
  return lines.join('');
}
