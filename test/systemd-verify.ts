import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * What `systemd-analyze verify` says of unit files (by name, e.g. `shop.service.d/10-pycrash.conf`), where the first is
 * the unit. It warns with exit code 0, so its text is what counts.
 */
export function verifyUnits(files: Readonly<Record<string, string>>): {
  status: number | null;
  output: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-units-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const unit = join(folder, Object.keys(files)[0] ?? '');
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
