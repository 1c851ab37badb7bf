import { crashOf } from '../../src/report/crash.ts';
import type {
  ChainedException,
  CrashReport,
  ReportedException,
  ReportedFrame,
} from '../../src/report/model.ts';

/** A report with nothing special in it; a test changes what it is about. */
export function exampleReport(changes: Partial<CrashReport> = {}): CrashReport {
  const report: CrashReport = {
    schemaVersion: 1,
    core: { path: 'core.7', bytes: 33_200_000, truncated: false, missing: [] },
    process: {
      pid: 7,
      signal: { number: 6, name: 'SIGABRT' },
      executable: '/usr/bin/python3.11',
      buildId: 'c561f3aa',
      cmdline: ['python3', 'manage.py', 'run it'],
    },
    python: { version: '3.11.2', implementation: 'CPython', freeThreaded: false, layoutSource: 'table' },
    crash: { title: '' },
    exceptions: [
      {
        threadId: '1',
        foundVia: 'local "exception" of abort_with_core',
        crashed: true,
        chain: [
          exception('RuntimeError', 'order 7 failed', [frame('/srv/shop/views.py', 40, 'order')]),
          exception('PaymentError', 'cannot charge', [frame('/srv/shop/pay.py', 12, 'charge')], {
            module: 'shop.pay',
            relation: 'context',
            of: 0,
          }),
          exception('TypeError', 'no price', [frame('/srv/shop/basket.py', 5, 'total')], {
            relation: 'cause',
            of: 1,
            notes: ['the last line'],
          }),
        ],
      },
    ],
    threads: [
      {
        id: '1',
        osThreadId: 7,
        name: 'MainThread',
        current: true,
        holdsGil: true,
        frames: [frame('/srv/shop/hook.py', 3, 'hook')],
      },
      {
        id: '2',
        osThreadId: 8,
        name: 'worker',
        current: false,
        frames: [
          frame('/usr/lib/python3.11/threading.py', 320, 'wait'),
          frame('/srv/shop/jobs.py', 9, 'run'),
        ],
      },
    ],
    fingerprint: '0123456789abcdef',
    warnings: [],
    ...changes,
  };
  return { ...report, crash: changes.crash ?? crashOf(report) };
}

/** The exception of a thread; without a name of its own, that of the crash. */
export function listed(
  chain: ChainedException[],
  changes: Partial<ReportedException> = { crashed: true },
): ReportedException {
  return { threadId: '1', foundVia: 'x', chain, ...changes };
}

export function frame(
  file: string,
  line: number,
  name: string,
  locals: Record<string, string> = {},
): ReportedFrame {
  return {
    file,
    line,
    function: name,
    locals: Object.fromEntries(Object.entries(locals).map(([local, repr]) => [local, { type: 'str', repr }])),
  };
}

export function exception(
  type: string,
  message: string,
  frames: ReportedFrame[],
  changes: Partial<ChainedException> = {},
): ChainedException {
  return { type, module: 'builtins', message, notes: [], relation: null, frames, ...changes };
}
