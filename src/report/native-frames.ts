import { execa } from 'execa';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NativeGround, UnredactedReport } from '../core/read-core.ts';
import { templateText } from '../templates.ts';
import { findProgram } from './find-program.ts';
import { gdbArguments, isInstalled } from './gdb.ts';
import type { NativeFrame } from './model.ts';
import { REPORT_LIMITS } from './limits.ts';
import { privateFolder, removePrivateFolder } from './private-file.ts';

interface Places {
  /** The core as a plain file. */
  core: string;
  executable?: string;
  sysroot?: string;
  searchPath: readonly string[];
}

/** A frame as a debugger gives it. */
interface FoundFrame {
  address: number;
  function: string;
}

/** Frames by the kernel's number of the thread, from the innermost outwards. */
type Stacks = Map<number, FoundFrame[]>;

// A hostile core can lead an unwinder in circles, and debug symbols of a big program take long to load.
const LONGEST = { timeout: 120_000, maxBuffer: 100_000_000 };
// elfutils and gdb would ask servers for symbols otherwise: a report asks nobody.
const ENVIRONMENT = { DEBUGINFOD_URLS: '' };

/**
 * Fills in `native` of the threads, by eu-stack(1) or gdb(1). Both only read the core, and the program with its build
 * ID; where neither is there, or they find nothing, a warning says so and the report stays as it is.
 */
export async function addNativeFrames(report: UnredactedReport, places: Places): Promise<void> {
  const { ground } = report;
  const warn = (message: string): void => void report.warnings.push({ code: 'no-native', message });
  if (ground === undefined) return warn('there are no native frames, because no Python thread could be read');
  const program = findProgram(report, places);
  if (program === undefined) {
    return warn(
      `there are no native frames: ${report.process.executable} with the build ID ${report.process.buildId ?? 'of the core'} was not found (--executable, --sysroot and --search-path say where to look)`,
    );
  }
  // eu-stack looks for libraries where the core says that they were, and nowhere else
  const elsewhere = places.sysroot !== undefined || places.searchPath.length > 0;
  const stacks = (elsewhere ? undefined : await byEuStack(places, program)) ?? (await byGdb(places, program));
  if (stacks === undefined) {
    return warn(
      elsewhere
        ? 'there are no native frames: with --sysroot and --search-path gdb reads them, which is not installed: apt-get install gdb, dnf install gdb'
        : 'there are no native frames: eu-stack or gdb reads them, and neither is installed: apt-get install elfutils, dnf install elfutils',
    );
  }
  const ends = new Set<string>();
  let long = 0;
  for (const [at, thread] of report.threads.entries()) {
    const found = stacks.get(thread.osThreadId);
    if (found === undefined || found.length === 0) continue;
    const { frames, end } = trusted(found, ground);
    if (end !== undefined) ends.add(end);
    const whole = found.length < REPORT_LIMITS.nativeFrames;
    if (!whole) long += 1;
    thread.native = withPython(frames, ground.calls[at] ?? [], end === undefined && whole);
  }
  if (long > 0) {
    warn(
      `native frames beyond the innermost ${REPORT_LIMITS.nativeFrames} are not listed, in ${long} thread${long === 1 ? '' : 's'}`,
    );
  }
  if (ends.size > 0) {
    warn(
      `native frames end where the file of the code is not on this machine with its build ID: ${[...ends].sort().join(', ')}`,
    );
  }
  if (!report.threads.some((thread) => thread.native !== undefined)) {
    warn('there are no native frames: the stacks of the threads could not be read');
  }
}

/** undefined where it is not installed. */
async function byEuStack({ core }: Places, program: string): Promise<Stacks | undefined> {
  const args = ['-n', String(REPORT_LIMITS.nativeFrames), '--core', core, '--executable', program];
  const result = await execa('eu-stack', args, {
    reject: false,
    env: ENVIRONMENT,
    stdin: 'ignore',
    ...LONGEST,
  });
  // what it printed before it failed is true all the same: it exits with 1 where one frame was not found
  return result.code === 'ENOENT' ? undefined : parseEuStack(result.stdout ?? '');
}

/** The output of `eu-stack`: `TID 7:` and `#0  0x00007f83a77d9eec raise`, without a name where none is known. */
export function parseEuStack(output: string): Stacks {
  const stacks: Stacks = new Map();
  let frames: FoundFrame[] = [];
  for (const line of output.split('\n')) {
    const thread = /^TID (\d+):$/.exec(line)?.[1];
    if (thread !== undefined) stacks.set(Number(thread), (frames = []));
    const [, address, name] = /^#\d+ +0x([0-9a-f]{1,16})(?: (.*))?$/.exec(line) ?? [];
    if (address !== undefined) frames.push(frame(address, name));
  }
  return stacks;
}

async function byGdb(places: Places, program: string): Promise<Stacks | undefined> {
  if (!(await isInstalled('gdb'))) return undefined;
  const folder = privateFolder();
  try {
    const commands = join(folder, 'native_frames.py');
    writeFileSync(commands, templateText('gdb/native_frames.py'), { mode: 0o600 });
    const settings = [
      'set auto-load no',
      'set backtrace past-main on',
      `set $pycrash_most = ${REPORT_LIMITS.nativeFrames}`,
    ];
    const args = gdbArguments({
      ...places,
      target: { core: places.core },
      program,
      commands,
      batch: '',
      settings,
    });
    const result = await execa('gdb', ['-nx', ...args], {
      reject: false,
      env: ENVIRONMENT,
      stdin: 'ignore',
      ...LONGEST,
    });
    return parseGdb(result.stdout ?? '');
  } finally {
    removePrivateFolder(folder);
  }
}

/** What templates/gdb/native_frames.py printed, among gdb's own messages. */
function parseGdb(output: string): Stacks {
  const stacks: Stacks = new Map();
  for (const line of output.split('\n')) {
    const [, thread, address = '', name] = /^pycrash-frame (\d+) 0x([0-9a-f]{1,16}) (.*)$/.exec(line) ?? [];
    if (thread === undefined) continue;
    const frames = stacks.get(Number(thread)) ?? [];
    if (frames.length === 0) stacks.set(Number(thread), frames);
    frames.push(frame(address, name));
  }
  return stacks;
}

function frame(address: string, name = ''): FoundFrame {
  // a symbol's version, and the names that the compiler gives to copies and parts of a function
  const plain = name
    .replace(/@.*$/, '')
    .replace(/(?:\.(?:lto_priv|constprop|isra|part|cold|localalias)(?:\.\d+)*)+$/, '');
  return { address: Number.parseInt(address, 16), function: plain === '' ? '??' : plain };
}

/**
 * The frames up to the first one whose code lies in a file that is not here: without the file's unwind information,
 * what comes after it is a guess. `end` is the file.
 */
function trusted(
  found: readonly FoundFrame[],
  { files }: NativeGround,
): { frames: NativeFrame[]; end?: string } {
  const frames: NativeFrame[] = [];
  for (const { address, function: name } of found) {
    const file = files.find(({ start, end }) => start <= address && address < end);
    frames.push({
      function: name,
      ...(file === undefined ? {} : { library: file.path }),
      address: `0x${address.toString(16)}`,
    });
    if (file?.here === false) return { frames, end: file.path };
  }
  return { frames };
}

// The functions that are the interpreter's loop. One that is built with tail calls is in the function of the
// instruction that it is at (Python/generated_cases.c.h, 3.14), which the first one was left for.
const LOOP = /^_PyEval_EvalFrameDefault$/;
const TAIL_CALL = /^_TAIL_CALL_\w+$/;

// Below it is the stack of whoever switched to this greenlet first: another one's frames (src/greenlet/TUserGreenlet.cpp).
const GREENLET = /\bg_initialstub\b/;

/** Says which frame runs which Python frames, where the calls of the loop that both sides see are as many. */
function withPython(frames: NativeFrame[], calls: readonly number[], complete: boolean): NativeFrame[] {
  const greenlet = frames.findIndex((each) => GREENLET.test(each.function));
  const own = greenlet < 0 ? frames : frames.slice(0, greenlet);
  const loops = own.filter(
    (each, at) =>
      TAIL_CALL.test(each.function) ||
      (LOOP.test(each.function) && !TAIL_CALL.test(own[at - 1]?.function ?? '')),
  );
  if (complete ? loops.length !== calls.length : loops.length > calls.length) return frames;
  for (const [at, loop] of loops.entries()) loop.python = calls[at] ?? 1;
  return frames;
}
