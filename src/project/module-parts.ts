/** Parts of the generated module that a project gets only where it needs or asks for them. */
export const PARTS = [
  'crash-route',
  'fork',
  'sampling',
  'callbacks',
  'log-file',
  'formatter',
  'flush',
  'core-warning',
  'gevent',
  'uvloop',
  'threads',
  'tasks',
  'scripts',
] as const;
export type Part = (typeof PARTS)[number];

export function isPart(word: string): word is Part {
  return (PARTS as readonly string[]).includes(word);
}

const ASKED = /^# init --with ([a-z,-]+)\r?$/m;

/** The parts that `init --with` once asked for, as the generated module itself says. */
export function askedParts(text: string): Part[] {
  return (ASKED.exec(text.slice(0, 500))?.[1] ?? '').split(',').filter(isPart);
}
