import { printable, printableLines } from '../printable.ts';
import { renderHtml } from '../templates.ts';
import { isApplicationFrame } from './application-frame.ts';
import type { CrashReport, ReportedFrame, ReportedValue } from './model.ts';
import { headline, printedChain, remarks, type PrintedException } from './printed-chain.ts';
import { size } from './text.ts';

/** A page that stands alone: no script, no request to anywhere (its own policy forbids both), every value escaped. */
export function reportHtml(report: CrashReport): string {
  const exceptions = report.exceptions.flatMap((exception) => {
    const printed = printedChain(exception);
    return printed === undefined
      ? []
      : [{ foundVia: printable(exception.foundVia), blocks: blocks(printed, 0) }];
  });
  return renderHtml('html/report.html', {
    title: exceptions[0]?.blocks.at(-1)?.headline ?? report.process.signal.name,
    missing: report.core.missing.map(({ what, consequence }) => printable(`${what}: ${consequence}`)),
    facts: [
      ['Process', `${report.process.pid}, ${report.process.signal.name}`],
      ['Command line', report.process.cmdline.join(' ')],
      ['Executable', report.process.executable],
      ['Python', `${report.python.implementation} ${report.python.version}`],
      [
        'Core',
        `${report.core.path}, ${size(report.core.bytes)}${report.core.truncated ? ', truncated' : ''}`,
      ],
      ['Fingerprint', report.fingerprint],
    ].map((pair) => pair.map(printable)),
    exceptions,
    request: report.request === undefined ? [] : requestRows(report.request),
    threads: report.threads.map((thread) => ({
      name: printable(thread.name ?? ''),
      id: thread.osThreadId,
      current: thread.current,
      holdsGil: thread.holdsGil === true,
      frames: thread.frames.map(shownFrame),
      native: (thread.native ?? []).map(({ address, function: name, library = '' }) =>
        printable(`${address} ${name} ${library}`.trimEnd()),
      ),
    })),
    tasks: (report.tasks ?? []).map((task) => ({
      name: printable(`${task.kind} ${task.name ?? ''} ${task.state ?? ''}`),
      frames: task.frames.map(shownFrame),
    })),
    warnings: report.warnings.map(({ message }) => printable(message)),
    secretsShown: report.secretsShown === true,
  });
}

interface Block {
  sentence: string;
  depth: number;
  headline: string;
  notes: string[];
  attributes: ReturnType<typeof shownValues>;
  frames: ReturnType<typeof shownFrame>[];
}

/** The chain in the order in which Python prints it; members of groups one step further in. */
function blocks(printed: PrintedException, depth: number): Block[] {
  const { before, exception, members, hidden } = printed;
  const own: Block = {
    sentence: before?.sentence ?? '',
    depth,
    headline: printableLines(headline(exception)),
    notes: remarks(exception).map(printableLines),
    attributes: shownValues(exception.attributes ?? {}),
    frames: exception.frames.map(shownFrame),
  };
  return [
    ...(before === undefined ? [] : blocks(before.printed, depth)),
    own,
    ...members.flatMap((member) => blocks(member, depth + 1)),
    ...(hidden === undefined ? [] : blocks(hidden, depth + 1)),
  ];
}

function shownFrame(frame: ReportedFrame) {
  return {
    where: printable(`${frame.file}:${frame.line}`),
    function: printable(frame.function),
    source: printable(frame.source ?? ''),
    doubtful: frame.sourceDoubtful === true,
    own: isApplicationFrame(frame),
    locals: shownValues(frame.locals),
  };
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
