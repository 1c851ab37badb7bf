import type { CrashReport } from '../report/model.ts';

/** What `pycrash verify` is asked to do. */
export interface VerifyOptions {
  /** Absolute path of the repository. */
  root: string;
  /** One of `STARTABLE`; the project says it where it is absent. */
  supervisor?: string;
  /** One of `STARTABLE_SERVERS`, where the project has several or none. */
  server?: string;
  /** The user that the service runs as, instead of its own. */
  user?: string;
  /** The start command, where the one of the repository is not the one to test. */
  command?: string;
  /** DJANGO_SETTINGS_MODULE, where the one that the repository runs with is not the one to test. */
  settings?: string;
  /** A page that answers 200, instead of the planted one: a path, or an address with one where the service listens there. */
  url?: string;
  environment: Readonly<Record<string, string>>;
  /** The interpreter of the project's virtual environment. */
  python?: string;
  /** Run the migrations first. */
  migrate?: boolean;
  /** Keep the throw-away place and the cores. */
  keep: boolean;
  /** The longest that anything is waited for, in seconds. */
  timeout: number;
}

/** The steps, in the order in which they are told. docs/verify.md says what each one proves. */
export const STEP_IDS = [
  'start',
  'as-deployed',
  'handled-errors',
  'hostile-client',
  'abort',
  'log-line',
  'wait-status',
  'core-present',
  'core-complete',
  'cores-distinct',
  'core-names',
  'gdb',
  'report',
  'recovery',
  'lost-requests',
  'blind-spot',
  'crash-budget',
  'main-process',
  'start-limit',
  'clean-up',
] as const;

export type StepId = (typeof STEP_IDS)[number];

export interface Step {
  id: StepId;
  /** `unknown`: it could not be observed; `detail` says what would find out. */
  ok: boolean | 'unknown';
  detail: string;
  seconds: number;
}

/** The document of `pycrash verify --json`. */
export interface Verification {
  schemaVersion: 1;
  /** No step failed. */
  ok: boolean;
  server: string;
  supervisor: string;
  steps: Step[];
  cores: VerifiedCore[];
  /** The longest time from an abort to the next 200; null where there was none. */
  recoverySeconds: number | null;
  /** Requests in flight, besides those that were meant to crash, that got no answer. */
  lostRequests: number;
}

interface VerifiedCore {
  /** Where the process left it. */
  path: string;
  bytes: number;
  /** What `pycrash report` reads out of it; null where it was not read. */
  report: CrashReport | null;
}
