import { mkdirSync, rmSync, statSync } from 'node:fs';
import { rename, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Encrypter } from 'age-encryption';
import { openLocalFile } from '../core/local-files.ts';
import { UserError } from '../errors.ts';
import { printableJson } from '../printable.ts';
import type { CrashReport } from '../report/model.ts';
import { readReport } from '../report/report-core.ts';
import { reportText } from '../report/text.ts';
import { AGE_SUFFIX } from '../store/age-suffix.ts';
import { coreId } from '../store/core-id.ts';
import type { CrashLine } from '../store/crash-line.ts';
import { hashOf } from '../store/directory-store.ts';
import { keysOf } from '../store/keys.ts';
import type { Terminal } from '../terminal.ts';
import { waitUntilComplete } from './complete.ts';
import { encrypt, pack, type Compressor, type Packed } from './pack.ts';
import type { Spool } from './spool.ts';

/** What became of one core. */
export type Taken =
  | { path: string; outcome: 'collected'; crash: CrashLine; removed: boolean }
  | { path: string; outcome: 'known'; id: string; removed: boolean }
  | { path: string; outcome: 'left'; reason: string };

interface TakingIn {
  spool: Spool;
  compressor: Compressor;
  /** Where the cores are to be encrypted. */
  encrypter: Encrypter | undefined;
  /** Leave the core where it is. */
  keep: boolean;
  /** The lines of the spool, by their IDs. */
  known: ReadonlyMap<string, CrashLine>;
  terminal: Terminal;
}

/** Takes one core into the spool: report, compressed core, and last its line; then the core itself goes. */
export async function takeIn(path: string, options: TakingIn): Promise<Taken> {
  const { spool, keep, known, terminal } = options;
  const left = (reason: string): Taken => ({ path, outcome: 'left', reason });
  const there = await waitUntilComplete(path, () => terminal.say(`${path} is still being written: waiting`));
  if (!there) return left('it went away before it was read');
  const before = statSync(path, { throwIfNoEntry: false });
  const id = idOf(path);
  if (before === undefined || id === undefined)
    return left(before?.size === 0 ? 'it is empty' : 'it cannot be read');
  const line = known.get(id);
  if (line !== undefined) {
    const isSame = before.size === line.bytes && (await hashOf(path)) === line.sha256;
    if (!isSame)
      return left(`its ID ${id} is that of a core of ${line.bytes} bytes that was collected before`);
    if (!keep) await unlink(path);
    return { path, outcome: 'known', id, removed: !keep };
  }
  try {
    const report = await readReport({ path, name: path, written: before.mtimeMs }, {}, terminal);
    const target = join(spool.work, id);
    terminal.progress(`compressing ${path} …`);
    let packed = await pack(path, target, options.compressor);
    if (statSync(path).mtimeMs !== before.mtimeMs)
      return left('it changed while it was read: run collect again');
    let [stored, suffix]: [string, string] = [target, options.compressor.suffix];
    if (options.encrypter !== undefined) {
      [stored, suffix] = [target + AGE_SUFFIX, suffix + AGE_SUFFIX];
      packed = await encrypt(target, stored, options.encrypter, packed);
    }
    const crash = crashLine({ id, time: before.mtime, path, report, packed, suffix });
    await store(spool, crash, report, stored);
    if (!keep) await unlink(path);
    return { path, outcome: 'collected', crash, removed: !keep };
  } catch (error) {
    if (
      error instanceof UserError &&
      (error.code === 'not-a-core' || error.code === 'not-python' || error.code === 'no-core')
    )
      return left(error.message);
    throw error;
  } finally {
    terminal.progress('');
    for (const name of [id, `${id}${AGE_SUFFIX}`]) rmSync(join(spool.work, name), { force: true });
  }
}

function idOf(path: string): string | undefined {
  const file = openLocalFile(path);
  if (file === undefined) return undefined;
  try {
    return coreId(file);
  } finally {
    file.close();
  }
}

async function store(
  { objects }: Spool,
  crash: CrashLine,
  report: CrashReport,
  packed: string,
): Promise<void> {
  const text = reportText(report, { threads: false, locals: 'app', width: 200 }, (_style, shown) => shown);
  await objects.write(crash.report, Buffer.from(`${printableJson(report)}\n`));
  await objects.write(crash.reportText, Buffer.from(text.endsWith('\n') ? text : `${text}\n`));
  const target = objects.path(crash.core);
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  await rename(packed, target);
  await objects.write(keysOf(crash, '').line, Buffer.from(`${JSON.stringify(crash)}\n`));
}

interface Described {
  id: string;
  time: Date;
  path: string;
  report: CrashReport;
  packed: Packed;
  suffix: string;
}

function crashLine({ id, time, path, report, packed, suffix }: Described): CrashLine {
  const { process: crashed, python, crash, core } = report;
  const about = { id, time: time.toISOString(), fingerprint: report.fingerprint };
  const keys = keysOf(about, suffix);
  const [raised] = crash.exception === undefined ? [] : (report.exceptions[crash.exception]?.chain ?? []);
  const release = crashed.environment?.['PYCRASH_RELEASE'];
  return {
    schemaVersion: 1,
    ...about,
    host: hostname(),
    title: crash.title,
    ...(raised === undefined ? {} : { exception: raised.type }),
    signal: crashed.signal.name,
    executable: crashed.executable,
    ...(crashed.buildId === undefined ? {} : { buildId: crashed.buildId }),
    python: python.version,
    pid: crashed.pid,
    ...(release === undefined ? {} : { release }),
    ...crash.frame,
    path,
    truncated: core.truncated,
    encrypted: suffix.endsWith(AGE_SUFFIX),
    ...packed,
    core: keys.core,
    report: keys.report,
    reportText: keys.reportText,
  };
}
