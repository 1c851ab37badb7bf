import { execa } from 'execa';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { removeCgroup } from '../../src/crashtest/journal.ts';
// before its supervisors, which import it in a circle
import '../../src/crashtest/launch.ts';
import type { Place } from '../../src/crashtest/place.ts';
import { endPrivateRoot, startPrivateRoot, writeOver } from '../../src/crashtest/private-root.ts';
import { cgroupsOf } from '../../src/crashtest/supervisors/systemd.ts';
import { waitFor } from '../../src/crashtest/wait.ts';
import { readProject } from '../../src/project/read-project.ts';
import { RULES } from '../../src/rules/index.generated.ts';
import { needs } from '../parts.ts';
import { UNITS, unitText, type Variant } from '../reality/variants.ts';

const PAGE = fileURLToPath(new URL('../../docs/check-against-reality.md', import.meta.url));
/** The default start limit is five starts. */
const CRASHES = 6;
const FALSE_GOOD = '**false good**';

interface Seen {
  starts: number;
  /** Size of the core that the last start found. */
  core: number;
}

test('check says of systemd units what systemd then does: only what no file says is called good in error', async (context) => {
  needs(context, 'root', 'systemd', 'plain core pattern');
  const seen = new Map<string, Seen>(UNITS.map(({ name }) => [name, { starts: 0, core: 0 }]));
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', (data) => {
      const [name = '', size = ''] = data.toString().trim().split(' ');
      const one = seen.get(name);
      if (one === undefined) return;
      one.starts++;
      one.core = Number(size);
      if (one.starts <= CRASHES) socket.end('abort');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-reality-'));
  const token = folder.slice(-6);
  const place: Place = { folder, token, tree: '', planted: '', reports: '', cores: '', prefix: '' };
  writeOver(
    place,
    'opt/reality/crash.py',
    readFileSync(new URL('../reality/crash.py', import.meta.url), 'utf8'),
  );
  const said = new Map<string, string[]>();
  for (const variant of UNITS) {
    const program = `/usr/bin/python3.11 -S /opt/reality/crash.py ${port} ${variant.name}`;
    const text = unitText(variant, program);
    writeOver(place, `etc/systemd/system/reality-${variant.name}.service`, text);
    writeOver(place, `srv/reality-${variant.name}/of-root`, '');
    said.set(variant.name, await findingsOf(text));
  }
  const cgroups = cgroupsOf(token);
  for (const cgroup of cgroups) mkdirSync(cgroup);
  let first: number | undefined;
  onTestFinished(async () => {
    if (first !== undefined) await endPrivateRoot(first);
    for (const socket of sockets) socket.destroy();
    server.close();
    for (const cgroup of cgroups) await waitFor(10, () => (removeCgroup(cgroup) ? true : undefined));
    rmSync(folder, { recursive: true, force: true });
  });
  first = await startPrivateRoot({
    place,
    supervisor: 'systemd',
    script: 'verify/private-systemd.sh',
    shared: [],
    cgroups,
    ready: async (pid) =>
      /^(running|degraded)$/.test(
        (
          await execa('nsenter', ['-t', String(pid), '-a', 'systemctl', 'is-system-running'], {
            reject: false,
          })
        ).stdout,
      ),
  });
  const inside = ['-t', String(first), '-a', 'systemctl'];
  const names = UNITS.map(({ name }) => `reality-${name}.service`);
  await execa('nsenter', [...inside, 'start', '--no-block', ...names], { reject: false });
  const settled = await waitFor(90, async () => {
    const { stdout } = await execa('nsenter', [...inside, 'show', '-p', 'ActiveState,Job', ...names]);
    const states = stdout.split('\n\n');
    const all = UNITS.every(({ name }, index) => {
      if ((seen.get(name)?.starts ?? 0) > CRASHES) return true;
      const state = states[index] ?? '';
      return /ActiveState=(failed|inactive)/.test(state) && !/^Job=[1-9]/m.test(state);
    });
    return all ? true : undefined;
  });
  const rows = UNITS.map((variant) => rowOf(variant, seen.get(variant.name), said.get(variant.name) ?? []));
  const falseGood = rows.filter(({ verdict }) => verdict.startsWith(FALSE_GOOD)).map(({ name }) => name);
  const notInFiles = UNITS.flatMap((variant) => (variant.notInFiles === undefined ? [] : [variant.name]));
  expect({ settled, falseGood }).toEqual({ settled: true, falseGood: notInFiles });
  const page = pageOf(rows);
  if (process.env['PYCRASH_WRITE_PAGES'] === '1') writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, 'utf8').replaceAll(/ {2,}|-{2,}/g, ' ')).toBe(
    page.replaceAll(/ {2,}|-{2,}/g, ' '),
  );
});

/** The rules that speak of a unit, `unknown` ones and notes left out. */
async function findingsOf(text: string): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'pycrash-reality-unit-'));
  try {
    writeFileSync(join(root, 'web.service'), text);
    const project = await readProject(root);
    expect(project.services, text).toHaveLength(1);
    const found = RULES.flatMap((rule) =>
      rule
        .check(project, { systemd: 252 })
        .filter(({ level }) => level !== 'unknown' && level !== 'info')
        .map(() => rule.id),
    );
    return [...new Set(found)];
  } finally {
    rmSync(root, { recursive: true });
  }
}

interface Row {
  name: string;
  said: string;
  happened: string;
  verdict: string;
}

function rowOf({ name, notInFiles }: Variant, seen: Seen | undefined, said: readonly string[]): Row {
  const starts = seen?.starts ?? 0;
  const isBack = starts > CRASHES;
  const hasCore = (seen?.core ?? 0) > 1_000_000;
  const happened = isBack
    ? `back every time, ${hasCore ? 'with a core' : 'no core'}`
    : starts > 1
      ? 'given up after some crashes'
      : starts === 1
        ? 'stays down'
        : 'never starts';
  const good = isBack && hasCore;
  const right = good === (said.length === 0);
  return {
    name,
    said: said.length === 0 ? 'good' : said.join(', '),
    happened,
    verdict: right
      ? 'right'
      : good
        ? 'false bad'
        : `${FALSE_GOOD}${notInFiles === undefined ? '' : `: ${notInFiles}`}`,
  };
}

function pageOf(rows: readonly Row[]): string {
  const count = (verdict: string) => rows.filter((row) => row.verdict.startsWith(verdict)).length;
  return `# Check against reality

Each line is a systemd unit that \`pycrash check\` read first and that a private systemd 252 then started. Its program was
aborted six times in a row; the last start looked for the core in its working directory.
\`test/e2e/check-against-reality.test.ts\` does it again and compares this page. It fails where \`check\` calls something good
that is not, except where the line says that no file has it. Only findings that are errors or warnings count as said. The
variants are in \`test/reality/variants.ts\`. Other supervisors are not in this table.

${rows.length} variants: ${count('right')} right, ${count(FALSE_GOOD)} false good, ${count('false bad')} false bad.

| variant | check said | what happened | verdict |
| --- | --- | --- | --- |
${rows.map(({ name, said, happened, verdict }) => `| ${name} | ${said} | ${happened} | ${verdict} |`).join('\n')}
`;
}
