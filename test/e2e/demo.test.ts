import { execa } from 'execa';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { needs } from '../parts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('npm run demo tells the story to its end and cleans up', async (context) => {
  needs(context, 'linux', 'plain core pattern');
  const { stdout, stderr, exitCode } = await execa('npm', ['run', '--silent', 'demo'], {
    cwd: ROOT,
    reject: false,
    env: { PYCRASH_DEMO_BUILT: '1' },
  });
  expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
  const story = [
    '1. A shop on Django',
    '2. npx pycrash-init --yes',
    'create shop/abort_on_exception.py',
    '3. Started by',
    'GET /              → 200',
    'POST /api/orders/  → 201',
    'GET /products/no-such-thing/ → 404',
    '4. An order from Greece',
    'POST /api/orders/  → connection closed',
    '"exception":"orders.pricing.PricingError","message":"cannot price Enamel mug for GR"',
    'aborted; GET / → 200 again',
    'core: ',
    '5. pycrash report',
    'PricingError',
    'Cleaned up: ',
  ];
  let from = 0;
  for (const part of story) {
    const at = stdout.indexOf(part, from);
    expect(at, `"${part}" after character ${from} of\n${stdout}`).toBeGreaterThanOrEqual(from);
    from = at + part.length;
  }
  // the core and the report are of the frame that failed, with what must not be shown redacted
  const report = stdout.slice(stdout.indexOf('5. pycrash report'));
  expect(report).toContain('vat_rate');
  expect(report).toContain('KeyError');
  expect(report).not.toContain('4242 4242 4242 4242');
  expect(report).not.toContain('sk_live_of_the_demo');
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('pycrash-demo-'))).toEqual([]);
});
