import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

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
});

test('publint has nothing to say', () => {
  const said = execFileSync('npx', ['publint', '--strict'], { cwd: ROOT, encoding: 'utf8' });
  expect(said).toContain('All good!');
});
