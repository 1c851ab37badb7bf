import { execa } from 'execa';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { movedText } from '../listening.ts';
import { INSIDE, writeOver } from '../private-root.ts';
import type { Setup } from './supervised.ts';

/** The folder with the services' folders. */
export const SERVICES = `${INSIDE}/service`;

/** Where the service's folder is, as the service sees it. */
export function serviceFolder({ deployment }: Setup): string {
  return `${SERVICES}/${deployment.name}`;
}

/**
 * Lays the service's folder as it stands in the repository (without a log service of its own, so that its log can be
 * read), or one with the snippet as `run`, where the supervisor of the private root looks for it.
 */
export function writeServiceFolder(setup: Setup): void {
  const { deployment, request } = setup;
  const { place, options } = request;
  const folder = serviceFolder(setup);
  if (deployment.file === undefined) {
    writeOver(
      place,
      `${folder}/run`,
      movedText(deployment.snippet ?? '', request.target.server, setup.port),
      0o755,
    );
    return;
  }
  const source = join(options.root, dirname(deployment.file));
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    const path = join(source, name);
    if (!statSync(path).isFile() || /^(?:log|supervise|event)\//.test(name)) continue;
    const text = readFileSync(path, 'utf8');
    const isRun = name === 'run';
    const executable = isRun || (statSync(path).mode & 0o100) !== 0;
    writeOver(
      place,
      `${folder}/${name}`,
      isRun ? movedText(text, request.target.server, setup.port) : text,
      executable ? 0o755 : 0o644,
    );
  }
}

/** Does the first process of the root run that program? */
export function runs(first: number, program: string): boolean {
  const file = `/proc/${first}/comm`;
  return existsSync(file) && readFileSync(file, 'utf8').trim() === program;
}

/** Why a service is down that should run: a file `down`, or what its `finish` has done. */
export function whyDown(setup: Setup, first: number): string {
  const folder = `/proc/${first}/root${serviceFolder(setup)}`;
  if (existsSync(join(folder, 'down')))
    return '; there is a file down beside its run: it is started by hand only';
  return existsSync(join(folder, 'finish')) ? '; its finish may have said so (in s6: exit code 125)' : '';
}

/** What a program of the supervisor prints about the service's folder. */
export async function ask(setup: Setup, first: number, ...words: string[]): Promise<string> {
  const inside = ['--target', String(first), '--all', '--', ...words, serviceFolder(setup)];
  return (await execa('nsenter', inside, { reject: false, timeout: 10_000 })).stdout;
}
