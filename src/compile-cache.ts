import * as nodeModule from 'node:module';
import { cacheFolder } from './cache-folder.ts';
import { keepCompiledCode } from './compiled-code.ts';

/**
 * Keeps what V8 compiled for the next run of this command. Node 22.1 and later can (5 of the 66 ms, of processor time, of
 * `report`, 6 of the 139 of `check`), before that we do it (19 of the 138 of `check`). Not in Node's own place for it,
 * which is in /tmp: the code is run as it is found there, and anybody can make that folder before root does. So in a
 * folder that belongs to this user and that nobody else can write to, or nowhere. `command` is the first word; one
 * that is no command leaves nothing.
 */
export function enableCompileCache(command: string): void {
  const enable: unknown = Reflect.get(nodeModule, 'enableCompileCache');
  if (process.env['NODE_DISABLE_COMPILE_CACHE']) return;
  try {
    const folder = cacheFolder();
    if (folder === undefined) return;
    if (typeof enable === 'function') enable(folder);
    else keepCompiledCode(folder, command);
  } catch {
    // no home, or one that cannot be written to: it is only slower
  }
}
