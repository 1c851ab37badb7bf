import * as fc from 'fast-check';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collectCore, findCoreFile } from '../../src/crashtest/core-file.ts';
import { parseCorePattern } from '../../src/host/core-pattern.ts';
import { apportCores, apportSaid } from '../../src/host/apport.ts';

// Names as get_core_path of apport/fileutils.py makes them, and the lines that data/apport logs (canonical/apport).
const BOOT = '0fb1c9a2-7c3d-4a57-8d09-1f0f4f1f7c11';
const FOLDER = 'var/lib/apport/coredump';
const OLDER = `${FOLDER}/core._usr_bin_python3_12.33.${BOOT}.4711.90210`;
const NEWER = `${FOLDER}/core._srv_shop_venv_bin_gunicorn.33.${BOOT}.4712.90733`;
const LOG = `INFO: apport (pid 5000) 2026-08-20 15:03:16,123: called for global pid 4711, signal 6, core limit 0, dump mode 1
INFO: apport (pid 5001) 2026-08-20 15:03:16,200: called for global pid 4712, signal 6, core limit -1, dump mode 1
ERROR: apport (pid 5001) 2026-08-20 15:03:16,300: executable does not belong to a package, ignoring
ERROR: apport (pid 5000) 2026-08-20 15:03:17,123: host pid 4711 crashed in a separate mount namespace, ignoring
ERROR: apport (pid 6000) Thu Aug 20 15:03:18 2026: called for pid 4713, signal 6, core limit 0, dump mode 1
ERROR: apport (pid 6000) Thu Aug 20 15:03:18 2026: executable was modified after program start, ignoring
`;
const SETTINGS = {
  pattern: parseCorePattern('|/usr/share/apport/apport -p%p -s%s -c%c -d%d -P%P -u%u -g%g -- %E'),
  usesPid: false,
};

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'apport-test-'));
  const files = {
    [OLDER]: 'older',
    [NEWER]: 'newer!',
    [`${FOLDER}/core.4711`]: 'no',
    'var/log/apport.log': LOG,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  utimesSync(join(root, OLDER), 1000, 1000);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

test("cores in apport's folder, newest first, and those of one process", () => {
  expect(apportCores(root)?.map(({ path, bytes }) => [path, bytes])).toEqual([
    [join(root, NEWER), 6],
    [join(root, OLDER), 5],
  ]);
  expect(apportCores(root, 4711)?.map(({ path }) => path)).toEqual([join(root, OLDER)]);
  expect(apportCores(root, 1)).toEqual([]);
  expect(apportCores(join(root, 'no-such-folder'))).toBeUndefined();
});

test('the core of a process is found by the pid that the host knows it by, and never an older one', () => {
  const dying = { pid: 7, outside: 4712, directories: ['/srv/shop'] };
  expect(findCoreFile(SETTINGS, dying, '/proc/1/root', root)).toMatchObject({ bytes: 6, pid: 7 });
  expect(findCoreFile(SETTINGS, { ...dying, outside: 4711 }, '', root)?.path).toBe(join(root, OLDER));
  expect(findCoreFile(SETTINGS, { ...dying, outside: 4711, since: 2_000_000 }, '', root)).toBeUndefined();
  expect(findCoreFile(SETTINGS, { ...dying, outside: 7 }, '', root)).toBeUndefined();
  const collected = collectCore(SETTINGS, { ...dying, outside: 4711 }, '', root, root);
  expect(collected).toMatchObject({ path: join(root, OLDER), file: join(root, 'core.7') });
});

test.for([
  [4711, 'host pid 4711 crashed in a separate mount namespace, ignoring'],
  [4712, 'executable does not belong to a package, ignoring'],
  [4713, 'executable was modified after program start, ignoring'],
  [471, undefined],
] as const)('what apport has logged of %i', ([pid, said]) => {
  expect(apportSaid(pid, root)).toBe(said);
});

test('no log is too odd', () => {
  const file = join(root, 'var/log/apport.log');
  const line = fc.oneof(fc.string(), fc.constantFrom(...LOG.split('\n')));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      writeFileSync(file, lines.join('\n'));
      expect([undefined, 'string']).toContain(apportSaid(4712, root) === undefined ? undefined : 'string');
    }),
    { numRuns: 50 },
  );
});
