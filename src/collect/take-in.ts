import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { rename, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Encrypter } from 'age-encryption';
import { openLocalFile } from '../core/local-files.ts';
import { UserError, reasonOf } from '../errors.ts';
import { printableJson } from '../printable.ts';
import { unpackCore } from '../report/compression.ts';
import { compressionOf } from '../report/compression-format.ts';
import type { CrashReport } from '../report/model.ts';
import { readReport } from '../report/report-core.ts';
import { reportText } from '../report/text.ts';
import { AGE_SUFFIX } from '../store/age-suffix.ts';
import { coreId } from '../store/core-id.ts';
import type { CrashLine } from '../store/crash-line.ts';
import { hashOf } from '../store/file-hash.ts';
import { keysOf } from '../store/keys.ts';
import type { Terminal } from '../terminal.ts';
import { waitUntilComplete } from './complete.ts';
import { encrypt, pack, type Compressor, type Packed } from './pack.ts';
import type { Spool } from './spool.ts';

/** What became of one core. */
export type Taken =
  | { path: string; outcome: 'collected'; crash: CrashLine; removed: boolean }
  | { path: string; outcome: 'known'; id: string; removed: boolean }
  | { path: string; outcome: 'left' | 'failed'; reason: string };

interface TakingIn {
  spool: Spool;
  compressor: Compressor;
  /** Where the cores are to be encrypted. */
  encrypter: Encrypter | undefined;
  /** Leave the core where it is. */
  keep: boolean;
  /** How many cores of one fingerprint are kept; undefined: all. */
  mostCores: number | undefined;
  /** The lines of the spool, by their IDs. */
  known: ReadonlyMap<string, CrashLine>;
  terminal: Terminal;
}

/** Takes one core into the spool: report, compressed core, and last its line; then the core itself goes. */
export async function takeIn(path: string, options: TakingIn): Promise<Taken> {
  const { spool, terminal } = options;
  try {
    const there = await waitUntilComplete(path, () =>
      terminal.say(`${path} is still being written: waiting`),
    );
    if (!there) return { path, outcome: 'left', reason: 'it went away before it was read' };
    return await takeInWhole(path, options);
  } catch (error) {
    const reason = reasonOf(error);
    if (error instanceof UserError && /^(?:not-a-core|not-python|no-core)$/.test(error.code))
      return { path, outcome: 'left', reason };
    // of the file system: a full disk, a core that went away
    const isOfFiles = error instanceof UserError || (error instanceof Error && 'syscall' in error);
    if (!isOfFiles) throw error;
    return { path, outcome: 'failed', reason: `${reason}; the core stays where it is` };
  } finally {
    terminal.progress('');
    for (const name of readdirSync(spool.work)) rmSync(join(spool.work, name), { force: true });
  }
}

async function takeInWhole(path: string, options: TakingIn): Promise<Taken> {
  const { spool, keep, known, terminal } = options;
  const left = (reason: string): Taken => ({ path, outcome: 'left', reason });
  const before = statSync(path);
  const { plain, broken } = await unpacked(path, options);
  if (broken !== undefined) return left(`it cannot be unpacked to its end: ${broken}`);
  const id = idOf(plain);
  if (id === undefined) return left(before.size === 0 ? 'it is empty' : 'it cannot be read');
  const line = known.get(id);
  if (line !== undefined) {
    const isSame = statSync(plain).size === line.bytes && (await hashOf(plain)) === line.sha256;
    if (!isSame)
      return left(`its ID ${id} is that of a core of ${line.bytes} bytes that was collected before`);
    if (!keep) await unlink(path);
    return { path, outcome: 'known', id, removed: !keep };
  }
  const report = await readReport({ path: plain, name: path, written: before.mtimeMs }, {}, terminal);
  terminal.progress(`compressing ${path} …`);
  const enough = areEnough(report, options);
  const copy = enough ? await withoutCopy(plain) : await copied(plain, id, options);
  if (statSync(path).mtimeMs !== before.mtimeMs)
    return left('it changed while it was read: run collect again');
  const crash = crashLine({ id, time: before.mtime, path, report, copy });
  await store(spool, crash, report, copy.file);
  if (!keep) await unlink(path);
  return { path, outcome: 'collected', crash, removed: !keep };
}

/** The core itself: what was written compressed, as systemd-coredump does, is unpacked. */
async function unpacked(
  path: string,
  { spool, terminal }: TakingIn,
): Promise<{ plain: string; broken?: string }> {
  const compression = statSync(path).isFile() ? compressionOf(path) : undefined;
  if (compression === undefined) return { plain: path };
  terminal.progress(`unpacking ${path} …`);
  const plain = join(spool.work, 'core');
  return { plain, ...(await unpackCore(path, compression, plain, () => undefined)) };
}

/** Are there as many cores of this fingerprint as are to be kept? The first of a release is kept in any case. */
function areEnough(report: CrashReport, { known, mostCores }: TakingIn): boolean {
  if (mostCores === undefined) return false;
  const kept = [...known.values()].filter(
    ({ fingerprint, dropped }) => fingerprint === report.fingerprint && dropped === undefined,
  );
  const release = report.process.environment?.['PYCRASH_RELEASE'];
  const isNewRelease = release !== undefined && !kept.some((crash) => crash.release === release);
  return kept.length >= mostCores && !isNewRelease;
}

interface Copy {
  /** Absent where the core is not kept. */
  file?: string;
  /** What the name of the stored core ends with. */
  suffix: string;
  packed: Packed;
}

async function copied(path: string, id: string, { spool, compressor, encrypter }: TakingIn): Promise<Copy> {
  const file = join(spool.work, id);
  const { suffix } = compressor;
  const packed = await pack(path, file, compressor);
  if (encrypter === undefined) return { file, suffix, packed };
  const encrypted = file + AGE_SUFFIX;
  return {
    file: encrypted,
    suffix: suffix + AGE_SUFFIX,
    packed: await encrypt(file, encrypted, encrypter, packed),
  };
}

async function withoutCopy(path: string): Promise<Copy> {
  const sha256 = await hashOf(path);
  const nothing = createHash('sha256').digest('hex');
  return {
    suffix: '',
    packed: { bytes: statSync(path).size, sha256, storedBytes: 0, storedSha256: nothing },
  };
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
  packed: string | undefined,
): Promise<void> {
  const text = reportText(report, { threads: false, locals: 'app', width: 200 }, (_style, shown) => shown);
  await objects.write(crash.report, Buffer.from(`${printableJson(report)}\n`));
  await objects.write(crash.reportText, Buffer.from(text.endsWith('\n') ? text : `${text}\n`));
  if (packed !== undefined) {
    const target = objects.path(crash.core);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    await rename(packed, target);
  }
  await objects.write(keysOf(crash, '').line, Buffer.from(`${JSON.stringify(crash)}\n`));
}

interface Described {
  id: string;
  time: Date;
  path: string;
  report: CrashReport;
  copy: Copy;
}

function crashLine({ id, time, path, report, copy: { file, suffix, packed } }: Described): CrashLine {
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
    ...(file === undefined ? { dropped: 'enough of this fingerprint' } : {}),
    ...packed,
    core: keys.core,
    report: keys.report,
    reportText: keys.reportText,
  };
}
