/** What runs a package that is not installed, by the first word of npm_config_user_agent, which each of them sets. */
const RUNNERS: Readonly<Record<string, string>> = {
  npm: 'npx',
  pnpm: 'pnpm dlx',
  yarn: 'yarn dlx',
  bun: 'bunx',
};

/**
 * A command of this package as its user can type it: `pycrash check` where the package is installed, and `npx
 * pycrash-init check` where npx runs it, which puts `pycrash` on PATH for its own run only.
 */
export function typedCommand(words: string): string {
  const runner = RUNNERS[(process.env['npm_config_user_agent'] ?? '').split('/')[0] ?? ''];
  return runner === undefined ? `pycrash ${words}` : `${runner} pycrash-init ${words}`;
}

/** The same in a help whose examples begin with `pycrash`, each on a line of its own. */
export function typedExamples(text: string): string {
  return text.replaceAll(
    /^( +(?:\$ )?(?:sudo |\w+=\S+ )?)pycrash (?=\w)/gm,
    (_, before: string) => before + typedCommand(''),
  );
}
