import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hiddenStatus, ownSignal } from '../../src/project/shell-status.ts';

/** Says that it ran, and aborts without a core; takes a word as a server takes its application. */
const PROGRAM =
  '/usr/bin/prlimit --core=0 /bin/sh -c "echo ran >&3; kill -ABRT \\$\\$" shop.wsgi:application';
const ARGV = ['gunicorn', 'shop.wsgi:application'];

/** Does the shell end with success though the program in it aborted? Undefined where that was not reached. */
function succeeds(shell: string, script: string): boolean | undefined {
  const { status, error, output } = spawnSync(shell, ['-c', script.replaceAll('PROGRAM', PROGRAM)], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    timeout: 5000,
  });
  if (error !== undefined) throw error;
  return output[3]?.toString() === '' ? undefined : status === 0;
}

function isHidden(script: string): boolean {
  return (
    hiddenStatus(script.replaceAll('PROGRAM', 'gunicorn shop.wsgi:application'), ARGV, false) !== undefined
  );
}

const SCRIPTS = [
  'exec PROGRAM',
  'PROGRAM',
  'PROGRAM; exit $?',
  'PROGRAM; exit',
  'PROGRAM; exit 0',
  'PROGRAM; exit 3',
  'PROGRAM; echo ended',
  'PROGRAM | cat',
  'true | PROGRAM',
  'exec PROGRAM | cat',
  'PROGRAM || true',
  'PROGRAM || exit 1',
  'PROGRAM || exit $?',
  'PROGRAM && echo fine',
  'PROGRAM && echo fine || echo bad',
  'PROGRAM || { echo bad; exit 3; }',
  'PROGRAM || { echo bad; }',
  '(PROGRAM)',
  '(PROGRAM); true',
  '( exec PROGRAM ); exit $?',
  '{ PROGRAM; }',
  '{ PROGRAM; true; }',
  'PROGRAM & wait',
  'PROGRAM & wait $!',
  'PROGRAM & P=$!; wait $P; exit $?',
  'PROGRAM & P=$!; wait $P; echo ended',
  'PROGRAM; rc=$?; echo $rc; exit $rc',
  'set -e; PROGRAM; echo done',
  'set -e; PROGRAM || true; echo done',
  'set -e; if PROGRAM; then true; fi',
  '! PROGRAM',
  'if PROGRAM; then echo up; fi',
  'if PROGRAM; then echo up; else exit 4; fi',
  'if ! PROGRAM; then echo down; fi',
  'if ! PROGRAM; then exit 1; fi',
  'if [ -d /missing ]; then echo no; else PROGRAM; fi',
  'for one in 1 2; do PROGRAM; done',
  'for one in 1 2; do PROGRAM; true; done',
  'case x in x) PROGRAM;; esac',
  'case x in y) true;; x) PROGRAM; true;; esac',
  'serve() { PROGRAM; }; serve',
  'serve() { exec PROGRAM; }; serve; true',
  'trap "exit 0" EXIT; PROGRAM',
  'trap "echo bye" EXIT; PROGRAM',
  'trap "" TERM; PROGRAM',
  'PROGRAM; PROGRAM',
  'PROGRAM > /dev/null 2>&1',
  'PROGRAM 2>&1 | cat > /dev/null',
  'PROGRAM # ; true',
  'PROGRAM; (exit 7)',
  'PROGRAM;\ntrue\n',
  'PROGRAM |\n cat',
  'test -d / && PROGRAM',
  'test -d /missing || PROGRAM',
  'while PROGRAM; do true; done',
];

const BASH = [
  'set -o pipefail; PROGRAM | cat',
  'set -eo pipefail; PROGRAM | cat; true',
  'PROGRAM |& cat',
  'PROGRAM > >(cat)',
  'PROGRAM | cat; exit ${PIPESTATUS[0]}',
  'trap "exit 0" ERR; PROGRAM',
  'trap "echo bad" ERR; PROGRAM',
  'time PROGRAM',
];

/** Scripts of these pieces, up to three deep. */
const { script } = fc.letrec<{ script: string; command: string }>((tie) => {
  const list = fc.array(tie('command'), { minLength: 1, maxLength: 2 }).map((all) => all.join('; '));
  return {
    command: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('PROGRAM', 'true', 'false', 'echo x', 'exit', 'exit $?', 'exit 0', 'set -e'),
      list.map((text) => `{ ${text}; }`),
      list.map((text) => `( ${text} )`),
      fc.tuple(tie('command'), tie('command')).map(([a, b]) => `${a} && ${b}`),
      fc.tuple(tie('command'), tie('command')).map(([a, b]) => `${a} || ${b}`),
      fc.tuple(tie('command'), tie('command')).map(([a, b]) => `${a} | ${b}`),
      tie('command').map((text) => (text.startsWith('!') || /&&|\|/.test(text) ? text : `! ${text}`)),
      fc.tuple(list, list).map(([a, b]) => `if ${a}; then ${b}; fi`),
      fc.tuple(list, list, list).map(([a, b, c]) => `if ${a}; then ${b}; else ${c}; fi`),
      list.map((text) => `for i in 1; do ${text}; done`),
    ),
    script: list,
  };
});

describe('what hides the status of a program that aborts is what the shells say', () => {
  test.each(SCRIPTS)('%s', (text) => {
    expect(isHidden(text)).toBe(succeeds('/bin/dash', text));
    expect(isHidden(text)).toBe(succeeds('/bin/bash', text));
  });

  test.each(BASH)('bash: %s', (text) => {
    expect(isHidden(text)).toBe(succeeds('/bin/bash', text));
  });

  test('any script of such pieces', () => {
    fc.assert(
      fc.property(script, (text) => {
        const seen = succeeds('/bin/dash', text) ?? isHidden(text);
        expect(isHidden(text)).toBe(seen);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 150) },
    );
  });
});

function signalOf(text: string): string | undefined {
  return ownSignal(text.replace('PROGRAM', ARGV.join(' ')), ARGV, false);
}

describe('what ends the shell itself, as a request to end', () => {
  test.each([
    ['PROGRAM; kill $$', '; kill $$'],
    ['PROGRAM || kill -TERM 0', '|| kill -TERM 0'],
    ['PROGRAM; kill -s HUP $$', '; kill -s HUP $$'],
  ])('%j', (text, after) => {
    expect([signalOf(text), hiddenStatus(text, ARGV, false)]).toEqual([after, undefined]);
  });

  test.each(['PROGRAM; kill -9 $$', 'PROGRAM; kill $!', 'kill $$; PROGRAM', 'exec PROGRAM; kill $$'])(
    '%j: nothing',
    (text) => {
      expect(signalOf(text)).toBeUndefined();
    },
  );
});
