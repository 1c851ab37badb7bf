/** The commands that read a core, as one chunk of the bundle: they share all that is below them. */
export * as debug from './debug.ts';
export * as report from './report.ts';
