// The story that `npm run demo` tells: `node shop.mjs PYTHON`.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectCore } from '../../src/crashtest/core-file.ts';
import { Journal } from '../../src/crashtest/journal.ts';
import { launch, type RunningService } from '../../src/crashtest/launch.ts';
import { makePlace } from '../../src/crashtest/place.ts';
import { Client } from '../../src/crashtest/provoke.ts';
import { structuredLine } from '../../src/crashtest/session.ts';
import { findTarget } from '../../src/crashtest/target.ts';
import type { VerifyOptions } from '../../src/crashtest/verification.ts';
import { waitFor } from '../../src/crashtest/wait.ts';
import { formatBytes } from '../../src/host/checks/storage.ts';
import { sysctl } from '../../src/host/checks/kernel.ts';
import { parseCorePattern } from '../../src/host/core-pattern.ts';
import { coreDirectories } from '../../src/host/core-directories.ts';
import { processStatus } from '../../src/host/process-status.ts';
import { descendants, isRunning, ownPid } from '../../src/host/processes.ts';
import { packageFile } from '../../src/package-files.ts';
import { readProject } from '../../src/project/read-project.ts';

const SECONDS = 30;
const [, , python = ''] = process.argv;
const order = (country: string): unknown => ({
  lines: [
    { sku: 'MUG-01', quantity: 2 },
    { sku: 'PEN-01', quantity: 1 },
  ],
  customer: { name: 'Ada Lovelace', email: 'ada@example.com', country },
  card: { number: '4242 4242 4242 4242', expires: '12/2031', security_code: '123' },
});

process.exitCode = await tell();

async function tell(): Promise<number> {
  const settings = {
    pattern: parseCorePattern(sysctl('kernel.core_pattern') ?? ''),
    usesPid: sysctl('kernel.core_uses_pid') === '1',
  };
  if (settings.pattern.kind !== 'file') {
    say(
      'This machine pipes cores to a program (kernel.core_pattern), so the demo cannot take one. Run, as root:',
    );
    say('  sysctl -w kernel.core_pattern=core.%p');
    return 3;
  }
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-demo-'));
  const shop = join(folder, 'django-shop');
  const journal = await Journal.open();
  journal.folder(folder);
  let service: RunningService | undefined;
  try {
    title('1. A shop on Django, as it is in examples/django-shop');
    cpSync(packageFile('examples/django-shop'), shop, { recursive: true });
    const environment = {
      DJANGO_SECRET_KEY: 'only-for-the-demo',
      DJANGO_DATABASE: 'db.sqlite3',
      PAYMENT_API_KEY: 'sk_live_of_the_demo',
      PYCRASH: '',
    };
    const manage = (...words: string[]): string =>
      execFileSync(python, ['manage.py', ...words, '--settings', 'shop.settings.production'], {
        cwd: shop,
        env: { ...process.env, ...environment },
        encoding: 'utf8',
      });
    manage('migrate', '--verbosity', '0');
    say(`   ${manage('seed_catalog').trim()}`);

    title('2. npx pycrash-init --yes');
    const init = spawnSync(process.execPath, [packageFile('dist/pycrash-init.js'), '--yes', '--json', shop], {
      encoding: 'utf8',
    });
    if (init.status !== 0) throw new Error(init.stderr);
    const { files } = JSON.parse(init.stdout) as { files: { path: string; action: string }[] };
    for (const { path, action } of files) if (action !== 'unchanged') say(`   ${action.padEnd(6)} ${path}`);

    const supervisor = canBootSystemd() ? 'systemd' : 'none';
    const options: VerifyOptions = {
      root: shop,
      supervisor,
      environment,
      keep: false,
      timeout: SECONDS,
      python,
    };
    const target = findTarget(await readProject(shop), options);
    const place = makePlace(shop, journal);
    title(
      supervisor === 'systemd'
        ? `3. Started by its own unit, ${target.service?.file ?? ''}, in a private systemd`
        : '3. Started by gunicorn, as its unit says (as root it would be under a private systemd)',
    );
    service = await launch({ target, place, options, journal, python });
    const headers = { host: 'shop.example.com', 'x-forwarded-proto': 'https' };
    const client = new Client(service, headers, SECONDS);
    const up = await waitFor(SECONDS, async () =>
      (await client.get('/')).status === 200 ? true : undefined,
    );
    if (up === undefined) throw new Error(`the shop does not start:\n${await service.log()}`);
    say('   GET /              → 200');
    const good = await client.post('/api/orders/', order('DE'));
    say(`   POST /api/orders/  → ${good.status ?? 'no answer'}, an order from Germany: ${good.body}`);
    const missing = await client.get('/products/no-such-thing/');
    say(`   GET /products/no-such-thing/ → ${missing.status ?? 'no answer'}, which aborts nothing`);

    title('4. An order from Greece, whose VAT prefix is EL and not GR');
    const main = await service.mainPid();
    const workers = descendants(main ?? 0).map(({ pid }) => ({
      pid,
      own: ownPid(pid) ?? pid,
      directories: coreDirectories(processStatus(pid)),
    }));
    const start = performance.now();
    const requestId = 'demo-order-7';
    const bad = await client.post('/api/orders/', order('GR'), { 'x-request-id': requestId });
    const back = await waitFor(SECONDS, async () =>
      (await client.get('/')).status === 200 ? true : undefined,
    );
    const seconds = (performance.now() - start) / 1000;
    say(`   POST /api/orders/  → ${bad.status ?? 'connection closed'}`);
    const line = structuredLine(await service.log(), requestId);
    if (line !== undefined) {
      const shown = ['request_id', 'method', 'path', 'exception', 'message', 'fingerprint', 'decision'];
      say(
        `   logged: ${JSON.stringify(Object.fromEntries(shown.flatMap((key) => (key in line ? [[key, line[key]]] : []))))}`,
      );
    }
    const dead = await waitFor(SECONDS, () => workers.find(({ pid }) => !isRunning(pid)));
    if (dead === undefined || back === undefined) throw new Error(`no worker ended:\n${await service.log()}`);
    say(`   worker ${dead.own} aborted; GET / → 200 again ${seconds.toFixed(2)} s after the order`);
    const core = await waitFor(SECONDS, async () =>
      collectCore(
        settings,
        { pid: dead.own, directories: dead.directories },
        (await service?.root()) ?? '',
        place.cores,
      ),
    );
    if (core === undefined) throw new Error(`no core in ${dead.directories[0] ?? '?'}`);
    say(`   core: ${core.path}, ${formatBytes(core.bytes)}`);

    title('5. pycrash report core: the frames that failed, long gone from the stack, with their locals');
    const words = ['report', core.file, '--source', place.tree, '--max-value-length', '120'];
    const report = spawnSync(process.execPath, [packageFile('dist/pycrash.js'), ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = report.stdout.split('\n');
    const end = lines.findIndex((each) => each.startsWith('Aborted here'));
    for (const each of end < 0 ? lines : lines.slice(0, end)) say(`   ${each}`);
    if (end >= 0) say(`   … and ${lines.length - end} lines more: where it aborted, and the other threads`);
    return report.status ?? 3;
  } finally {
    await service?.stop();
    await journal.close();
    rmSync(folder, { recursive: true, force: true });
    say(`\n${existsSync(folder) ? 'LEFT BEHIND' : 'Cleaned up'}: ${folder} and everything in it.`);
  }
}

function canBootSystemd(): boolean {
  return (
    process.getuid?.() === 0 &&
    existsSync('/lib/systemd/systemd') &&
    spawnSync('unshare', ['--mount', '--pid', '--cgroup', '--fork', 'true']).status === 0
  );
}

function title(text: string): void {
  say(`\n${text}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
