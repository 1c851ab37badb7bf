import type { Insertion } from '../edit/insertion.ts';
import { lineEnding } from '../edit/text-style.ts';
import type { Located } from '../project/project.ts';
import { shortHarakiri, workersWithoutMaster } from '../project/servers/uwsgi.ts';
import type { Situation, Wiring } from './wiring.ts';

/** Seconds, as for gunicorn: a core of 2 GB takes some 10 (docs/servers.md). */
const LONG_ENOUGH = 30;

/**
 * What uWSGI's own options cost the core or the worker, mended in its ini file, below the line that says it: of an option
 * that stands twice the last one counts. Said where the option stands elsewhere.
 */
export function wireUwsgi(situation: Situation): Wiring {
  const wiring: Wiring = { wishes: [], notes: [], impossible: [] };
  const added = new Map<string, Insertion[]>();
  const mend = (option: Located<string>, why: string, line: string): void => {
    const { file } = option.at;
    const insertion = below(option, situation, [`; ${why}`, line]);
    if (insertion === undefined) {
      wiring.notes.push({ code: 'uwsgi-option', message: `${why} Write ${line}`, at: option.at });
      return;
    }
    const known = added.get(file) ?? [];
    if (!known.some(({ text }) => text === insertion.text)) added.set(file, [...known, insertion]);
  };
  for (const service of situation.project.services) {
    const workers = workersWithoutMaster(service);
    // what an unknown program starts may have its master from there (PYC035)
    if (workers !== undefined && service.supervisor !== 'unknown') {
      const master = service.command?.value.options.get('master');
      mend(master ?? workers, 'Without a master a worker that crashed is never replaced.', 'master = true');
    }
    const harakiri = shortHarakiri(service);
    if (harakiri !== undefined) {
      const why = `A worker that writes its core is still in its request: harakiri kills it after ${harakiri.value} s.`;
      mend(harakiri, why, `harakiri = ${LONG_ENOUGH}`);
    }
  }
  for (const [path, insertions] of added) wiring.wishes.push({ kind: 'uwsgi', path, insertions });
  return wiring;
}

/** The lines put below that of the option; undefined where it stands in no ini file. */
function below(
  { at }: Located<string>,
  { read }: Situation,
  lines: readonly string[],
): Insertion | undefined {
  const text = at.file.endsWith('.ini') ? read(at.file)?.text : undefined;
  if (text === undefined) return undefined;
  const ending = lineEnding(text);
  const next = text.indexOf('\n', at.end);
  return next < 0
    ? { at: text.length, text: lines.map((line) => ending + line).join('') }
    : { at: next + 1, text: lines.map((line) => line + ending).join('') };
}
