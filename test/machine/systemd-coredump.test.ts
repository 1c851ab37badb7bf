import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { needs } from '../parts.ts';
import { hasMachine, runUnderSystemd } from './machine.ts';

const BIN = fileURLToPath(new URL('../../dist/pycrash.js', import.meta.url));
const PROGRAM = `import os, sys

def price(order):
    raise ValueError(order)

try:
    price(sys.argv[1])
except ValueError:
    os.abort()
`;

let folder: string | undefined;
let said = '';
beforeAll(async () => {
  if (!hasMachine()) return;
  folder = mkdtempSync(join(tmpdir(), 'pycrash-coredumpctl-'));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'shop.py'), PROGRAM);
  const pycrash = `NO_COLOR=1 "${process.execPath}" "${BIN}"`;
  // each answer between marks, so that a test finds its own
  const ask = (name: string, words: string): string =>
    `echo "<${name}>"; ${pycrash} ${words} > /run/answer 2>&1; echo "exit $?"; cat /run/answer; echo "</${name}>"`;
  const crash = (order: string): string =>
    // systemd gives a service a soft limit of 0, and systemd-coredump heeds it
    `sh -c 'ulimit -c unlimited; echo $$ > /run/pid; exec /usr/bin/python3.11 "${folder}/shop.py" ${order}'; ` +
    'n=0; until coredumpctl -q --no-pager list "$(cat /run/pid)" > /run/list 2>&1 || [ $n -gt 100 ]; do sleep 0.1; n=$((n+1)); done';
  said = await runUnderSystemd(
    [
      'cd /',
      ask('nothing', 'report last'),
      crash('first'),
      crash('second'),
      ask('last', 'report last'),
      ask('pid', 'report "$(cat /run/pid)"'),
      ask('program', 'report /usr/bin/python3.11'),
      ask('host', 'doctor'),
      // the newest of the two, before it is collected and after
      `${pycrash} report "$(ls -t /var/lib/systemd/coredump/* | head -n1)" --json > /run/before 2> /dev/null`,
      ask('collect', 'collect /var/lib/systemd/coredump --to /run/store --spool /run/spool'),
      'echo "<left>"; ls -A /var/lib/systemd/coredump; echo "</left>"',
      ask('ls', 'cores ls --from /run/store'),
      ask('same', 'cores report limit=1 --from /run/store --json > /run/after; cmp /run/before /run/after'),
      ask('removed', 'report last'),
      conf('Storage=none'),
      ask('none', 'doctor'),
      conf('ProcessSizeMax=1M\\nExternalSizeMax=1M'),
      crash('third'),
      ask('small', 'doctor'),
      ask('cut', 'report last'),
    ].join('\n'),
    600,
  );
}, 700_000);
afterAll(() => folder !== undefined && rmSync(folder, { recursive: true, force: true }));

/** The shell command that puts these lines, with `\\n` between them, into a drop-in of coredump.conf(5). */
function conf(lines: string): string {
  const place = '/etc/systemd/coredump.conf.d';
  return `mkdir -p ${place}; printf '[Coredump]\\n${lines}\\n' > ${place}/10.conf`;
}

function answer(name: string): string {
  return said.split(`<${name}>\n`)[1]?.split(`</${name}>`)[0] ?? said;
}

test.for<[string, string, RegExp[]]>([
  ['nothing', 'no core of any process', [/coredumpctl knows no core of any process/, /exit 3/]],
  ['last', 'the newest core', [/ValueError: second/, /shop\.py", line 4, in price/, /exit 0/]],
  ['pid', 'the core of a process', [/ValueError: second/, /exit 0/]],
  ['program', 'the newest core of a program', [/ValueError: second/, /exit 0/]],
  ['removed', 'an entry without its file', [/its core is not there any more/, /exit 3/]],
])('report %s: %s', ([name, , expected], context) => {
  needs(context, 'virtual machine');
  for (const pattern of expected) expect(answer(name)).toMatch(pattern);
});

test('cores of systemd-coredump are collected, and give the same reports', (context) => {
  needs(context, 'virtual machine');
  expect(answer('collect')).toMatch(/2 sent to \/run\/store/);
  expect(answer('left')).toBe('');
  expect(answer('ls')).toMatch(/ValueError: first\n.*ValueError: second/);
  expect(answer('same')).toMatch(/exit 0\n$/);
});

test.for<[string, RegExp[]]>([
  ['host', [/^good +host: cores go to systemd-coredump/m, /^good +host: Storage=external/m, /exit 0/]],
  ['none', [/^bad +host: Storage=none is in force by .*10\.conf/m, /exit 1/]],
  ['small', [/^bad +host: cores over 1 MiB are cut off or not kept/m, /exit 1/]],
])('doctor: %s', ([name, expected], context) => {
  needs(context, 'virtual machine');
  for (const pattern of expected) expect(answer(name)).toMatch(pattern);
});

test('what doctor says of a small ProcessSizeMax is what happens: the core has not its exception', (context) => {
  needs(context, 'virtual machine');
  expect(answer('cut')).toMatch(/third\ncrash +SIGABRT\ncore +last, 1\.0 MB, truncated/);
  expect(answer('cut')).toContain('No exception was found in this core.');
});
