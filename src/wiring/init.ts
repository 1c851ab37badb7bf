import { resolve } from 'node:path';
import type { ExitCode } from '../commands/command.ts';
import { readManifest } from '../edit/manifest.ts';
import type { Application, Project } from '../project/project.ts';
import type { Part } from '../project/module-parts.ts';
import { readProject } from '../project/read-project.ts';
import type { Terminal } from '../terminal.ts';
import { carryOut } from './carry-out.ts';
import { chooseApplication } from './choose-application.ts';
import { planInit } from './plan-init.ts';
import type { Kind, Workflow } from './wiring.ts';
import { typedCommand } from '../typed-command.ts';

export interface InitRequest {
  folder: string;
  yes: boolean;
  dryRun: boolean;
  force: boolean;
  upgrade: boolean;
  only?: ReadonlySet<Kind>;
  framework?: string;
  settings?: string;
  supervisor?: string;
  workflows?: ReadonlySet<Workflow>;
  parts?: readonly Part[];
  dumpable: boolean;
  systemdVersion: number;
}

/** `pycrash init` and, with `upgrade`, `pycrash upgrade`. Returns the exit code. */
export async function runInit(terminal: Terminal, request: InitRequest): Promise<ExitCode> {
  const root = resolve(terminal.options.cwd, request.folder);
  terminal.progress('reading the project …');
  const project = await readProject(root);
  terminal.progress('');
  const application = chooseApplication(project, request);
  const { plan, unmet } = await planInit(project, application, {
    ...request,
    // parts that are asked for change a module that is there
    ifOurs: !request.upgrade && request.parts === undefined ? 'leave' : request.force ? 'replace' : 'merge',
  });
  return carryOut(terminal, {
    root,
    plan,
    manifest: readManifest(root),
    question: request.upgrade ? 'Bring these files up to date?' : 'Set up crash handling like this?',
    nothing: request.upgrade ? 'Everything is up to date.' : 'Nothing to do: crash handling is set up.',
    done: request.upgrade
      ? 'Done.'
      : `Done. Next: \`${typedCommand('check')}\`, then \`${typedCommand('verify')}\`; commit the changes.`,
    yes: request.yes,
    dryRun: request.dryRun,
    force: request.force,
    head: { project: summary(project, application) },
    verify: async () => unmet(await readProject(root)),
  });
}

function summary(project: Project, application: Application): Record<string, unknown> {
  const { framework, frameworkVersion, settings, entryPoints } = application;
  return {
    framework,
    ...(frameworkVersion === undefined ? {} : { frameworkVersion: frameworkVersion.value }),
    settings: distinct(settings.map(({ module }) => module)),
    entryPoints: distinct(
      entryPoints.map(({ module, object }) => (object === undefined ? module : `${module}:${object}`)),
    ),
    servers: distinct(project.services.map(({ command }) => command?.value.server)),
    supervisors: distinct(project.services.map(({ supervisor }) => supervisor)),
  };
}

function distinct(words: readonly (string | undefined)[]): string[] {
  return [...new Set(words.filter((word) => word !== undefined))];
}
