import { whatToPaste } from '../project/blind-spots.ts';
import type { Note } from '../project/project.ts';
import type { Situation } from './wiring.ts';

/** Names what answers exceptions itself, and what to paste: where exactly is for a person to say. */
export function blindSpotNotes({ project, application }: Situation): Note[] {
  const unhandled = project.blindSpots.filter(({ handled }) => !handled);
  return unhandled.map((spot) => ({
    code: 'blind-spot',
    message: `${spot.name} ${spot.does}, so that no such exception aborts: ${whatToPaste(spot, application)}`,
    at: spot.at,
  }));
}
