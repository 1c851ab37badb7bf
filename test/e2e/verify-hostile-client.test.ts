import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { needs } from '../parts.ts';
import { Example } from './verify/example.ts';

beforeEach((context) => needs(context, 'linux', 'plain core pattern'));

async function initialised(): Promise<Example> {
  const shop = await Example.initialised('fastapi-shop', '3.11', undefined, ['websockets']);
  onTestFinished(() => shop.remove());
  shop.replace('deploy/shop.service', /--workers 3/g, '--workers 2');
  return shop;
}

/** Puts statements at the end of the application's module. */
function append(shop: Example, lines: readonly string[]): void {
  const file = join(shop.root, 'shop/main.py');
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n${lines.join('\n')}\n`);
}

test('a middleware that aborts on a broken header: the step says which, and what was sent', async () => {
  const shop = await initialised();
  // an application object of Starlette, which is watched from inside: this middleware is inside, too
  append(shop, [
    '@app.middleware("http")',
    'async def language(request, call_next):',
    '    for part in request.headers.get("accept-language", "").split(","):',
    '        float(part.partition(";q=")[2] or 1)',
    '    return await call_next(request)',
  ]);
  const { outcome, steps, detail } = await shop.verify();
  expect(steps, outcome.stderr).toMatchObject({ start: true, abort: true, 'hostile-client': false });
  expect(detail('hostile-client')).toMatch(
    /^a client aborts it: ValueError: could not convert string to float: .*shop\/main\.py:\d+, in language\)/,
  );
  expect(detail('hostile-client')).toMatch(/after a connection of the kind [\w-]+: sends ".*HTTP\/1/);
  expect(outcome.exitCode).toBe(1);
});

test('a websocket at any address aborts it, as with the first version of the module: the step sees the signal', async () => {
  const shop = await initialised();
  append(shop, [
    'import os',
    '',
    '',
    'class AsBefore:',
    '    def __init__(self, app):',
    '        self.app = app',
    '',
    '    async def __call__(self, scope, receive, send):',
    '        if scope["type"] == "websocket":',
    '            os.abort()',
    '        await self.app(scope, receive, send)',
    '',
    '',
    'app.add_middleware(AsBefore)',
  ]);
  const { outcome, steps, detail } = await shop.verify();
  expect(steps, outcome.stderr).toMatchObject({ start: true, abort: true, 'hostile-client': false });
  expect(detail('hostile-client')).toMatch(
    /^worker \d+ ended by signal 6, after connections of the kinds .*websocket/,
  );
  expect(outcome.exitCode).toBe(1);
});

test('where nothing aborts, it is not known', async () => {
  const shop = await initialised();
  shop.replace('shop/main.py', /watch_starlette\(app\)/g, 'app');
  const { outcome, steps, detail } = await shop.verify();
  expect(steps, outcome.stderr).toMatchObject({ start: true, abort: false, 'hostile-client': 'unknown' });
  expect(detail('hostile-client')).toContain('nothing aborts');
});
