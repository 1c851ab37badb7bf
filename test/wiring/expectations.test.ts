import { expect, test } from 'vitest';
import type { Application, FirstPlace, Project, SettingsModule, Span } from '../../src/project/project.ts';
import { unmetExpectations } from '../../src/wiring/expectations.ts';
import type { Kind, Situation, Wiring } from '../../src/wiring/wiring.ts';

const OURS = 'shop.abort_on_exception.AbortOnUncaughtExceptionMiddleware';
const at: Span = {
  file: 'shop/settings.py',
  line: 3,
  column: 1,
  endLine: 3,
  endColumn: 9,
  start: 20,
  end: 28,
};
const place = (effective: boolean): FirstPlace => ({ literal: at, effective });

function settings(names: readonly string[], firstPlace: FirstPlace = place(true)): SettingsModule {
  return {
    module: 'shop.settings',
    file: 'shop/settings.py',
    role: 'production',
    namedBy: [],
    values: new Map(),
    notes: [],
    middleware: {
      type: 'list',
      elements: names.map((value) => ({
        value: { kind: 'string', value },
        at,
        conditions: [],
        byDefault: true,
      })),
      complete: true,
      notes: [],
      firstPlace,
    },
  };
}

function project(module: SettingsModule, wrapped: boolean): Project {
  const application: Application = {
    framework: 'django',
    packageName: 'shop',
    packageFolder: 'shop',
    importRoot: '',
    settings: [module],
    entryPoints: [
      { kind: 'wsgi', file: 'shop/wsgi.py', module: 'shop.wsgi', ...(wrapped ? { wrapped: at } : {}) },
    ],
  };
  return {
    root: '/nowhere',
    files: [],
    folders: new Set(),
    git: false,
    applications: [application],
    services: [],
    abortCode: [],
    fileCapabilities: [],
    givenFolders: [],
    redeliveredTasks: [],
    scheduledCommands: [],
    blindSpots: [],
    notifiesSystemd: false,
    notes: [],
  };
}

function edit(kind: Kind, path: string): Wiring {
  return { wishes: [{ kind, path, insertions: [] }], notes: [], impossible: [] };
}

/** The reasons against the tree `after`, where init edited both files of `before`. */
function reasons(before: Project, after: Project): string[] {
  const [application] = before.applications;
  if (application === undefined) throw new Error('no application');
  const situation: Situation = {
    project: before,
    application,
    dumpable: false,
    systemdVersion: 239,
    ours: new Set(),
    read: () => undefined,
    readWithoutOurs: () => undefined,
  };
  const wirings = new Map<Kind, Wiring>([
    ['settings', edit('settings', 'shop/settings.py')],
    ['entry-points', edit('entry-points', 'shop/wsgi.py')],
  ]);
  return [...unmetExpectations(after, situation, wirings).values()].flat().map(({ reason }) => reason);
}

const before = project(settings(['a.A']), false);

test('ours first and the application wrapped: nothing is unmet', () => {
  expect(reasons(before, project(settings([OURS, 'a.A']), true))).toEqual([]);
});

test.each([
  [['a.A', OURS], 'would be number 2 in MIDDLEWARE'],
  [['a.A'], 'would be missing from MIDDLEWARE'],
])('%j: %s', (names, message) => {
  expect(reasons(before, project(settings(names), true))).toEqual([expect.stringContaining(message)]);
});

test('second is good enough where that was said before', () => {
  const known = project(settings(['a.A'], place(false)), false);
  expect(reasons(known, project(settings(['b.B', OURS]), true))).toEqual([]);
});

test('an entry point that is not wrapped, and a project that is not there any more', () => {
  expect(reasons(before, project(settings([OURS]), false))).toEqual([
    expect.stringContaining('would still not be wrapped'),
  ]);
  expect(reasons(before, { ...before, applications: [] })).toHaveLength(2);
});
