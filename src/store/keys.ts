/** The folders of a store. Partitions are named as Hive does, which every query engine understands. */
export const CRASHES = 'crashes/';
export const TAGS = 'tags/';
export const CLAIMS = 'claims/';
const CORES = 'cores/';

const DAY = /^crashes\/dt=(\d{4}-\d{2}-\d{2})\/([0-9a-f]{32})\.json$/;

/** Where everything of one crash is. `suffix` is that of the compression: `.zst`. */
export function keysOf(crash: { id: string; time: string; fingerprint: string }, suffix: string) {
  const day = `dt=${crash.time.slice(0, 10)}`;
  const fingerprint = crash.fingerprint === '' ? 'none' : crash.fingerprint;
  return {
    line: `${CRASHES}${day}/${crash.id}.json`,
    core: `${CORES}${day}/fp=${fingerprint}/${crash.id}.core${suffix}`,
    report: `reports/${day}/${crash.id}.json`,
    reportText: `reports/${day}/${crash.id}.txt`,
  };
}

/** The key of a crash's line where `keysOf` puts it. */
export function lineKey({ id, time }: { id: string; time: string }): string {
  return keysOf({ id, time, fingerprint: '' }, '').line;
}

/** Every object of a crash, the line first, so that nothing without a core is listed. */
export function crashKeys(crash: {
  id: string;
  time: string;
  core: string;
  report: string;
  reportText: string;
}): string[] {
  return [lineKey(crash), crash.core, crash.report, crash.reportText, tagsKey(crash.id)];
}

/** The day and the ID that the key of a line says; undefined where it is none. */
export function lineOf(key: string): { day: string; id: string } | undefined {
  const [, day, id] = DAY.exec(key) ?? [];
  return day === undefined || id === undefined ? undefined : { day, id };
}

/** Where the tags of a crash are. */
export function tagsKey(id: string): string {
  return `${TAGS}${id}.json`;
}
