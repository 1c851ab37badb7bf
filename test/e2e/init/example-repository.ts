import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { commitAll } from './django-project.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** Ended, and removed, after the test. */
export const children: ChildProcess[] = [];
export const folders: string[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGTERM');
    await gone;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-init-'));
  folders.push(folder);
  return folder;
}

/** A committed copy of an example. */
export function example(name: string): string {
  const root = newFolder();
  cpSync(EXAMPLES + name, root, { recursive: true });
  commitAll(root);
  return root;
}

/** What `what` gives, asked for a minute. */
export async function until<T>(what: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await what();
    if (found !== undefined) return found;
    await setTimeout(200);
  }
  throw new Error('waited in vain');
}
