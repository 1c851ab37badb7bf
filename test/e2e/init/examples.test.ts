import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { pycrash } from '../pycrash.ts';
import { commitAll, snapshot } from './django-project.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

test.each([
  ['django-shop', 0],
  // DEBUG = True, as startproject writes it
  ['django-minimal', 1],
  ['flask-shop', 0],
  ['fastapi-shop', 0],
  ['falcon-shop', 0],
  ['celery-shop', 0],
  ['rq-shop', 0],
  ['dramatiq-shop', 0],
  ['bottle-shop', 0],
  ['aiohttp-shop', 0],
  ['tornado-shop', 0],
  ['litestar-shop', 0],
  ['pyramid-shop', 0],
  ['wsgi-shop', 0],
])(
  '%s: init, a check that finds nothing of ours, upgrade with nothing to do, remove',
  async (name, warnings) => {
    const root = mkdtempSync(join(tmpdir(), 'init-example-'));
    try {
      cpSync(EXAMPLES + name, root, { recursive: true });
      commitAll(root);
      const before = snapshot(root);
      expect(await pycrash(['init', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
      const checked = await pycrash(['check', '--json'], { cwd: root });
      const { summary, findings } = JSON.parse(checked.stdout) as {
        summary: Record<string, number>;
        findings: { rule: string }[];
      };
      expect(summary).toMatchObject({ error: 0, warning: warnings });
      expect(findings.map(({ rule }) => rule).filter((rule) => rule !== 'PYC006')).toEqual([]);
      expect(await pycrash(['upgrade', '--yes'], { cwd: root })).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: 'Everything is up to date.\n',
      });
      expect(await pycrash(['remove', '--yes'], { cwd: root })).toMatchObject({ exitCode: 0 });
      expect(snapshot(root)).toEqual(before);
    } finally {
      rmSync(root, { recursive: true });
    }
  },
);

test.each([
  ['flask-shop', 'shop/__init__.py', 'watch_flask(app)'],
  ['fastapi-shop', 'shop/main.py', 'watch_starlette(app)'],
  ['falcon-shop', 'shop/app.py', 'watch_falcon(app)'],
  ['bottle-shop', 'shop/web.py', 'watch_bottle(application)'],
  ['aiohttp-shop', 'shop/web.py', 'watch_aiohttp(app)'],
  ['tornado-shop', 'shop/server.py', 'watch_tornado(app)'],
  ['litestar-shop', 'shop/main.py', 'watch_litestar(app)'],
  ['pyramid-shop', 'shop/__init__.py', 'watch_pyramid(config.make_wsgi_app())'],
  ['wsgi-shop', 'shop/events.py', '@wrap_asgi'],
])('%s without its call in %s: check is red, and says what to write', async (name, path, call) => {
  const [, said = call, bare = ''] = /^(\w+\()([^()]*\.\w+\(\))\)$/.exec(call) ?? [];
  const root = mkdtempSync(join(tmpdir(), 'init-example-'));
  try {
    cpSync(EXAMPLES + name, root, { recursive: true });
    commitAll(root);
    await pycrash(['init', '--yes'], { cwd: root });
    const lines = readFileSync(join(root, path), 'utf8').split('\n');
    const isCall = (line: string): boolean => line.replace(/return |^\w+ = /, '').trim() === call;
    expect(lines.filter(isCall)).toHaveLength(1);
    const without = lines.flatMap((line) =>
      isCall(line) ? (bare === '' ? [] : [line.replace(call, bare)]) : [line],
    );
    writeFileSync(join(root, path), without.join('\n'));
    const { stdout, exitCode } = await pycrash(['check', '--json'], { cwd: root });
    expect(exitCode).toBe(1);
    const { findings } = JSON.parse(stdout) as { findings: unknown[] };
    expect(findings).toEqual([
      expect.objectContaining({
        rule: 'PYC005',
        level: 'error',
        help: expect.stringContaining(`write ${said}`) as string,
      }),
    ]);
    expect(JSON.stringify(findings)).toContain(`"${path}"`);
  } finally {
    rmSync(root, { recursive: true });
  }
});
