import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectGeneratedModule } from '../../src/project/generated-header.ts';
import { renderGeneratedModule, renderModuleTest } from '../../src/project/generated-module.ts';
import { PARTS } from '../../src/project/module-parts.ts';
import { interpreter, PYTHON_VERSIONS, pythonEnvironment } from '../python-environment.ts';
import { python, removeFolder, renderedModule } from './rendered-module.ts';

const RULES = 'E,F,W,I,B,UP,S,BLE,PTH,ANN,SIM,C4,PIE,RET,ISC,RUF,FLY,N';
// Matters of taste, and UP035 would move imports that Python 3.8 has where they are.
const WITHOUT = 'RUF005,SIM102,UP035';
const VARIANTS: Parameters<typeof renderGeneratedModule>[0][] = [
  { framework: 'django', needed: PARTS },
  { framework: 'django', needed: ['scripts'] },
  { framework: 'django', needed: ['threads'], asked: ['crash-route', 'fork'] },
  { framework: 'django' },
  { framework: 'django', asgi: false },
  { framework: 'django', wsgi: false },
  { framework: 'wsgi', asgi: false },
  { framework: 'asgi' },
  { framework: 'script', wsgi: false, asgi: false },
  { framework: 'flask', asgi: false, calls: ['watch_flask'] },
  { framework: 'fastapi', wsgi: false, calls: ['watch_starlette'] },
  { framework: 'falcon', asgi: false, calls: ['watch_falcon'] },
  { framework: 'bottle', asgi: false, calls: ['watch_bottle'] },
  { framework: 'aiohttp', wsgi: false, asgi: false, calls: ['watch_aiohttp'], asked: ['crash-route'] },
  { framework: 'tornado', wsgi: false, asgi: false, calls: ['watch_tornado'], asked: ['crash-route'] },
  { framework: 'litestar', wsgi: false, calls: ['watch_litestar'] },
  { framework: 'pyramid', asgi: false, calls: ['watch_pyramid'] },
  { framework: 'falcon', wsgi: false, calls: ['watch_falcon_asgi'] },
  { framework: 'celery', wsgi: false, asgi: false, calls: ['watch_celery'] },
  { framework: 'django', asgi: false, calls: ['watch_celery'] },
];

let folder: string;
beforeAll(() => {
  folder = renderedModule();
});
afterAll(() => removeFolder(folder));

function run(program: string, ...args: string[]): string {
  const [command, ...rest] = pythonEnvironment('3.12', ['ruff', 'mypy', 'django==5.2.*']).command(
    program,
    args,
  );
  try {
    return execFileSync(command, rest, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    return String((error as { stdout: string }).stdout);
  }
}

test.each(VARIANTS)('%j is as ruff would write it, and mypy is content', (variant) => {
  const file = join(folder, 'abort_on_exception.py');
  writeFileSync(file, renderGeneratedModule(variant));
  const check = [
    'check',
    '--isolated',
    '--quiet',
    '--output-format',
    'concise',
    '--select',
    RULES,
    '--ignore',
    WITHOUT,
  ];
  expect(run('ruff', ...check, '--target-version', 'py38', file)).toBe('');
  expect(run('ruff', 'format', '--isolated', '--diff', '--quiet', file)).toBe('');
  for (const version of ['3.10', '3.15']) {
    expect(
      run(
        'mypy',
        '--strict',
        '--ignore-missing-imports',
        '--no-incremental',
        '--python-version',
        version,
        file,
      ),
    ).toBe('Success: no issues found in 1 source file\n');
  }
});

test.each<[string, Omit<Parameters<typeof renderGeneratedModule>[0], 'framework'>, number]>([
  ['django', { asgi: false }, 600],
  ['flask', { asgi: false, calls: ['watch_flask'] }, 599],
  ['fastapi', { wsgi: false, calls: ['watch_starlette'] }, 599],
  ['falcon', { asgi: false, calls: ['watch_falcon'] }, 610],
  ['bottle', { asgi: false, calls: ['watch_bottle'] }, 605],
  ['pyramid', { asgi: false, calls: ['watch_pyramid'] }, 625],
  ['litestar', { wsgi: false, calls: ['watch_litestar'] }, 625],
  ['aiohttp', { wsgi: false, asgi: false, calls: ['watch_aiohttp'] }, 570],
  ['tornado', { wsgi: false, asgi: false, calls: ['watch_tornado'] }, 585],
  ['script', { wsgi: false, asgi: false }, 410],
])('%s: what a new project gets is short enough to be read', (framework, options, most) => {
  expect(
    renderGeneratedModule({ framework, ...options })
      .trimEnd()
      .split('\n').length,
  ).toBeLessThanOrEqual(most);
});

test.each([
  { settings: 'shop.settings' },
  { settings: 'shop.settings', configuration: 'Production' },
  ...[
    'watch_flask',
    'watch_starlette',
    'watch_falcon',
    'watch_falcon_asgi',
    'watch_bottle',
    'watch_aiohttp',
    'watch_tornado',
    'watch_litestar',
    'watch_pyramid',
    'wrap_wsgi',
    'wrap_asgi',
  ].map((call) => ({ call, jobs: false })),
  ...['watch_celery', 'watch_dramatiq', 'watch_rq'].map((call) => ({ call, jobs: true })),
])('the test for the project has at most 40 lines, as ruff would write them: %j', (by) => {
  const file = join(folder, 'test_abort_on_exception.py');
  const text = renderModuleTest({
    module: 'shop.abort_on_exception',
    moduleFile: 'src/shop/abort_on_exception.py',
    importRoot: 'src',
    wired: { file: 'src/shop/wsgi.py', call: 'wrap_wsgi(' },
    by,
  });
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  expect(/django|middleware/i.test(text)).toBe('settings' in by);
  writeFileSync(file, text);
  const selected = 'E,F,W,I,B,UP,BLE,PTH,ANN';
  expect(
    run('ruff', 'check', '--isolated', '--quiet', '--output-format', 'concise', '--select', selected, file),
  ).toBe('');
  expect(run('ruff', 'format', '--isolated', '--diff', '--quiet', file)).toBe('');
});

const DJANGO = {
  '3.8': '3.2',
  '3.9': '3.2',
  '3.10': '3.2',
  '3.11': '4.2',
  '3.12': '5.2',
  '3.13': '5.2',
  '3.14': '6.0',
  '3.15': '6.0',
};

test.for(PYTHON_VERSIONS)('Python %s imports it without a warning', async (version, context) => {
  if (interpreter(version) === undefined) context.skip(`needs Python ${version}`);
  writeFileSync(join(folder, 'abort_on_exception.py'), renderGeneratedModule({ framework: 'django' }));
  const environment = pythonEnvironment(version, [`django==${DJANGO[version]}.*`, 'djangorestframework']);
  expect(
    await python(environment, folder, ['-W', 'error', '-c', 'import abort_on_exception; print("fine")']),
  ).toMatchObject({
    stdout: 'fine',
    stderr: '',
  });
});

test('a change of one character is seen, a change of the line ends is not', () => {
  const text = renderGeneratedModule({ framework: 'django' });
  expect(inspectGeneratedModule(text).state).toBe('current');
  expect(inspectGeneratedModule(text.replaceAll('\n', '\r\n')).state).toBe('current');
  expect(inspectGeneratedModule(text.replace('os.abort()', 'os.abort( )')).state).toBe('modified');
  expect(inspectGeneratedModule(text.replace(/pycrash-init \S+;/, 'pycrash-init 0.0.1;'))).toEqual({
    version: '0.0.1',
    state: 'outdated',
  });
  expect(inspectGeneratedModule('print("mine")\n')).toEqual({ state: 'unrecognised' });
});
