import { closeSync, existsSync, fstatSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where apport writes a core beside its report, on Ubuntu from 20.04 on. It does for every program, of a package or not, whose
 * soft limit (%c) is not 0 (write_user_coredump in data/apport, get_core_path in apport/fileutils.py of canonical/apport);
 * it keeps 5 for each user (MAX_COREFILES_PER_UID), and systemd-tmpfiles removes them after 3 days.
 */
export const APPORT_CORES = '/var/lib/apport/coredump';

const LOG = '/var/log/apport.log';

export interface ApportCore {
  path: string;
  bytes: number;
  /** In milliseconds since the epoch. */
  modified: number;
}

/**
 * Cores that apport has kept, newest first; undefined where its folder is not there. `pid` is that of the process in the
 * first pid namespace; `root` is put in front of paths.
 */
export function apportCores(root = '', pid?: number): ApportCore[] | undefined {
  const folder = root + APPORT_CORES;
  if (!existsSync(folder)) return undefined;
  const cores: ApportCore[] = [];
  for (const name of readdirSync(folder)) {
    const [, own] = NAME.exec(name) ?? [];
    if (own === undefined || (pid !== undefined && Number(own) !== pid)) continue;
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat?.isFile() !== true) continue;
    cores.push({ path: join(folder, name), bytes: stat.size, modified: stat.mtimeMs });
  }
  return cores.sort((a, b) => b.modified - a.modified);
}

/** core.EXECUTABLE.UID.BOOT-ID.PID.START-TIME; `/` and `.` of the executable's path are `_`. */
const NAME = /^core\..+\.\d+\.[\da-f-]{36}\.(\d+)\.\d+$/;

/**
 * Why apport has not written a core of that process, in the words of its log; undefined where it does not say, or may not be
 * read (it is for root and the group adm).
 */
export function apportSaid(pid: number, root = ''): string | undefined {
  const lines = endOf(root + LOG)
    .split('\n')
    .map((line) => LINE.exec(line)?.groups);
  const called = new RegExp(`^called for (?:global )?pid ${pid}, `);
  const start = lines.findLastIndex((line) => called.test(line?.['said'] ?? ''));
  const handler = lines[start]?.['handler'];
  const after = lines.slice(start + 1).filter((line) => line?.['handler'] === handler);
  return start < 0 ? undefined : after.find((line) => line?.['level'] === 'ERROR')?.['said'];
}

/** `ERROR: apport (pid 4711) 2026-08-20 15:03:16,123: …`, or with the time as ctime(3) has it. */
const LINE =
  /^(?<level>[A-Z]+): apport \(pid (?<handler>\d+)\) .*?\d\d:\d\d:\d\d(?:,\d+)?(?: \d{4})?: (?<said>.*)$/;

/** In bytes: some hundred crashes. */
const TAIL = 65_536;

function endOf(file: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, TAIL));
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, read);
  } finally {
    closeSync(descriptor);
  }
}
