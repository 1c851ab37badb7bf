import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { StepId } from '../../src/crashtest/verification.ts';
import { needs } from '../parts.ts';
import { pycrash } from './pycrash.ts';
import { Example, SECRET } from './verify/example.ts';

/**
 * Takes away, one at a time, each line that `init` writes into the drop-in and each line that it puts into the
 * application's files: `check` or `verify` has to notice.
 */
const shop = new Example('django-shop', undefined, undefined, ['uvicorn']);
const before = new Map<string, string>();
for (const file of execFileSync('find', ['.', '-name', '*.py', '-type', 'f'], {
  cwd: shop.root,
  encoding: 'utf8',
}).split('\n')) {
  if (file !== '') before.set(file.slice(2), readFileSync(join(shop.root, file), 'utf8'));
}
const init = await pycrash(['--yes', '--json', shop.root], { bin: 'pycrash-init' });
const { files } = JSON.parse(init.stdout) as { files: { path: string; action: string }[] };
const intact = await findings();

afterAll(() => shop.remove());

interface Mutation {
  file: string;
  /** The line as init leaves it, and as it is without init. */
  line: string;
  without: string | undefined;
}

/** What `verify` under systemd says without that key of the drop-in. */
const SEEN_BY_VERIFY: Record<string, StepId> = {
  StartLimitIntervalSec: 'start-limit',
  Restart: 'main-process',
  RestartSec: 'start-limit',
  LimitCORE: 'main-process',
};

const dropIn = files.find(({ path }) => path.endsWith('.conf'))?.path ?? '';
const dropInLines = lines(dropIn).filter((line) => line !== '' && !line.startsWith('#'));
const keys = dropInLines.filter((line) => !line.startsWith('['));

test('init has written the lines that are taken away here', () => {
  expect(keys.map((line) => line.split('=')[0])).toEqual(Object.keys(SEEN_BY_VERIFY));
  expect(wiring().map(({ file }) => file)).toEqual([
    'shop/settings/base.py',
    'shop/asgi.py',
    'shop/asgi.py',
    'shop/wsgi.py',
    'shop/wsgi.py',
  ]);
});

// how often a loop may start is seen by verify alone
const seenByCheck = dropInLines.filter((line) => !line.startsWith('RestartSec='));

test.for(seenByCheck.map((line): Mutation => ({ file: dropIn, line, without: undefined })))(
  'check sees that the drop-in lacks $line',
  async (mutation) => {
    await mutated(mutation, async () => {
      expect(await news()).not.toEqual([]);
    });
  },
);

test.for(keys.map((line): Mutation => ({ file: dropIn, line, without: undefined })))(
  'verify sees that the drop-in lacks $line',
  async (mutation, context) => {
    needs(context, 'root', 'systemd', 'plain core pattern');
    const step = SEEN_BY_VERIFY[mutation.line.split('=')[0] ?? ''];
    await mutated(mutation, async () => {
      const { outcome, steps } = await shop.verify(['--supervisor', 'systemd', ...SECRET]);
      expect(outcome.exitCode, outcome.stderr).toBe(1);
      expect(
        Object.entries(steps).filter(([, ok]) => ok === false),
        outcome.stderr,
      ).toEqual([[step, false]]);
    });
  },
);

test.for(wiring())('check sees that $file lacks $line', async (mutation) => {
  await mutated(mutation, async () => {
    expect(await news()).not.toEqual([]);
  });
});

test('the wrapper alone carries everything, and init would put the middleware back', async () => {
  const middleware = wiring().find(({ file }) => file.includes('settings'));
  if (middleware === undefined) throw new Error('no line in the settings');
  await mutated(middleware, async () => {
    const { outcome } = await shop.verify(SECRET);
    expect(outcome.exitCode, outcome.stderr).toBe(0);
    const again = await pycrash(['--dry-run', '--json', shop.root], { bin: 'pycrash-init' });
    const plan = JSON.parse(again.stdout) as { files: { path: string; action: string }[] };
    expect(plan.files.filter(({ action }) => action !== 'unchanged').map(({ path }) => path)).toContain(
      middleware.file,
    );
  });
});

test.for(wiring().filter(({ file }) => file === 'shop/wsgi.py'))(
  'verify sees that $file lacks $line',
  async (mutation) => {
    await mutated(mutation, async () => {
      const { outcome, steps } = await shop.verify(SECRET);
      // without the import the application does not start; without the wrapper it survives a failing body
      const missed: [string, number] = mutation.line.includes('import') ? ['start', 3] : ['abort', 1];
      expect(
        [Object.entries(steps).find(([, ok]) => ok === false)?.[0], outcome.exitCode],
        outcome.stderr,
      ).toEqual(missed);
    });
  },
);

/** The lines of edited Python files that are new or changed, with what stood there before. */
function wiring(): Mutation[] {
  return files
    .filter(({ path, action }) => action === 'edit' && path.endsWith('.py'))
    .flatMap(({ path }) => {
      const old = (before.get(path) ?? '').split('\n');
      return lines(path)
        .filter((line) => line !== '' && !old.includes(line))
        .map((line) => ({
          file: path,
          line,
          without: old.find((each) => each !== '' && isUnwrapped(each, line)),
        }));
    });
}

/** `application = get_wsgi_application()` is what `application = wrap_wsgi(get_wsgi_application())` was. */
function isUnwrapped(old: string, line: string): boolean {
  const [name, value] = old.split(' = ');
  return value !== undefined && line.startsWith(`${name} = `) && line.includes(value);
}

async function mutated({ file, line, without }: Mutation, look: () => Promise<void>): Promise<void> {
  const path = join(shop.root, file);
  const text = readFileSync(path, 'utf8');
  const changed = text.split('\n').flatMap((each) => (each === line ? (without ?? []) : each));
  expect(changed.join('\n')).not.toBe(text);
  writeFileSync(path, changed.join('\n'));
  try {
    await look();
  } finally {
    writeFileSync(path, text);
  }
}

/** Findings that the intact repository does not have. */
async function news(): Promise<string[]> {
  return (await findings()).filter((finding) => !intact.includes(finding));
}

async function findings(): Promise<string[]> {
  const { stdout } = await pycrash(['check', '--json', shop.root]);
  const document = JSON.parse(stdout) as { findings: { rule: string; message: string }[] };
  return document.findings.map(({ rule, message }) => `${rule} ${message}`);
}

function lines(file: string): string[] {
  return readFileSync(join(shop.root, file), 'utf8').split('\n');
}
