import { existsSync, readFileSync } from 'node:fs';
import { Module } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { writeWhole } from './cache-folder.ts';
import { VERSION } from './version.ts';

/** What V8 made of each chunk, by the chunk's name and length. V8 itself compares its version, flags and the length. */
type Compiled = Map<string, Uint8Array>;

/** The header of the file is one line of JSON: name, offset in bytes after that line, length in bytes. */
type Index = readonly (readonly [string, number, number])[];

/**
 * `module.enableCompileCache` for the Node 20 that lacks it: compiles the chunks of this package from what `folder` has of
 * the last run of `command`, and writes that file at the end of a run that had a chunk too many. One file a command: V8
 * keeps the functions that have been called. The caller has seen to it that only this user can write to the folder.
 */
export function keepCompiledCode(folder: string, command: string): void {
  if (!/^[a-z]{1,10}$/.test(command)) return;
  const own = dirname(fileURLToPath(import.meta.url));
  const file = join(folder, `${VERSION}-node-${process.version}-${process.arch}-${command}.bin`);
  const known = readCompiled(file);
  const scripts = new Map<string, Script>();
  let lacking = false;
  const compile: unknown = Reflect.get(Module.prototype, '_compile');
  if (typeof compile !== 'function') return;
  Reflect.set(Module.prototype, '_compile', function (this: Module, code: string, path: string): unknown {
    if (dirname(path) !== own) return Reflect.apply(compile, this, [code, path]);
    const name = `${path.slice(own.length + 1)}:${code.length}`;
    const cachedData = known.get(name);
    const script = new Script(Module.wrap(code), {
      filename: path,
      ...(cachedData === undefined ? {} : { cachedData }),
    });
    scripts.set(name, script);
    // One that V8 refuses (other flags, another processor) stays: it would refuse the next one as well.
    lacking ||= cachedData === undefined;
    const run: unknown = script.runInThisContext();
    if (typeof run !== 'function') throw new TypeError(`${path} is no module`);
    return Reflect.apply(run, this.exports, [this.exports, this.require.bind(this), this, path, own]);
  });
  process.on('exit', (status) => {
    // 2 and 3 leave before the work is done, and the word may be no command at all
    if (!lacking || status > 1) return;
    try {
      // V8 compares its flags of now with those of the next start: back to what src/project/readers/python/syntax.ts changed,
      // with what that implied.
      for (const flag of ['--no-liftoff-only', '--wasm-tier-up', '--wasm-dynamic-tiering'])
        process.getBuiltinModule('node:v8').setFlagsFromString(flag);
      const kept = [...known].filter(([name]) => existsSync(join(own, name.replace(/:\d+$/, ''))));
      const made = [...scripts].map(([name, script]) => [name, script.createCachedData()] as const);
      writeCompiled(file, new Map([...kept, ...made]));
    } catch {
      // a full disk, a folder that is gone: it is only slower
    }
  });
}

function readCompiled(file: string): Compiled {
  const compiled: Compiled = new Map();
  try {
    const bytes = readFileSync(file);
    const end = bytes.indexOf(10);
    // our own file in our own folder, whole because it was renamed to its name after it was on the disk
    const index = JSON.parse(bytes.toString('latin1', 0, end)) as Index;
    for (const [name, offset, length] of index)
      compiled.set(name, bytes.subarray(end + 1 + offset, end + 1 + offset + length));
  } catch {
    // not there yet
  }
  return compiled;
}

function writeCompiled(file: string, compiled: Compiled): void {
  let offset = 0;
  const index = [...compiled].map(([name, { length }]) => {
    offset += length;
    return [name, offset - length, length] as const;
  });
  writeWhole(file, Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...compiled.values()]));
}
