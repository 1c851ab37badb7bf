import { execFileSync } from 'node:child_process';

/**
 * Files of the git work tree at `root` whose state is not in any commit: changed or staged ones, and untracked ones
 * among `touched`. Empty where there is no git, or no repository.
 */
export function uncommitted(root: string, touched: readonly string[]): string[] {
  const run = (args: string[]): string => {
    try {
      return execFileSync('git', ['-c', 'core.fsmonitor=false', ...args], {
        cwd: root,
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024,
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
      });
    } catch {
      return '';
    }
  };
  // relative to the repository's top; `--relative` of diff leaves out what is above `root`
  const changed = (args: string[]): string[] =>
    run(['diff', '--name-only', '-z', '--relative', ...args])
      .split('\0')
      .filter((file) => file !== '');
  const untracked =
    touched.length === 0
      ? []
      : run(['ls-files', '--others', '-z', '--', ...touched])
          .split('\0')
          .filter((file) => file !== '');
  return [...new Set([...changed([]), ...changed(['--cached']), ...untracked])].sort();
}
