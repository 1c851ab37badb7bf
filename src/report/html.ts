import { printable, printableLines } from '../printable.ts';
import { renderHtml } from '../templates.ts';
import { ownFrames } from './application-frame.ts';
import { stoppedHere } from './crash.ts';
import type { CrashReport, ReportedFrame, ReportedValue } from './model.ts';
import { headline, printedChain, remarks, type PrintedException } from './printed-chain.ts';
import { shownFrames } from './shown-frames.ts';
import { belongsTo, howRead, interpreterOf, size } from './text.ts';

/** A page that stands alone: no script, no request to anywhere (its own policy forbids both), every value escaped. */
export function reportHtml(report: CrashReport): string {
  const exceptions = report.exceptions.flatMap((exception, index) => {
    const printed = printedChain(exception);
    if (printed === undefined) return [];
    const crashed = index === report.crash.exception;
    return [
      {
        title: crashed ? 'Exception' : belongsTo(report, exception),
        foundVia: printable(exception.foundVia),
        blocks: blocks(printed, 0, crashed),
      },
    ];
  });
  const { core, live } = report;
  const { title, frame } = report.crash;
  return renderHtml('html/report.html', {
    title: printable(title),
    missing: report.core.missing.map(({ what, consequence }) => printable(`${what}: ${consequence}`)),
    facts: [
      ['Where', frame === undefined ? '' : `${frame.file}:${frame.line} in ${frame.function}`],
      ['Process', `${report.process.pid}${live === undefined ? `, ${report.process.signal.name}` : ''}`],
      ['Command line', report.process.cmdline.join(' ')],
      ['Executable', report.process.executable],
      ['Python', `${report.python.implementation} ${report.python.version}`.trim()],
      live === undefined
        ? ['Core', `${core.path}, ${size(core.bytes)}${core.truncated ? ', truncated' : ''}`]
        : ['Memory', `${core.path}, ${size(core.bytes)} read, ${howRead(live)}`],
      ['Fingerprint', report.fingerprint],
    ]
      .filter(([, value]) => value !== '')
      .map((pair) => pair.map(printable)),
    exceptions,
    request: report.request === undefined ? [] : requestRows(report.request),
    threads: report.threads.map((thread) => ({
      name: printable(thread.name ?? '') + interpreterOf(thread),
      id: thread.osThreadId,
      current: thread.current,
      holdsGil: thread.holdsGil === true,
      torn: thread.torn === true,
      request: thread.request === undefined ? [] : requestRows(thread.request),
      frames: framesOf(
        thread.frames,
        thread.current && report.crash.exception === undefined ? 'first' : 'none',
      ),
      incomplete: thread.framesIncomplete === true,
      native: (thread.native ?? []).map(({ address, function: name, library = '' }) =>
        printable(`${address} ${name} ${library}`.trimEnd()),
      ),
    })),
    tasks: (report.tasks ?? []).map((task) => ({
      name: printable(`${task.kind} ${task.name ?? ''} ${task.state ?? ''}`),
      frames: framesOf(task.frames),
    })),
    warnings: report.warnings.map(({ message }) => printable(message)),
    stopped: stoppedHere(report),
    secretsShown: report.secretsShown === true,
  });
}

interface Block {
  sentence: string;
  depth: number;
  headline: string;
  notes: string[];
  attributes: ReturnType<typeof shownValues>;
  frames: ReturnType<typeof framesOf>;
  left: string;
}

/** The chain in the order in which Python prints it; members of groups one step further in. */
function blocks(printed: PrintedException, depth: number, open: boolean): Block[] {
  const { before, exception, members, hidden } = printed;
  const own: Block = {
    sentence: before?.sentence ?? '',
    depth,
    headline: printableLines(headline(exception)),
    notes: remarks(exception).map(printableLines),
    attributes: shownValues(exception.attributes ?? {}),
    frames: framesOf(exception.frames, open ? 'last' : 'none'),
    left: exception.membersLeftOut === undefined ? '' : `… ${exception.membersLeftOut} more members`,
  };
  return [
    ...(before === undefined ? [] : blocks(before.printed, depth, false)),
    own,
    ...members.flatMap((member) => blocks(member, depth + 1, false)),
    ...(hidden === undefined ? [] : blocks(hidden, depth + 1, false)),
  ];
}

/** Frames as the page shows them; the innermost one of the application is open where the crash is at that end. */
function framesOf(all: readonly ReportedFrame[], innermost: 'first' | 'last' | 'none' = 'none') {
  const frames = shownFrames(all);
  const own = ownFrames(
    frames.map(({ frame }) => frame),
    undefined,
  );
  const mine = [...own];
  const inner =
    (innermost === 'last' ? mine.at(-1) : mine[0]) ?? frames.at(innermost === 'last' ? -1 : 0)?.frame;
  return frames.map(({ frame, notes }) => ({
    where: printable(`${frame.file}:${frame.line}`),
    function: printable(frame.function),
    source: printable(frame.source ?? ''),
    doubtful: frame.sourceDoubtful === true,
    own: own.has(frame),
    open: innermost !== 'none' && frame === inner,
    notes,
    locals: shownValues(frame.locals),
  }));
}

function shownValues(values: Record<string, ReportedValue>) {
  return Object.entries(values).map(([name, { type, repr, redacted }]) => ({
    name: printable(name),
    type: printable(type),
    repr: printable(repr),
    redacted: redacted === true,
  }));
}

function requestRows(request: NonNullable<CrashReport['request']>): string[][] {
  const query = request.query === undefined || request.query === '' ? '' : `?${request.query}`;
  return [
    ['Request', `${request.method ?? ''} ${request.path ?? ''}${query}`],
    ['View', request.view ?? ''],
    ['User', request.user ?? ''],
    ...Object.entries(request.headers),
  ]
    .filter(([, value]) => value !== '')
    .map((pair) => pair.map(printable));
}
