/** The commands of the store of crashes, as one chunk of the bundle: they share all that is below them. */
export * as collect from './collect.ts';
export * as cores from './cores.ts';
