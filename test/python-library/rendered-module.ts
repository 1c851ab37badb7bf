import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { renderGeneratedModule } from '../../src/project/generated-module.ts';
import { PARTS } from '../../src/project/module-parts.ts';
import type { PythonEnvironment } from '../python-environment.ts';

const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));

/** A folder with the generated module and the test programs; the caller removes it. */
export function renderedModule(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-module-'));
  cpSync(PROGRAMS, folder, { recursive: true });
  writeFileSync(
    join(folder, 'abort_on_exception.py'),
    renderGeneratedModule({ framework: 'django', needed: PARTS }),
  );
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs Python in `folder` and returns its outcome; never throws on an exit code. */
export async function python(
  environment: PythonEnvironment,
  folder: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string; exitCode: number | undefined; signal: string | undefined }> {
  const [command, ...rest] = environment.command('python', args, { cwd: folder, share: [folder] });
  const result = await execa(command, rest, {
    cwd: folder,
    env: { PYCRASH_BUDGET_DIRECTORY: join(folder, 'budget'), PYTHONDONTWRITEBYTECODE: '1', ...env },
    reject: false,
    input: '',
  });
  return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode, signal: result.signal };
}
