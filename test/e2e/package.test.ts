import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/index.ts';
import manifest from '../../package.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SUBCOMMANDS = new Set(COMMANDS.map(({ name }) => name));

interface Packed {
  filename: string;
  entryCount: number;
  files: { path: string }[];
}

test('the package is a bundle with both bins, and npx runs it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-package-'));
  try {
    const listing = execFileSync(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    );
    const [packed] = JSON.parse(listing) as Packed[];
    const paths = packed?.files.map(({ path }) => path) ?? [];
    expect(paths).toContain('dist/pycrash.js');
    expect(paths).toContain('dist/pycrash-init.js');
    // npx takes as long as there are files (facts: 3,000 files, 18 s): the whole package stays under 60.
    expect(packed?.entryCount).toBeLessThan(60);
    expect(
      paths.filter((path) => !/^dist\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path)),
    ).toEqual([]);
    expect(Object.keys(manifest)).not.toContain('dependencies');
    const tarball = join(folder, packed?.filename ?? '');
    tellsCommandsToType(folder, tarball);
    for (const bin of ['pycrash', 'pycrash-init']) {
      const said = execFileSync('npx', ['--yes', '--offline', '--package', tarball, bin, '--version'], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(said).toBe(`${manifest.version}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 400_000);

/** In a project with findings: what is printed is what the user can type, without the package and with it installed. */
function tellsCommandsToType(folder: string, tarball: string): void {
  const project = join(folder, 'project');
  cpSync(`${ROOT}examples/django-minimal`, project, { recursive: true });
  const npx = ['npx', '--yes', '--offline', '--package', tarball, 'pycrash-init'];
  execFileSync('npm', ['install', '--offline', '--global', '--prefix', join(folder, 'installed'), tarball]);
  const { npm_config_user_agent: _, ...own } = process.env;
  const PATH = `${join(folder, 'installed/bin')}:${own['PATH']}`;
  const situations = [
    { typed: 'npx pycrash-init', words: npx, env: own },
    { typed: 'pycrash', words: ['pycrash'], env: { ...own, PATH } },
  ];
  for (const { typed, words, env } of situations) {
    const run = (...more: string[]): { status: number | null; text: string } => {
      const [program = '', ...rest] = [...words, ...more];
      const { status, stdout, stderr } = spawnSync(program, rest, { cwd: project, env, encoding: 'utf8' });
      return { status, text: stdout + stderr };
    };
    const said = [run('init', '--yes'), run('check'), run('check', '--help')].map(({ text }) => text);
    // not what it shows of the files that it writes
    const printed = said.join('\n').replaceAll(/^ *\d* *\+.*$/gm, '');
    const commands = [...printed.matchAll(/(?:npx )?\bpycrash(?:-init)? (\w+)(?= |`|$)/gm)];
    const told = commands.filter(([, name = '']) => SUBCOMMANDS.has(name));
    expect(told.length, printed).toBeGreaterThan(5);
    for (const [command, name = ''] of told) expect(command, printed).toBe(`${typed} ${name}`);
    for (const name of new Set(told.map(([, each = '']) => each))) expect(run(name, '--help').status).toBe(0);
    // what is not installed is there for the run of npx alone
    expect(spawnSync('sh', ['-c', 'command -v pycrash'], { env }).status === 0).toBe(typed === 'pycrash');
  }
}

test('publint has nothing to say', () => {
  const said = execFileSync('npx', ['publint', '--strict'], { cwd: ROOT, encoding: 'utf8' });
  expect(said).toContain('All good!');
});
