import { execa } from 'execa';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync } from 'node:fs';
import { readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CACHE } from '../../python-environment.ts';
import { PROGRAMS, type MadeCore, type Oracle } from './make-core.ts';

const PACKAGES = [
  'libc6',
  'libexpat1',
  'libpython3.11-minimal',
  'libpython3.11-stdlib',
  'libssl3',
  'python3.11-minimal',
  'zlib1g',
];

/** Debian's arm64 Python 3.11 in a folder of the cache, unpacked there by the first call: its root. */
export function aarch64Root(): string {
  const folder = join(CACHE, 'aarch64');
  const root = join(folder, 'root');
  if (existsSync(root)) return realpathSync(root);
  mkdirSync(join(folder, 'lists/partial'), { recursive: true });
  mkdirSync(join(folder, 'cache/archives/partial'), { recursive: true });
  writeFileSync(join(folder, 'status'), '');
  // apt of a machine of that architecture with a state of its own: the real one keeps its architectures
  const configuration = {
    'APT::Architecture': 'arm64',
    'APT::Architectures': 'arm64',
    'APT::Sandbox::User': 'root',
    'Dir::State': folder,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
  };
  const options = Object.entries(configuration).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const run = (command: string, args: string[]): void => {
    execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  run('apt-get', [...options, 'update', '-qq']);
  run('apt-get', [...options, 'download', '-qq', ...PACKAGES]);
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.deb')))
    run('dpkg-deb', ['-x', name, `${root}.part`]);
  // last, because its presence says that it is complete
  renameSync(`${root}.part`, root);
  return realpathSync(root);
}

/**
 * `crash.py SCENARIO` under qemu-user, whose core has the registers and the writable memory of the aarch64 process, but
 * neither NT_FILE nor the first pages of the mapped files: both are added, as the kernel writes them, from what the
 * process read in its /proc/self/maps.
 */
export async function makeAarch64Core(scenario: string): Promise<MadeCore> {
  const root = aarch64Root();
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-core-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const emulator = ['qemu-aarch64-static', '-L', root, join(root, 'usr/bin/python3.11')];
    // the kernel writes a core of the emulator beside it, which is not looked at
    const result = await execa(
      'prlimit',
      ['--core=unlimited:unlimited', '--', ...emulator, join(PROGRAMS, 'emulated.py'), scenario],
      {
        reject: false,
        cwd: folder,
        timeout: 120_000,
        env: {
          PYCRASH_ORACLE: join(folder, 'oracle.json'),
          PYCRASH_MAPS: join(folder, 'maps'),
          PYTHONDONTWRITEBYTECODE: '1',
        },
      },
    );
    const name = readdirSync(folder).find((each) => /^qemu_.*\.core$/.test(each));
    if (name === undefined) throw new Error(`no core: ${result.shortMessage}`);
    const path = join(folder, name);
    completeCore(path, readFileSync(join(folder, 'maps'), 'utf8'), root);
    const oracle = JSON.parse(readFileSync(join(folder, 'oracle.json'), 'utf8')) as Oracle;
    return { path, folder, oracle, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

const PAGE = 4096;

function completeCore(path: string, maps: string, root: string): void {
  const core = readFileSync(path);
  const mapped = maps.split('\n').flatMap((line) => {
    const [, start, end, offset, file] =
      /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ \d+ +(\/.*)$/.exec(line) ?? [];
    if (file === undefined) return [];
    const [from, to, at] = [start, end, offset].map((each) => BigInt(`0x${each}`));
    return [{ from: from ?? 0n, to: to ?? 0n, offset: at ?? 0n, file }];
  });
  const words = [BigInt(mapped.length), BigInt(PAGE)];
  for (const { from, to, offset } of mapped) words.push(from, to, offset / BigInt(PAGE));
  const numbers = Buffer.alloc(words.length * 8);
  for (const [index, word] of words.entries()) numbers.writeBigUInt64LE(word, index * 8);
  const names = mapped.map(({ file }) => `${file.startsWith(root) ? file.slice(root.length) : file}\0`);
  const files = Buffer.concat([numbers, Buffer.from(names.join(''))]);
  const header = Buffer.from('\x05\0\0\0____\x45\x4c\x49\x46CORE\0\0\0\0', 'latin1');
  header.writeUInt32LE(files.length, 4);
  const added: Buffer[] = [];
  let end = core.length;
  const append = (bytes: Buffer): number => {
    const padded = Buffer.concat([bytes, Buffer.alloc(-bytes.length & (PAGE - 1))]);
    added.push(padded);
    end += padded.length;
    return end - padded.length;
  };
  const table = Number(core.readBigUInt64LE(32));
  for (let index = 0; index < core.readUInt16LE(56); index += 1) {
    const at = table + index * 56;
    const [offset, size] = [Number(core.readBigUInt64LE(at + 8)), Number(core.readBigUInt64LE(at + 32))];
    if (core.readUInt32LE(at) === 4) {
      const notes = Buffer.concat([core.subarray(offset, offset + size), header, files]);
      core.writeBigUInt64LE(BigInt(append(notes)), at + 8);
      core.writeBigUInt64LE(BigInt(notes.length), at + 32);
      continue;
    }
    const address = core.readBigUInt64LE(at + 16);
    const file = mapped.find((each) => each.from === address && each.offset === 0n)?.file;
    if (size > 0 || file === undefined) continue;
    const handle = openSync(file, 'r');
    const page = Buffer.alloc(PAGE);
    readSync(handle, page, 0, PAGE, 0);
    closeSync(handle);
    core.writeBigUInt64LE(BigInt(append(page)), at + 8);
    core.writeBigUInt64LE(BigInt(PAGE), at + 32);
  }
  writeFileSync(path, Buffer.concat([core, ...added]));
}
