import type { CommandModule } from './command.ts';

interface Entry {
  name: string;
  summary: string;
  load: () => Promise<CommandModule>;
}

/** Every command, in the order of the help. Only the one that is called is loaded. */
export const COMMANDS: readonly Entry[] = [
  { name: 'init', summary: 'set up crash handling in a repository', load: () => import('./init.ts') },
  { name: 'remove', summary: 'take out what init put in', load: () => import('./remove.ts') },
  { name: 'upgrade', summary: 'bring generated files to this version', load: () => import('./upgrade.ts') },
  {
    name: 'verify',
    summary: 'crash the real application and prove the core',
    load: () => import('./verify.ts'),
  },
  { name: 'unit', summary: 'print the configuration of a supervisor', load: () => import('./unit.ts') },
  {
    name: 'doctor',
    summary: 'would this host, or that process, leave a usable core?',
    load: () => import('./doctor.ts'),
  },
  { name: 'check', summary: 'check that crash handling is wired', load: () => import('./check.ts') },
  { name: 'report', summary: 'show the crash that is in a core', load: () => import('./report.ts') },
  { name: 'debug', summary: 'open a core in gdb, with our commands', load: () => import('./debug.ts') },
];
