import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { interpreter, pythonEnvironment, type PythonVersion } from '../python-environment.ts';
import { python, removeFolder, renderedModule } from './rendered-module.ts';

// https://docs.djangoproject.com/en/dev/faq/install/ "What Python version can I use with Django?"
const SUPPORTED: [django: string, pythons: PythonVersion[]][] = [
  ['3.2', ['3.8', '3.9', '3.10']],
  ['4.2', ['3.8', '3.9', '3.10', '3.11', '3.12']],
  ['5.2', ['3.10', '3.11', '3.12', '3.13', '3.14']],
  ['6.0', ['3.12', '3.14']],
  ['6.1', ['3.12', '3.13', '3.14', '3.15']],
];
const PAIRS = SUPPORTED.flatMap(([django, versions]) =>
  versions.map((version) => [django, version] as const),
);

/** Everything that nobody handled. Whatever else the program tries must not abort. */
const ABORTS = new Set([
  ...['wsgi', 'asgi'].flatMap((server) =>
    [
      'view',
      'async_view',
      'template_response',
      'TemplateDoesNotExist',
      'RecursionError',
      'MemoryError',
      'ExceptionGroup',
      'none',
      'middleware',
      'process_view',
      'ValidationError',
      'ObjectDoesNotExist',
      'stream',
      'broken_file',
      'broken_close',
      'handler500',
      'handler404',
      'atomic',
      'on_commit',
      'rest/bare',
      'URL configuration',
      'request_started receiver',
    ].map((row) => `${server} ${row}`),
  ),
  'wsgi request_finished receiver',
  'without the wrapper view',
  'thread',
  'task',
  'management command',
  'main',
]);

/** What the client gets where nothing aborts. */
const STATUS: Record<string, number> = {
  ok: 200,
  answered: 200,
  Http404: 404,
  PermissionDenied: 403,
  SuspiciousOperation: 400,
  MultiPartParserError: 400,
  UnreadablePostError: 500,
  TooManyFieldsSent: 400,
  'MultiPartParserError in POST': 400,
  'no such page': 404,
  DisallowedHost: 400,
  CSRF: 403,
  'rest/APIException': 500,
  'rest/ValidationError': 400,
  'rest/Http404': 404,
};

interface Row {
  aborted: boolean;
  status: number;
  events: [exception: string, decision: string][];
  log: string[];
}

let folder: string;
beforeAll(() => {
  folder = renderedModule();
});
afterAll(() => removeFolder(folder));

describe.each(PAIRS)('Django %s on Python %s', (django, version) => {
  test('aborts on what nobody handled, and on nothing else', async (context) => {
    if (interpreter(version) === undefined) context.skip(`needs Python ${version}`);
    const environment = pythonEnvironment(version, [`django==${django}.*`, 'djangorestframework']);
    const { stdout, stderr } = await python(environment, folder, ['behaviour.py']);
    const rows = JSON.parse(stdout || JSON.stringify(stderr)) as Record<string, Row>;
    const aborted = Object.keys(rows).filter((name) => rows[name]?.aborted);
    const expected = [...ABORTS].filter((name) => name in rows);
    expect(aborted.sort(), JSON.stringify(rows)).toEqual(expected.sort());
    expect(Object.keys(rows).length).toBeGreaterThan(80);
    for (const [name, { events, status }] of Object.entries(rows)) {
      // one record for one crash, however many hooks saw it
      expect([name, events.length]).toEqual([name, ABORTS.has(name) ? 1 : 0]);
      expect([name, status]).toEqual([name, STATUS[name.replace(/^[aw]sgi /, '')] ?? status]);
    }
  });
});
