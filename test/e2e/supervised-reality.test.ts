import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../src/crashtest/wait.ts';
import { needs } from '../parts.ts';
import { commandOf, PLAIN, WITH_MODULE } from '../reality/programs.ts';
import { saidOf, startCrashServer, type CrashServer } from '../reality/crash-server.ts';
import { expectSection } from '../reality/page.ts';
import type { Row } from '../reality/verdict.ts';
import { circus, WATCHERS } from '../reality/circus.ts';
import { openrc, SCRIPTS } from '../reality/openrc.ts';
import { DAEMONTOOLS, RUNIT, S6 } from '../reality/run-folders.ts';
import {
  daemontools,
  runit,
  s6,
  supervisord,
  writeService,
  type Kind,
  type SupervisedVariant,
} from '../reality/supervised.ts';
import { PROGRAMS } from '../reality/supervisord.ts';
import { pycrash } from './pycrash.ts';

const KINDS: readonly [Kind, readonly SupervisedVariant[]][] = [
  [supervisord, PROGRAMS],
  [runit, RUNIT],
  [s6, S6],
  [daemontools, DAEMONTOOLS],
  [openrc, SCRIPTS],
  [circus, WATCHERS],
];

describe.concurrent.each(KINDS)('check says what $name then does', (kind, variants) => {
  test('none is called good that then is not', { timeout: 400_000 }, async (context) => {
    needs(context, 'root', 'plain core pattern', kind.part);
    const own = mkdtempSync(join(tmpdir(), 'pycrash-reality-'));
    // services run as another user
    chmodSync(own, 0o755);
    const token = own.slice(-6).toLowerCase();
    const services = new Map(
      [AS_PRINTED, ...variants].map((variant) => [`${variant.name}-${token}`, variant]),
    );
    const server = await startCrashServer(
      [...services].map(([name, { crashes = kind.crashes, atOnce }]) => ({
        name,
        crashes,
        after: atOnce === true ? 0 : kind.after,
      })),
    );
    for (const [file, text] of Object.entries({ ...PLAIN, ...WITH_MODULE })) {
      writeFileSync(join(own, file), text);
    }
    const folders = new Map<string, string>();
    const said = new Map<string, string[]>();
    let supervision: Awaited<ReturnType<Kind['start']>> | undefined;
    context.onTestFinished(async () => {
      await supervision?.end();
      server.close();
      rmSync(own, { recursive: true, force: true });
      for (const name of services.keys()) {
        rmSync(`/var/lib/${name}`, { recursive: true, force: true });
        rmSync(`/var/log/${name}.log`, { force: true });
      }
    });
    for (const [name, variant] of services) {
      const folder = join(own, name);
      mkdirSync(folder);
      const program = commandOf(variant.module === true, own, server.port, name);
      const put = (text: string) =>
        text.replaceAll('PROGRAM', program).replaceAll('FOLDER', folder).replaceAll('NAME', name);
      const files =
        variant === AS_PRINTED ? { [kind.snippet]: await printed(kind, name, own, program) } : variant.files;
      writeService(folder, files, put);
      // what its first lines say to do before the first start
      if (variant === AS_PRINTED && (kind === supervisord || kind === circus)) {
        execFileSync('install', ['-d', '-o', 'www-data', '-m', '750', `/var/lib/${name}`]);
      }
      folders.set(name, folder);
      const inRepository = Object.entries(files).map(([file, text]) => [
        kind.inRepository(name, file),
        put(text),
      ]);
      said.set(
        name,
        await saidOf({
          ...(Object.fromEntries(inRepository) as Record<string, string>),
          ...(variant.module === true ? WITH_MODULE : {}),
          ...(variant.given === true ? { 'debian/postinst': put('chown www-data FOLDER/cores\n') } : {}),
        }),
      );
    }
    const running = (supervision = await kind.start(folders, own));
    const unsettled = new Set(services.keys());
    const looked = async () => {
      for (const name of unsettled) {
        if (server.isBack(name) || !(await running.state(name)).wanted) unsettled.delete(name);
      }
      const starts = [...services.keys()].filter((name) => server.seen(name).starts > 0);
      const rest = [...unsettled].filter((name) => server.seen(name).starts > 0);
      return rest.length === 0 && starts.length > services.size / 2 ? true : undefined;
    };
    expect(await waitFor(300, looked, 0.3)).toBe(true);
    // what did not start while all others crashed and came back never does; what is wanted may still start
    await waitFor(5, async () => ((await looked()) === true && unsettled.size === 0 ? true : undefined), 0.3);
    // a second instance is looked for a moment after it connected
    await sleep(500);
    const back = [...services.keys()].filter((name) => server.isBack(name));
    const outlives = new Set<string>();
    await Promise.all(
      back.map(async (name) => {
        await running.stop(name);
        await waitFor(5, async () => ((await running.state(name)).down ? true : undefined), 0.3);
        const ended = await waitFor(2, () => (server.seen(name).alive.size === 0 ? true : undefined));
        if (ended === undefined) outlives.add(name);
      }),
    );
    const rows = [...services].map(([name, variant]): Row => {
      const happened = happenedTo(variant, server.seen(name), server.isBack(name), outlives.has(name));
      return {
        name: variant.name,
        said: said.get(name) ?? [],
        happened,
        good: happened === GOOD,
      };
    });
    expectSection(kind.name, await kind.version(), rows);
  });
});

const GOOD = 'back every time, with a core';

function happenedTo(
  { untilGivenUp }: SupervisedVariant,
  { starts, core, twice }: ReturnType<CrashServer['seen']>,
  isBack: boolean,
  outlives: boolean,
): string {
  if (!isBack) {
    if (starts === 0) return 'never starts';
    return starts > 1 || untilGivenUp === true ? 'given up after some crashes' : 'stays down';
  }
  if (twice) return 'started again while it runs';
  const back = `back every time, ${core > 1_000_000 ? 'with a core' : 'no core'}`;
  return outlives ? `${back}; outlives a stop` : back;
}

/** What `pycrash unit` prints for the kind, as it is. */
const AS_PRINTED: SupervisedVariant = { name: 'as-printed', files: {} };

async function printed(kind: Kind, name: string, folder: string, program: string): Promise<string> {
  const words = [
    `--name=${name}`,
    '--user=www-data',
    `--working-directory=${folder}`,
    `--command=${program}`,
  ];
  const { exitCode, stdout, stderr } = await pycrash(['unit', kind.name, ...words]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}
