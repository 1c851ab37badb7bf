import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Project } from '../../src/project/project.ts';
import { readProject } from '../../src/project/read-project.ts';
import type { Files } from './evaluate.ts';

/** Reads a repository of these files; they are only in memory, in an empty folder that is no git repository. */
export async function project(files: Files): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-project-'));
  try {
    const overlay = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
    return await readProject(folder, { overlay });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
