import { UserError } from '../errors.ts';
import type { Memory } from './elf/memory.ts';
import type { Module, Modules } from './elf/modules.ts';
import { attempt } from './python/process.ts';
import type { UnredactedReport } from './read-core.ts';

/** A program without a CPython in it that people call Python. */
interface OtherProgram {
  /** A file that is mapped. */
  file?: RegExp;
  /** What it puts into the environment of the process that it starts; of others that inherit it this is not true. */
  variable?: (program: string, pid: number) => string;
  name: string;
  help: string;
}

const PARENT =
  'Python ran in its child process, whose core is another file. With kernel.core_pattern `core` the second of both replaces the first: `core.%p` keeps them apart.';

const OTHER_PROGRAMS: readonly OtherProgram[] = [
  {
    file: /(^|\/)(libpypy[^/]*\.so[^/]*|pypy[\d.]*)$/,
    name: 'PyPy',
    help: 'PyPy keeps frames and objects in structures of its own, which this version does not read. gdb shows its C frames.',
  },
  {
    file: /(^|\/)(libpythonvm\.so|graalpy[^/]*)$/,
    name: 'GraalPy',
    help: 'GraalPy runs Python in a Java virtual machine, whose structures this version does not read.',
  },
  // PyInstaller 6: bootloader/src/pyi_main.c
  {
    variable: (program) => `_PYI_ARCHIVE_FILE=${program}\0`,
    name: 'the bootloader of PyInstaller',
    help: PARENT,
  },
  {
    variable: (_, pid) => `NUITKA_ONEFILE_PARENT=${pid}\0`,
    name: 'the bootstrap of Nuitka --onefile',
    help: PARENT,
  },
];

const MOST_SEARCHED = 64 * 1024 * 1024;
const CHUNK = 1 << 20;

/** The refusal of a core without a CPython: what it is of, and what to do. */
export function notCPython(
  { core, process }: Pick<UnredactedReport, 'core' | 'process'>,
  program: Module,
  { all }: Modules,
  memory: Memory,
): UserError {
  const other = OTHER_PROGRAMS.find(
    ({ file, variable }) =>
      (file !== undefined && all.some(({ path }) => file.test(path))) ||
      (variable !== undefined && isInMemory(variable(program.path, process.pid), memory)),
  );
  return other === undefined
    ? new UserError('not-python', `${core.path} is a core of ${program.path}, not of Python`, {
        help: 'no CPython 3.8 to 3.15 is in it: gdb reads such a core',
      })
    : new UserError(
        'not-python',
        `${core.path} is a core of ${other.name} (${program.path}), not of CPython`,
        {
          help: other.help,
        },
      );
}

function isInMemory(text: string, memory: Memory): boolean {
  let left = MOST_SEARCHED;
  for (const { start, end, writable } of memory.segments) {
    if (!writable) continue;
    // overlapping, so that what lies across the end of a piece is found
    for (let at = start; at < end && left > 0; at += CHUNK - text.length) {
      const length = Math.min(CHUNK, end - at);
      left -= length;
      if (attempt(() => memory.available(at, length).includes(text), false)) return true;
    }
  }
  return false;
}
