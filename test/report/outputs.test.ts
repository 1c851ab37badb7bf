import { expect, test } from 'vitest';
import { printableJson } from '../../src/printable.ts';
import { reportHtml } from '../../src/report/html.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';
import type { CrashReport } from '../../src/report/model.ts';
import { reportText } from '../../src/report/text.ts';
import { exampleReport, exception, frame, listed } from './example-report.ts';

const plain = (report: CrashReport, locals: 'app' | 'all' | 'none' = 'app', threads = false): string =>
  reportText(report, { threads, locals, width: 200 }, (_, text) => text);

test('text: the exception first, in the order of a traceback, then where it aborted, then the other threads', () => {
  expect(plain(exampleReport())).toBe(`SIGABRT in process 7: python3 manage.py 'run it'
crash        RuntimeError: order 7 failed
core         core.7, 33.2 MB
executable   /usr/bin/python3.11, build ID c561f3aa
python       CPython 3.11.2
fingerprint  0123456789abcdef

Found via local "exception" of abort_with_core
Traceback (most recent call last):
  File "/srv/shop/basket.py", line 5, in total
TypeError: no price
the last line

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/shop/pay.py", line 12, in charge
shop.pay.PaymentError: cannot charge

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/shop/views.py", line 40, in order
RuntimeError: order 7 failed

Aborted here, in thread 7 "MainThread", which holds the GIL (most recent call first):
  File "/srv/shop/hook.py", line 3, in hook

1 other thread (--threads shows all of their frames)
  thread 8 "worker": /srv/shop/jobs.py:9 in run, now in wait
`);
});

test('text: locals of the application, not of libraries; recursion is cut after the third time', () => {
  const deep = Array.from({ length: 10 }, () => frame('/srv/a.py', 3, 'f', { depth: '1' }));
  const library = frame('/usr/lib/python3.11/json.py', 9, 'loads', { s: "'x'" });
  const report = exampleReport({
    exceptions: [listed([exception('E', '', [...deep, library])])],
  });
  const shown = plain(report);
  expect(shown.match(/in f$/gm)).toHaveLength(4);
  expect(shown).toContain('  [Previous line repeated 6 more times]\n');
  expect(shown).toContain('      depth = 1\n');
  expect(shown).not.toContain('s = ');
  expect(plain(report, 'all')).toContain("      s = 'x'\n");
  expect(plain(report, 'none')).not.toContain('depth = ');
});

test('text and markdown: a long local is cut, also one with a secret in it', () => {
  const at = frame('/srv/a.py', 3, 'f', { plain: 'x'.repeat(3000) });
  at.locals['environ'] = { type: 'dict', repr: `{'token': [redacted], ${'y'.repeat(3000)}`, redacted: true };
  const report = exampleReport({
    exceptions: [listed([exception('E', '', [at])])],
  });
  for (const shown of [plain(report), reportMarkdown(report)]) {
    expect(shown).toContain("environ = {'token': [redacted], yyy");
    expect(Math.max(...shown.split('\n').map((line) => line.length))).toBeLessThan(250);
  }
});

test('text: groups and hidden contexts', () => {
  const chain = [
    exception('ExceptionGroup', 'outer (1 sub-exception)', [frame('/a.py', 1, 'f')]),
    exception('ValueError', 'v', [frame('/b.py', 2, 'g')], { relation: 'group', of: 0 }),
    exception('KeyError', "'k'", [], { relation: 'context', of: 0, suppressed: true }),
  ];
  expect(plain(exampleReport({ exceptions: [{ threadId: '1', foundVia: 'x', chain }] }))).toContain(`
Exception Group Traceback (most recent call last):
  File "/a.py", line 1, in f
ExceptionGroup: outer (1 sub-exception)
  +---------------- 1 ----------------
  | Traceback (most recent call last):
  |   File "/b.py", line 2, in g
  | ValueError: v
  +------------------------------------

Hidden by \`raise … from …\`, but in the core:
  KeyError: 'k'
`);
});

// What a hostile process can put into every name, value, path and message.
const HOSTILE =
  '\u{E0041}\u00AD\u200B\u001B]0;title\u0007\u001B[2J\u009B31m\u202E</pre><script>alert(1)</script>`` ``` ```` |\n@team <img src=x onerror=y> & "\'\r\uD800';

function hostile(crashed = false): CrashReport {
  const evil = { ...frame(HOSTILE, 1, HOSTILE, { [HOSTILE]: HOSTILE }), source: HOSTILE };
  return exampleReport({
    core: { path: HOSTILE, bytes: 1, truncated: true, missing: [{ what: HOSTILE, consequence: HOSTILE }] },
    process: {
      pid: 1,
      signal: { number: 6, name: HOSTILE },
      executable: HOSTILE,
      buildId: 'aa',
      cmdline: [HOSTILE],
      cwd: HOSTILE,
      environment: { [HOSTILE]: HOSTILE },
    },
    python: { version: HOSTILE, implementation: HOSTILE, freeThreaded: false, layoutSource: HOSTILE },
    exceptions: [
      {
        threadId: HOSTILE,
        foundVia: HOSTILE,
        ...(crashed ? { crashed } : {}),
        chain: [exception(HOSTILE, HOSTILE, [evil], { module: HOSTILE, notes: [HOSTILE] })],
      },
    ],
    threads: [
      { id: HOSTILE, osThreadId: 1, name: HOSTILE, current: true, frames: [evil] },
      {
        id: HOSTILE,
        osThreadId: 1,
        name: HOSTILE,
        current: false,
        frames: [evil],
        native: [{ function: HOSTILE, library: HOSTILE, address: HOSTILE }],
      },
    ],
    tasks: [{ kind: 'asyncio', name: HOSTILE, state: HOSTILE, frames: [evil], awaits: [HOSTILE] }],
    request: {
      framework: HOSTILE,
      method: HOSTILE,
      path: HOSTILE,
      query: HOSTILE,
      view: HOSTILE,
      user: HOSTILE,
      headers: { [HOSTILE]: HOSTILE },
    },
    warnings: [{ code: HOSTILE, message: HOSTILE }],
  });
}

const ACTIVE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u200B\u202A-\u202E\u2066-\u2069\u{E0000}-\u{E007F}]/u;

test.each([false, true])('no escape sequence of a hostile core gets into any output', (crashed) => {
  const report = hostile(crashed);
  expect(plain(report, 'all', true)).not.toMatch(ACTIVE);
  expect(plain(report, 'all')).not.toMatch(ACTIVE);
  expect(plain(report)).toContain(String.raw`\U000e0041\xad\u200b\x1b]0;title`);
  expect(reportMarkdown(report)).not.toMatch(ACTIVE);
  expect(reportHtml(report)).not.toMatch(ACTIVE);
  const json = printableJson(report);
  expect(json).not.toMatch(ACTIVE);
  expect(JSON.parse(json)).toEqual(report);
});

test('html: nothing of a hostile core becomes markup', () => {
  const html = reportHtml(hostile());
  expect(html).not.toContain('<script');
  expect(html).not.toContain('<img');
  expect(html).not.toContain('</pre><');
  expect(html).toContain('&lt;script&gt;');
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(reportHtml(exampleReport())).toContain('<h1>RuntimeError: order 7 failed</h1>');
});

test('markdown: nothing of a hostile core ends a fence, a cell or a fold', () => {
  const markdown = reportMarkdown(hostile());
  let fence = '';
  const outside: string[] = [];
  for (const line of markdown.split('\n')) {
    const [mark = ''] = /^`{3,}/.exec(line) ?? [];
    if (fence === '' && mark !== '') fence = mark;
    else if (fence !== '' && line === fence) fence = '';
    else if (fence === '') outside.push(line);
  }
  expect(fence).toBe('');
  // only inside of code, where it is text
  const bare = outside.filter((line) => !line.startsWith('### `') && !/^\| \w+ \| `/.test(line));
  expect(bare.join('\n')).not.toContain('<img');
  for (const row of markdown.split('\n').filter((line) => /^\| \w+ \| `/.test(line))) {
    expect(row.replaceAll(String.raw`\|`, '').split('|')).toHaveLength(4);
  }
});

test('markdown: fits into an issue however long the report is', () => {
  const value = 'x'.repeat(4000);
  const frames = Array.from({ length: 300 }, (_, at) =>
    frame(`/srv/shop/f${at}.py`, at, `f${at}`, { value }),
  );
  const report = exampleReport({
    exceptions: [listed([exception('E', value, frames)])],
    threads: Array.from({ length: 50 }, (_, at) => ({
      id: `${at}`,
      osThreadId: at,
      current: at === 0,
      frames,
    })),
  });
  const markdown = reportMarkdown(report);
  expect(markdown.length).toBeLessThan(65_536);
  expect(markdown).toContain('in f299');
  expect(reportMarkdown(exampleReport())).toContain('<details><summary>Threads</summary>');
});

test('a report that shows secrets says so', () => {
  const report = exampleReport({ secretsShown: true });
  for (const text of [plain(report), reportHtml(report)]) expect(text).toContain('Nothing is redacted');
});

test.each([
  ['/usr/lib/libc.so.6', ' in libc.so.6'],
  ['/dev/zero (deleted)', ' at 0x7f1000, in code that was written at run time'],
  ['/memfd:jit (deleted)', ' at 0x7f1000, in code that was written at run time'],
  [undefined, ' at 0x7f1000, where no code is mapped'],
])('the title of a fault in %s', (library, place) => {
  const { process } = exampleReport();
  const instruction = { address: '0x7f1000', ...(library === undefined ? {} : { library }) };
  const signal = { number: 8, name: 'SIGFPE', instruction };
  const report = exampleReport({ process: { ...process, signal }, exceptions: [], threads: [] });
  expect(report.crash.title).toBe(`SIGFPE${place}`);
});
