// `node .build/layouts/make.mjs [3.13 3.13t …]`: writes src/core/python/layouts/cpython-3.N.json from the DWARF of the
// interpreters that test/python-environment.ts knows: pyenv's (not stripped), forky's with their -dbg packages, and the
// free-threaded ones (3.Nt) of .build/free-threaded.sh.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = process.env.PYCRASH_TEST_CACHE ?? join(homedir(), '.cache/pycrash-test');
const all = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.13t', '3.14', '3.14t', '3.15', '3.15t'];
// Modules that are files of their own in some builds.
const modules = new Set([
  '_asyncio',
  '_collections',
  '_datetime',
  '_decimal',
  '_elementtree',
  'array',
  'mmap',
]);

for (const version of process.argv.length > 2 ? process.argv.slice(2) : all) {
  const offsets = {};
  const provenance = [];
  for (const { file, dwarf } of filesOf(version)) {
    const printed = execFileSync('gdb', ['-q', '-nx', '-batch', '-x', join(here, 'dump.py'), dwarf], {
      encoding: 'utf8',
      maxBuffer: 1e8,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    // The core of the interpreter comes first and is right where a name is in more than one file.
    let added = 0;
    for (const [name, at] of Object.entries(JSON.parse(printed))) {
      if (name in offsets) continue;
      offsets[name] = at;
      added += 1;
    }
    if (added > 0) provenance.push({ file, buildId: buildId(dwarf), producer: producer(dwarf) });
  }
  const target = join(root, `src/core/python/layouts/cpython-${version}.json`);
  const sorted = Object.fromEntries(Object.entries(offsets).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(target, `${JSON.stringify({ version, provenance, offsets: sorted })}\n`);
  execFileSync('npx', ['prettier', '--write', target], { cwd: root, stdio: 'ignore' });
  process.stdout.write(`${version}: ${Object.keys(sorted).length} offsets from ${provenance.length} files\n`);
}

/** The interpreter's file and those of its modules, each with where its DWARF is. */
function filesOf(version) {
  const versions = join(homedir(), '.pyenv/versions');
  const name = existsSync(versions)
    ? readdirSync(versions).find((each) => each.startsWith(`${version}.`))
    : undefined;
  const built = join(cache, 'free-threaded', version.replace('t', ''));
  const prefix = version.endsWith('t')
    ? built
    : name === undefined
      ? join(cache, 'forky/usr')
      : join(versions, name);
  const library = join(prefix, `lib/libpython${version}.so.1.0`);
  const main = existsSync(library) ? library : join(prefix, `bin/python${version}`);
  const extensions = join(prefix, `lib/python${version}/lib-dynload`);
  const dynamic = readdirSync(extensions)
    .filter((file) => modules.has(file.split('.')[0]) && !/-\d+d-/.test(file))
    .map((file) => join(extensions, file));
  return [main, ...dynamic].map((file) => {
    const id = buildId(file);
    const debug = join(cache, `forky/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`);
    const origin =
      prefix === built ? "Debian's source" : name === undefined ? 'Debian forky' : `pyenv ${name}`;
    const shown = `${origin}: ${file.slice(prefix.length + 1)}`;
    return { file: shown, dwarf: existsSync(debug) ? debug : realpathSync(file) };
  });
}

function buildId(file) {
  return /Build ID: ([0-9a-f]+)/.exec(execFileSync('readelf', ['-n', file], { encoding: 'utf8' }))?.[1] ?? '';
}

/** The compiler's own line, of the first compilation unit. */
function producer(file) {
  const units = execFileSync('sh', [
    '-c',
    'readelf --debug-dump=info --dwarf-depth=1 "$1" 2>/dev/null | grep -m1 DW_AT_producer',
    'sh',
    file,
  ]);
  return units
    .toString()
    .replace(/^.*?: (\(.*?\): )?/, '')
    .trim();
}
