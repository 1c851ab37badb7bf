import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ET_CORE, readElf } from '../core/elf/file.ts';
import { openLocalFile } from '../core/local-files.ts';
import { APPORT_CORES, apportCores } from '../host/apport.ts';
import { UserError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import { typedCommand } from '../typed-command.ts';
import type { Unpacked } from './compression.ts';
import { compressionOf } from './compression-format.ts';
import { lastCoreFile, type LastCore } from './last-core.ts';
import { privateFolder, removePrivateFolder } from './private-file.ts';

// A host can run hundreds of processes.
const MOST_NAMED = 10;

export interface FoundCore {
  /** The core as a plain file. */
  path: string;
  /** What to call it to people: the file that was named, or what coredumpctl was asked for. */
  name: string;
  /** When it was written, in milliseconds since the epoch; unknown for what coredumpctl hands out. */
  written?: number;
  /** Set where it could not be unpacked to its end. */
  broken?: string;
  /** Removes what was unpacked. */
  remove(): void;
}

/**
 * Finds what the user calls CORE: a file, plain or compressed; else `last` or what coredumpctl(1) calls a match (a pid,
 * a program's name or path, FIELD=value). A compressed core is unpacked into a private folder; the caller removes it.
 */
export async function findCore(wanted: string, terminal: Terminal): Promise<FoundCore> {
  const file = resolve(terminal.options.cwd, wanted);
  if (!existsSync(file)) return fromJournal(wanted, terminal);
  const stat = statSync(file);
  if (stat.isDirectory()) {
    throw new UserError('no-core', `${wanted} is a directory, not a core`, {
      help: `Name the file in it: ls -t ${wanted}`,
    });
  }
  if (!stat.isFile()) throw new UserError('no-core', `${wanted} is not a regular file`);
  if (wanted.startsWith('/') && isProgram(file)) {
    const dumped = await fromJournal(wanted, terminal).catch((error: unknown) => {
      // nothing of it there: then the reader says what the file is
      if (error instanceof UserError && error.code === 'no-core') return undefined;
      throw error;
    });
    if (dumped !== undefined) return dumped;
  }
  const compression = compressionOf(file);
  const written = stat.mtimeMs;
  if (compression === undefined) return { path: file, name: wanted, written, remove: () => undefined };
  // loaded only here: the streams, zlib and execa, which a plain core does not need
  const { unpackCore } = await import('./compression.ts');
  const found = await unpack(wanted, terminal, (target) => {
    terminal.progress(`unpacking ${wanted} …`);
    return unpackCore(file, compression, target, (bytes) =>
      terminal.progress(`unpacking ${wanted} … ${Math.floor((100 * bytes) / Math.max(stat.size, 1))} %`),
    );
  });
  return { ...found, written };
}

/** Is it an ELF file that is no core: what coredumpctl(1) takes for the program that crashed (elf(5), e_type)? */
function isProgram(file: string): boolean {
  const source = openLocalFile(file);
  if (source === undefined) return false;
  try {
    const elf = readElf(source);
    return elf !== undefined && elf.type !== ET_CORE;
  } finally {
    source.close();
  }
}

async function fromJournal(wanted: string, terminal: Terminal): Promise<FoundCore> {
  if (/[/\\]|^core(\.|$)|\.(core|zst|gz|xz|lz4)$/.test(wanted) && !wanted.startsWith('/')) {
    throw new UserError('no-core', `there is no file ${wanted}`, {
      help: 'CORE is a file, `last`, or a match of coredumpctl(1) such as a pid or the path of a program.',
    });
  }
  const last = wanted === 'last' ? lastCoreFile(terminal.options.cwd) : undefined;
  if (last?.core !== undefined) {
    const { path, written } = last.core;
    return { path, name: path, written, remove: () => undefined };
  }
  const nothing = /^\d+$/.test(wanted) ? `neither a process nor a file ${wanted}` : `no file ${wanted}`;
  // loaded where a program is run: the core that is simply a file does not wait for it
  const [{ execa }, { writeCore }] = await Promise.all([import('execa'), import('./compression.ts')]);
  const match = wanted === 'last' ? [] : [wanted];
  const listed = await execa('coredumpctl', ['--no-pager', '--no-legend', '-1', 'list', '--', ...match], {
    reject: false,
  });
  if (listed.code === 'ENOENT' && wanted === 'last') {
    const [newest] = apportCores() ?? [];
    if (newest !== undefined)
      return { path: newest.path, name: newest.path, written: newest.modified, remove: () => undefined };
  }
  if (last !== undefined && (listed.failed || listed.stdout.trim() === '')) throw noneOf(last);
  if (listed.code === 'ENOENT') {
    throw new UserError('no-core', `there is ${nothing}, and no coredumpctl here to ask for it`, {
      help:
        'Give the path of a core or the PID of a running process. Where systemd-coredump keeps the cores: apt-get install systemd-coredump.' +
        (apportCores() === undefined ? '' : ` apport has put none into ${APPORT_CORES}.`),
    });
  }
  if (listed.failed || listed.stdout.trim() === '') {
    throw new UserError(
      'no-core',
      `coredumpctl knows no core of ${wanted === 'last' ? 'any process' : wanted}`,
      {
        help: 'coredumpctl list shows what it has; without root it shows the cores of your own processes only.',
      },
    );
  }
  if (/\s(missing|none|error|inaccessible)\s/.test(listed.stdout)) {
    throw new UserError(
      'no-core',
      `coredumpctl has an entry for ${wanted}, but its core is not there any more`,
      {
        help: listed.stdout.trim(),
      },
    );
  }
  return unpack(wanted, terminal, async (target) => {
    terminal.progress(`coredumpctl dump ${wanted} …`);
    const dumping = execa('coredumpctl', ['--no-pager', 'dump', '--', ...match], {
      encoding: 'buffer',
      buffer: { stdout: false, stderr: true },
      reject: false,
    });
    const unpacked = await writeCore(
      bytesOf(dumping.iterable({ from: 'stdout', binary: true, preserveNewlines: true })),
      `what coredumpctl gave for ${wanted}`,
      target,
    );
    const result = await dumping;
    const said = Buffer.from(result.stderr).toString().trim().split('\n').at(-1) ?? '';
    return result.failed && unpacked.broken === undefined ? { ...unpacked, broken: said } : unpacked;
  });
}

/** There is no core in the folders that can be known. */
function noneOf({ folders, pattern }: LastCore): UserError {
  const places = folders.filter((folder) => existsSync(folder));
  const more = places.length > MOST_NAMED ? ` and ${places.length - MOST_NAMED} more` : '';
  const looked = `Looked in ${places.slice(0, MOST_NAMED).join(', ')}${more}.`;
  const relative = !pattern.startsWith('/');
  return new UserError('no-core', `no core was found where kernel.core_pattern (${pattern}) puts one`, {
    help: relative
      ? `${looked} The kernel writes it into the working directory of the process: the log of pycrash says which one, or search for it: find / -xdev -type f -name '${pattern.replaceAll(/%./g, '*')}*'`
      : `${looked} ${typedCommand('doctor')} says whether the kernel would write one.`,
  });
}

async function* bytesOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

async function unpack(
  name: string,
  terminal: Terminal,
  write: (target: string) => Promise<Unpacked>,
): Promise<FoundCore> {
  const folder = privateFolder();
  const remove = (): void => removePrivateFolder(folder);
  const path = join(folder, 'core');
  try {
    const { bytes, broken } = await write(path);
    terminal.progress('');
    if (bytes === 0) {
      throw new UserError(
        'not-a-core',
        `${name} has nothing in it${broken === undefined ? '' : `: ${broken}`}`,
      );
    }
    return broken === undefined ? { path, name, remove } : { path, name, broken, remove };
  } catch (error) {
    terminal.progress('');
    remove();
    throw error;
  }
}
