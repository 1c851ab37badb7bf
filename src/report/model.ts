/**
 * The crash report as data: exactly the document that `pycrash report --format json` prints.
 * Fields may be added, never changed (docs/json.md). The readers under `src/core` fill it, `src/report`
 * redacts and renders it. `Value` is what a local is: before redaction a `PythonValue` (src/core/python/value.ts).
 */
export interface CrashReport<Value = ReportedValue> {
  schemaVersion: 1;
  core: { path: string; bytes: number; truncated: boolean; missing: MissingPart[] };
  process: {
    pid: number;
    signal: {
      number: number;
      name: string;
      code?: number;
      /** Of a signal that a process sent: which. */
      sender?: number;
      /** Of a fault: the address that was accessed. */
      address?: string;
      /** Of a fault: the code that ran. */
      instruction?: { address: string; library?: string; function?: string };
      /** The stack was at its end. */
      stackOverflow?: true;
    };
    executable: string;
    buildId?: string;
    cmdline: string[];
    cwd?: string;
    environment?: Record<string, string>;
    /** So many variables are not in `environment`. */
    environmentLeftOut?: number;
  };
  python: {
    version: string;
    implementation: string;
    freeThreaded: boolean;
    /** Where the structure offsets come from: a table of ours, or the process's own `_Py_DebugOffsets`. */
    layoutSource: string;
  };
  crash: Crash;
  exceptions: ReportedException<Value>[];
  threads: ReportedThread<Value>[];
  tasks?: ReportedTask<Value>[];
  request?: ReportedRequest;
  fingerprint: string;
  warnings: { code: string; message: string }[];
  /** How much was hidden (`--redact`). */
  redaction?: 'strict' | 'default' | 'none';
  /** `--redact none`: nothing in this report was redacted. */
  secretsShown?: true;
  /** Only of a process that was read while it ran: there is no signal then, and `core.path` is its memory. */
  live?: LiveReading;
}

/** How a running process was read. */
export interface LiveReading {
  /** As asked for, or `none` where the process could not be stopped (a warning says why). */
  stop: 'short' | 'none' | 'whole';
  /** From SIGSTOP to SIGCONT; the longest one, where it was stopped several times. */
  stoppedMilliseconds?: number;
  /** How many times it was stopped. */
  stops: number;
  /** It was stopped before, and still is. */
  wasStopped?: true;
}

/** What crashed, in one line: every format has the same. */
export interface Crash {
  title: string;
  /** Index in `exceptions`: the one that the thread which took the signal was raising or handling; absent where none. */
  exception?: number;
  /** The innermost frame of the application. */
  frame?: { file: string; line: number; function: string };
}

export interface MissingPart {
  what: string;
  bytes?: number;
  consequence: string;
}

export interface ReportedException<Value = ReportedValue> {
  threadId: string;
  /** Of the thread, where there is more than one. */
  interpreter?: number;
  /** Index in `tasks` of the task or greenlet that was handling it. */
  task?: number;
  /** How it was reached, e.g. `local "exception" of abort_with_core`. */
  foundVia: string;
  /** The thread that took the signal was raising or handling it: it is what the report is about. */
  crashed?: true;
  /** `chain[0]` was in flight; each next one is its `relation`. */
  chain: ChainedException<Value>[];
  /** So many exceptions of the chain are not in it. */
  leftOut?: number;
}

export interface ChainedException<Value = ReportedValue> {
  type: string;
  module: string;
  message: string;
  /**
   * The `__str__` of its own, or the `__repr__` of an argument, that was not run, where there is one that is not known:
   * `message` is then what `BaseException` makes of the arguments.
   */
  ownStr?: string;
  notes: string[];
  /** Its `__dict__` and slots, and what exceptions in C have (`errno`, `filename`, `code`). */
  attributes?: Record<string, Value>;
  relation: 'cause' | 'context' | 'group' | null;
  /** Index in `chain` of the exception that this one is the cause, context or member of. */
  of?: number;
  /** This member of a group is its `__cause__`, too. */
  isCause?: true;
  /** `raise … from None` hid this context from the printed traceback. */
  suppressed?: boolean;
  /** So many exceptions lie between this one and the one it belongs to (`of`), and are not in the report. */
  between?: number;
  /** So many members of this group are not in the report. */
  membersLeftOut?: number;
  /** From the outermost call to the one that raised. */
  frames: ReportedFrame<Value>[];
}

export interface ReportedFrame<Value = ReportedValue> {
  file: string;
  line: number;
  function: string;
  source?: string;
  /** The file was changed after the core was written: `source` may not be the line that ran. */
  sourceDoubtful?: true;
  locals: Record<string, Value>;
  /** The last `of` frames, with this one as the last, come `times` more here: a recursion, counted. */
  repeated?: { of: number; times: number };
  /** So many frames come after this one that are not in the report. */
  leftOut?: number;
  /** What the source has to fit; no part of the report. */
  code?: FrameCode;
}

/** What a code object says about the source that it was compiled from. */
export interface FrameCode {
  name: string;
  firstLine: number;
  /** Names of parameters and variables. */
  slots: readonly { name: string }[];
}

export interface ReportedValue {
  type: string;
  repr: string;
  redacted?: true;
}

export interface ReportedThread<Value = ReportedValue> {
  id: string;
  osThreadId: number;
  name?: string;
  /** Where there is more than one; the main one is 0. */
  interpreter?: number;
  /** The thread that took the signal. */
  current: boolean;
  holdsGil?: boolean;
  /** There are more frames, which could not be read or are over the limit. */
  framesIncomplete?: true;
  /** It ran while it was read (`--stop none`): its frames may be of different moments. */
  torn?: true;
  /** Of a living process: what the thread is working on. */
  request?: ReportedRequest;
  /** From the innermost call outwards. */
  frames: ReportedFrame<Value>[];
  /** The frames of the C code, from the innermost call outwards (`--native`). */
  native?: NativeFrame[];
}

export interface NativeFrame {
  /** `??` where no symbol is known. */
  function: string;
  /** The mapped file that the code is in. */
  library?: string;
  address: string;
  /** It is the interpreter's loop, and runs that many of `frames`: the first ones that no call above it runs. */
  python?: number;
}

export interface ReportedTask<Value = ReportedValue> {
  kind: 'asyncio' | 'greenlet';
  name?: string;
  state?: string;
  /** From the outermost call to the one that it waits in; empty where it runs, and its frames are a thread's. */
  frames: ReportedFrame<Value>[];
  awaits?: string[];
}

export interface ReportedRequest {
  framework: string;
  method?: string;
  path?: string;
  query?: string;
  view?: string;
  user?: string;
  headers: Record<string, string>;
}
