// Makes `npm test`, `npm run demo` … work on a fresh clone of a fresh Debian or Ubuntu with Node and Python.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Installs node_modules when they are missing or older than the lock file. */
export function installPackages() {
  const marker = `${root}node_modules/.package-lock.json`;
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs) return;
  process.stderr.write('installing the npm packages …\n');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
}

/** Installs Debian packages that are missing, as root; else says the line that does it and returns false. */
export function installDebianPackages(names) {
  const installed = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names], {
    encoding: 'utf8',
  });
  const have = new Set((installed.stdout ?? '').split('\n').filter((line) => line.endsWith(' installed')));
  const missing = names.filter((name) => !have.has(`${name} installed`));
  if (missing.length === 0) return true;
  if (installed.error !== undefined || process.getuid?.() !== 0) {
    process.stderr.write(`missing: ${missing.join(' ')}. Run: sudo apt-get install ${missing.join(' ')}\n`);
    return false;
  }
  process.stderr.write(`installing the Debian packages ${missing.join(' ')} …\n`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { stdio: ['ignore', 'ignore', 2], env: environment };
  execFileSync('apt-get', ['update', '-qq'], options);
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], options);
  return true;
}

/** Runs a command in the repository with its output shown; ends this process with its exit code where it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
