import type { CommandModule } from './command.ts';

interface Entry {
  name: string;
  summary: string;
  load: () => Promise<CommandModule>;
}

const setup = async () => import('./setup.ts');
const fleet = async () => import('./fleet.ts');
const reading = async () => import('./reading.ts');

/** Every command, in the order of the help. Only the one that is called is loaded, with those that share its chunk. */
export const COMMANDS: readonly Entry[] = [
  {
    name: 'init',
    summary: 'set up crash handling in a repository',
    load: async () => (await setup()).init,
  },
  { name: 'check', summary: 'check that crash handling is wired', load: () => import('./check.ts') },
  {
    name: 'verify',
    summary: 'crash the real application and prove the core',
    load: () => import('./verify.ts'),
  },
  {
    name: 'doctor',
    summary: 'would this host, or that process, leave a usable core?',
    load: () => import('./doctor.ts'),
  },
  { name: 'report', summary: 'show the crash that is in a core', load: async () => (await reading()).report },
  {
    name: 'debug',
    summary: 'open a core in gdb, with our commands',
    load: async () => (await reading()).debug,
  },
  {
    name: 'collect',
    summary: 'move cores off the disk, into a store',
    load: async () => (await fleet()).collect,
  },
  {
    name: 'cores',
    summary: 'find crashes in the spool or a store',
    load: async () => (await fleet()).cores,
  },
  {
    name: 'unit',
    summary: 'print the configuration of a supervisor',
    load: async () => (await setup()).unit,
  },
  {
    name: 'upgrade',
    summary: 'bring generated files to this version',
    load: async () => (await setup()).upgrade,
  },
  { name: 'remove', summary: 'take out what init put in', load: async () => (await setup()).remove },
];
