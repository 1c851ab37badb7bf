import { UserError } from '../errors.ts';
import type { CrashReport } from '../report/model.ts';
import type { ByteSource } from './byte-source.ts';
import type { PythonValue } from './python/value.ts';

export interface ReadCoreOptions {
  /** Where the core came from, for the report. */
  path: string;
  /** The interpreter's program, as a path of this machine; refused where its build ID is another one. */
  executable?: string;
  /** A folder that holds the files of the machine that crashed, at their paths. */
  sysroot?: string;
  /** Folders to look for the interpreter's files by name. */
  searchPath?: readonly string[];
  /** Look through the whole heap for exceptions too. */
  scan?: boolean;
}

/** The report before redaction: full of secrets. `fingerprint` is empty and `source` of the frames is not filled in. */
export type UnredactedReport = CrashReport<PythonValue>;

/**
 * Reads the crash of a CPython out of a core. Whatever is missing is told in `core.missing` and `warnings`. Throws a
 * `UserError` where the source is not an ELF core of a 64-bit little-endian machine, or a named file is the wrong one.
 */
export async function readCore(source: ByteSource, options: ReadCoreOptions): Promise<UnredactedReport> {
  throw new UserError('not-a-core', `${options.path} is not a core file (${source.size} bytes)`);
}
