import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge, type Observation } from './judge.ts';
import { observe, oraclePythons, type Tools } from './observe.ts';
import { interpreter } from '../python-environment.ts';
import { filesNamed, isNamed, readTable, rowOf, type Row } from './table.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TOOLS: Tools = {
  pycrash: join(ROOT, 'dist/pycrash.js'),
  oracle: join(ROOT, 'test/corpus/oracle.py'),
  compile: join(ROOT, 'test/corpus/compile.py'),
  pythons: oraclePythons(),
};
const FIRST_OK: Row = {
  repo: 'somebody/site',
  kind: 'django',
  settingsFile: 'site_settings/settings.py',
  form: 'list',
  verdict: 'first-ok',
  expectedFirst: 'literal first; ok',
  entry: 'wsgi site_settings.wsgi',
};
const ENTRY = 'site_settings.abort_on_exception.AbortOnUncaughtExceptionMiddleware';
const SEEN: Observation = {
  name: 'site',
  exitCode: 0,
  said: [],
  notes: [],
  entry: ENTRY,
  settingsEdits: ['site_settings/settings.py'],
  otherEdits: ['manage.py'],
  broken: [],
  oracle: [{ name: 'site_settings.settings', production: true, middleware: [ENTRY, 'a.B'] }],
  loaded: [],
  milliseconds: 1,
};

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'pycrash-corpus-test-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function repository(name: string, settings: string): string {
  const folder = join(scratch, name);
  const texts = {
    'manage.py':
      'import os\nimport sys\n\nif __name__ == "__main__":\n' +
      '    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings.settings")\n' +
      '    from django.core.management import execute_from_command_line\n\n    execute_from_command_line(sys.argv)\n',
    'site_settings/__init__.py': '',
    'site_settings/settings.py': settings,
    'site_settings/wsgi.py':
      'import os\n\nfrom django.core.wsgi import get_wsgi_application\n\n' +
      'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings.settings")\n\n' +
      'application = get_wsgi_application()\n',
  };
  for (const [file, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

test('a plain project is right, and the oracle has run it', async () => {
  const folder = repository(
    'plain',
    'import environ\nfrom pathlib import Path\n\nenv = environ.Env(DEBUG=(bool, False))\nDEBUG = env("DEBUG")\n' +
      'BASE_DIR = Path(__file__).parent\nMIDDLEWARE = [\n    "a.A",\n]\nif DEBUG:\n    MIDDLEWARE.insert(0, "b.B")\n',
  );
  const seen = await observe(folder, 'plain', FIRST_OK, TOOLS);
  expect(seen.broken).toEqual([]);
  expect(seen.settingsEdits).toEqual(['site_settings/settings.py']);
  expect(seen.oracle).toEqual([
    {
      name: 'site_settings.settings',
      production: true,
      middleware: [ENTRY, 'a.A'],
      files: ['site_settings/__init__.py', 'site_settings/settings.py'],
    },
  ]);
  expect(judge(FIRST_OK, seen)).toEqual({ verdict: 'right', reasons: [] });
});

test('CPython sees what only a run shows: ours is behind an entry that the code puts in front', async () => {
  const folder = repository(
    'behind',
    'MIDDLEWARE = [\n    "a.A",\n]\n\nexec(\'MIDDLEWARE.insert(0, "b.B")\')\n',
  );
  const seen = await observe(folder, 'behind', FIRST_OK, TOOLS);
  expect(seen.oracle[0]?.middleware).toEqual(['b.B', ENTRY, 'a.A']);
  expect(judge(FIRST_OK, seen).verdict).toBe('wrong');
});

test('settings that need what is not there are judged all the same: what fails and is not of MIDDLEWARE is passed over', async () => {
  const folder = repository(
    'needs',
    'import os\n\nimport stubbed\n\nMIDDLEWARE = [\n    "a.A",\n]\n' +
      'if not os.environ.get("SITE_HOST"):\n    raise RuntimeError("no host")\n' +
      'BASE = os.path.dirname(stubbed.__file__) + int("1x")\nif BASE:\n    MIDDLEWARE.append("b.B")\n',
  );
  const seen = await observe(folder, 'needs', FIRST_OK, TOOLS);
  expect(seen.oracle[0]?.middleware).toEqual([ENTRY, 'a.A']);
  expect(judge(FIRST_OK, seen)).toEqual({ verdict: 'right', reasons: [] });
});

test('settings in a folder without __init__.py are run again with the variable that they ask for', async () => {
  const folder = repository('namespace', 'MIDDLEWARE = []\n');
  rmSync(join(folder, 'site_settings/settings.py'));
  mkdirSync(join(folder, 'site_settings/parts'));
  writeFileSync(
    join(folder, 'site_settings/parts/production.py'),
    'import os\n\nKEY = os.environ["SITE_KEY"]\nMIDDLEWARE = [\n    "a.A",\n]\n',
  );
  for (const file of ['manage.py', 'site_settings/wsgi.py']) {
    const text = readFileSync(join(folder, file), 'utf8');
    writeFileSync(
      join(folder, file),
      text.replace('site_settings.settings', 'site_settings.parts.production'),
    );
  }
  const seen = await observe(folder, 'namespace', undefined, TOOLS);
  expect(seen.oracle).toMatchObject([
    { name: 'site_settings.parts.production', production: true, middleware: [ENTRY, 'a.A'] },
  ]);
});

test('settings in the syntax of a newer Python are run by that one', async (context) => {
  if (interpreter('3.14') === undefined) context.skip('needs Python 3.14');
  const folder = repository(
    'newer',
    'try:\n    pass\nexcept KeyError, ValueError:\n    pass\nMIDDLEWARE = [\n    "a.A",\n]\n',
  );
  const seen = await observe(folder, 'newer', FIRST_OK, TOOLS);
  expect(seen.oracle[0]?.middleware).toEqual([ENTRY, 'a.A']);
  expect(seen.broken).toEqual([]);
});

test('settings whose MIDDLEWARE cannot be made here are not judged, with the reason', async () => {
  const folder = repository('ends', 'MIDDLEWARE = [\n    "a.A",\n]\nMIDDLEWARE += [1 / 0]\n');
  const seen = await observe(folder, 'ends', FIRST_OK, TOOLS);
  expect(judge(FIRST_OK, seen)).toEqual({
    verdict: 'unjudged',
    reasons: ['site_settings.settings: ZeroDivisionError: division by zero'],
  });
});

test('the oracle starts no process and writes nothing outside', async () => {
  const folder = repository(
    'process',
    'import os\n\nMIDDLEWARE = [\n    "a.A",\n]\nMIDDLEWARE[os.system("true"):0] = []\n',
  );
  const seen = await observe(folder, 'process', FIRST_OK, TOOLS);
  expect(seen.oracle[0]?.unjudged).toBe('Refused: os.system');
});

test('an oracle that disagrees makes it wrong, and silent where init said nothing', () => {
  const oracle = [{ name: 'site_settings.settings', production: true, middleware: ['x.Y', ENTRY] }];
  expect(judge(FIRST_OK, { ...SEEN, oracle })).toEqual({
    verdict: 'silent wrong',
    reasons: ['CPython finds ours at place 2 in site_settings.settings, after x.Y'],
  });
  const message =
    'ours will not be the first entry of MIDDLEWARE in site_settings.settings: x.Y comes before it';
  expect(judge(FIRST_OK, { ...SEEN, oracle, notes: [{ code: 'not-first', message }] }).verdict).toBe('wrong');
  expect(judge(undefined, { ...SEEN, oracle }).verdict).toBe('silent wrong');
});

test('a note is about the settings module and the entries that it names, and about no other', () => {
  const verdict = (code: string, message: string, file: string, middleware = ['x.Y', ENTRY]) => {
    const notes = [{ code, message, file }];
    return judge(undefined, {
      ...SEEN,
      oracle: [
        { name: 'shop.settings', production: true, middleware, files: ['shop/settings.py', 'base.py'] },
      ],
      notes,
    }).verdict;
  };
  const place = 'ours will not be the first entry of MIDDLEWARE in shop.settings: x.Y comes before it';
  expect(verdict('not-first', place, 'base.py')).toBe('right');
  expect(verdict('not-first', place, 'base.py', ['z.Z', 'x.Y', ENTRY])).toBe('silent wrong');
  expect(verdict('not-first', place, 'base.py', ['x.Y'])).toBe('silent wrong');
  expect(verdict('not-first', place.replace('shop.settings', 'shop.settings.cloud'), 'base.py')).toBe(
    'silent wrong',
  );
  expect(verdict('may-be-changed', 'the list is given to f', 'base.py')).toBe('right');
  expect(verdict('may-be-changed', 'the list is given to f', 'other.py')).toBe('silent wrong');
  expect(verdict('index-shift', 'insert(1) counts entries', 'base.py')).toBe('silent wrong');
});

const SERVED: Readonly<Record<string, string>> = {
  Procfile: 'web: gunicorn "shop.run:make()"\n',
  'requirements.txt': 'flask\n',
  'shop/__init__.py': '',
  'shop/app.py':
    'from flask import Flask\n\nfrom shop.missing import x\n\n\nclass Shop(Flask):\n    pass\n\n\n' +
    'def create_app(name):\n    app = Shop(name)\n    app.register(int("1x"))\n    return app\n',
};

function served(name: string, run: string): string {
  const folder = join(scratch, name);
  for (const [file, text] of Object.entries({ ...SERVED, 'shop/run.py': run })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

test('CPython loads what the start command names, and sees whether that is watched', async () => {
  const made =
    'from shop.app import create_app\n\n\ndef make():\n    return Proxy(create_app("a").wsgi_app)\n';
  const seen = await observe(
    served('watched', `from proxies import Proxy\n${made}`),
    'watched',
    undefined,
    TOOLS,
  );
  expect(seen.otherEdits).toEqual(['shop/app.py']);
  expect(seen.loaded).toEqual([{ name: 'shop.run:make()', watched: true, passed: ['shop/app.py:13'] }]);
  expect(judge(undefined, seen).verdict).toBe('right');

  const other = `${made}\n\nexec("from flask import Flask\\ndef make(): return Flask('other')")\n`;
  const bare = await observe(served('bare', `from proxies import Proxy\n${other}`), 'bare', undefined, TOOLS);
  expect(bare.loaded).toEqual([{ name: 'shop.run:make()', watched: false }]);
  expect(judge(undefined, bare)).toEqual({
    verdict: 'silent wrong',
    reasons: ['CPython loads shop.run:make(), which nothing of ours was given'],
  });
});

test('what a method calls of the class that it overrides is there, though that class is a stub', async () => {
  const folder = join(scratch, 'overrides');
  const files = {
    Procfile: 'web: gunicorn shop.wsgi:application\n',
    'requirements.txt': 'pyramid\n',
    'shop/__init__.py': '',
    'shop/config.py':
      'from pyramid.config import Configurator as Base\n\n\nclass Configurator(Base):\n' +
      '    def make_wsgi_app(self):\n        return super().make_wsgi_app()\n',
    'shop/wsgi.py': 'from shop.config import Configurator\n\napplication = Configurator().make_wsgi_app()\n',
  };
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  const seen = await observe(folder, 'overrides', undefined, TOOLS);
  expect(seen.loaded).toEqual([{ name: 'shop.wsgi:application', watched: true }]);
});

test.for([
  ['python3 -m bot', 'bot/__main__.py', 'bot.__main__:app'],
  ['python3 server.py', 'server.py', 'server:app'],
] as const)('what a program makes only where it is run is seen: %s', async ([command, file, name]) => {
  const text =
    'from aiohttp import web\n\nif __name__ == "__main__":\n    app = web.Application()\n    web.run_app(app)\n';
  const folder = join(scratch, name.replace(':', '-'));
  const initialiser = file.includes('/') ? { [join(dirname(file), '__init__.py')]: '' } : {};
  const files = { Procfile: `web: ${command}\n`, ...initialiser, [file]: text };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const seen = await observe(folder, 'run', undefined, TOOLS);
  expect(seen.loaded).toEqual([{ name, watched: true }]);
  expect(judge(undefined, seen)).toEqual({ verdict: 'right', reasons: [] });
});

test('the wrong file, a reason that is not said, and what is broken are found', () => {
  expect(judge(FIRST_OK, { ...SEEN, settingsEdits: ['other/settings.py'] }).verdict).toBe('wrong');
  const shifted = { ...FIRST_OK, verdict: 'index-shift' };
  expect(judge(shifted, SEEN).reasons).toEqual(['index-shift is not said']);
  expect(judge(shifted, { ...SEEN, said: ['index-shift insert(1) counts entries'] }).verdict).toBe('right');
  expect(judge(FIRST_OK, { ...SEEN, broken: ['remove did not restore a.py'] }).verdict).toBe('broken');
  const refuse = { ...FIRST_OK, verdict: 'refuse' };
  expect(
    judge(refuse, { ...SEEN, settingsEdits: [], otherEdits: [], said: ['sets MIDDLEWARE_CLASSES'] }).verdict,
  ).toBe('right');
  expect(judge(refuse, SEEN).verdict).toBe('wrong');
});

test('an application is wrapped in a file that the row names, or said how', () => {
  const wrap = {
    ...FIRST_OK,
    verdict: 'wrap-app',
    expectedFirst: 'n/a: app/core.py:create_app',
    entry: 'wsgi run:app',
  };
  const seen = { ...SEEN, settingsEdits: [], oracle: [] };
  expect(judge(wrap, { ...seen, otherEdits: ['run.py'] }).verdict).toBe('right');
  expect(judge(wrap, { ...seen, otherEdits: ['src/app/core.py'] }).verdict).toBe('right');
  expect(judge(wrap, { ...seen, otherEdits: ['other.py'] }).verdict).toBe('wrong');
  expect(
    judge(wrap, { ...seen, otherEdits: [], said: ['manual run.py: app = wrap_wsgi(app)'] }).verdict,
  ).toBe('right');
});

test('reads the table, and finds the row of a folder', () => {
  const rows = readTable(
    'repo\tkind\tverdict\tsettings_file\na/b\tdjango\tfirst-ok\tx/s.py\nc/d\tflask\twrap-app\t-\n',
  );
  expect(rows.map((row) => row.verdict)).toEqual(['first-ok', 'wrap-app']);
  expect(rowOf(rows, 'c+d')?.kind).toBe('flask');
  expect(rowOf(rows, 'b')?.settingsFile).toBe('x/s.py');
  expect(rowOf(rows, 'unknown')).toBeUndefined();
  expect(filesNamed('wsgi shop.run:app')).toContain('shop/run.py');
  expect(isNamed('src/x/s.py', ['x/s.py'])).toBe(true);
  expect(isNamed('src/xx/s.py', ['x/s.py'])).toBe(false);
});
