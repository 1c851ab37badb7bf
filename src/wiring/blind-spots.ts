import type { Note } from '../project/project.ts';
import { moduleName, type Situation } from './wiring.ts';

/** Names what answers exceptions itself, and what to paste: where exactly is for a person to say. */
export function blindSpotNotes({ project, application }: Situation): Note[] {
  return project.blindSpots.map(({ name, does, where, at }) => ({
    code: 'blind-spot',
    message: `${name} ${does}: it does not abort. Paste this: from ${moduleName(application)} import handle; handle(error), the latter ${where}`,
    at,
  }));
}
