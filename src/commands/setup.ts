/** The commands that write into a repository, as one chunk of the bundle: they share all that is below them. */
export * as init from './init.ts';
export * as remove from './remove.ts';
export * as unit from './unit.ts';
export * as upgrade from './upgrade.ts';
