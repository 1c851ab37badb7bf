import { resolve } from 'node:path';
import type { ExitCode } from '../commands/command.ts';
import { readManifest } from '../edit/manifest.ts';
import { planRemove } from '../edit/plan-remove.ts';
import { UserError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import { carryOut } from './carry-out.ts';

interface RemoveRequest {
  folder: string;
  yes: boolean;
  dryRun: boolean;
  force: boolean;
}

/** `pycrash remove`: takes out what the manifest says init put in. Returns the exit code. */
export async function runRemove(terminal: Terminal, request: RemoveRequest): Promise<ExitCode> {
  const root = resolve(terminal.options.cwd, request.folder);
  const manifest = readManifest(root);
  if (manifest === undefined) {
    throw new UserError('no-manifest', `there is no .pycrash.json in ${root}: init has not been run here`, {
      help: 'Run remove in the folder where init was run.',
    });
  }
  const plan = planRemove(root, manifest, request.force);
  return carryOut(terminal, {
    root,
    plan,
    manifest,
    question: 'Take this out?',
    nothing: 'Nothing to do.',
    done: 'Done.',
    yes: request.yes,
    dryRun: request.dryRun,
    force: request.force,
    head: {},
    folders: manifest.folders,
    verify: () => Promise.resolve(undefined),
  });
}
