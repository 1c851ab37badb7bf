import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Surface } from '../../src/crashtest/hostile-client/connection.ts';
import { pythonEnvironment } from '../python-environment.ts';
import { attack, type Result } from './attack.ts';
import { told } from './told.ts';
import { HOSTED, HostedCopy } from './hosted.ts';
import { PACKAGES, SERVERS, serves, surfaceOf } from './servers.ts';

// `npm run fuzz -- client [--seed N] [--connections N] [--example NAME] [--server NAME] [--only FIRST[-LAST]] [--log-only]`
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    connections: { type: 'string', default: '5000' },
    example: { type: 'string' },
    server: { type: 'string' },
    /** Only these connections of the seed, and their bytes. */
    only: { type: 'string' },
    /** Counts what would abort, and keeps the processes. */
    'log-only': { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const numbers = numbersOf(values.only, Number(values.connections));
const examples = chosen(HOSTED, values.example, '--example');
const servers = chosen(SERVERS, values.server, '--server');
const folder = pythonEnvironment('3.11', PACKAGES).folder;
const bin = join(folder, 'bin');

let failed = 0;
let cells = 0;
let total = 0;
for (const [name, hosted] of examples) {
  const served = servers.filter(([, server]) => serves(server, name, hosted));
  if (served.length === 0) continue;
  for (const [serverName, server] of served) {
    // each in a copy of its own: a database that an abort leaves locked is not the next one's
    const copy = await HostedCopy.make(hosted, join(bin, 'python'));
    const start = performance.now();
    try {
      const result = await attack(copy, hosted, server, bin, {
        seed,
        numbers,
        ...(values['log-only'] ? { environment: { PYCRASH: 'log' }, mostFailures: Infinity } : {}),
      });
      const seconds = Math.round((performance.now() - start) / 1000);
      cells += 1;
      total += result.sent;
      if (!tell(name, serverName, surfaceOf(server, hosted), result, seconds)) failed += 1;
    } catch (error) {
      failed += 1;
      print(`FAILED  ${name} under ${serverName}: ${String(error)}`);
    } finally {
      copy.remove();
    }
  }
}
print(`${total} connections, ${cells} pairs of an example and a server, ${failed} of them failed`);
process.exitCode = failed > 0 || cells === 0 ? 1 : 0;

/** Prints what came of it; was it good? */
function tell(name: string, server: string, surface: Surface, result: Result, seconds: number): boolean {
  const { sent, failures, bugAborted } = result;
  const isLogOnly = values['log-only'];
  const bug = isLogOnly ? '' : `; its bug ${bugAborted ? 'aborts' : 'DOES NOT ABORT'}`;
  const good = failures.length === 0 && (bugAborted || isLogOnly);
  const counts = `${sent} connections in ${seconds} s, ${failures.length} failures${bug}`;
  print(`${good ? 'ok    ' : 'FAILED'}  ${name} under ${server}: ${counts}`);
  if (failures.length > 0) print(told(failures, surface, { seed, example: name, server }));
  if (failures.length > 0 && values.only !== undefined) print(result.log.slice(-6000));
  return good;
}

function numbersOf(only: string | undefined, connections: number): number[] {
  const [first = 0, last = first] = only === undefined ? [0, connections - 1] : only.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The one of that name, or all. */
function chosen<Item>(
  table: Readonly<Record<string, Item>>,
  name: string | undefined,
  option: string,
): [string, Item][] {
  const found = Object.entries(table).filter(([each]) => name === undefined || each === name);
  if (found.length > 0) return found;
  process.stderr.write(`${option} ${name}: one of ${Object.keys(table).join(', ')} is wanted\n`);
  process.exit(2);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
