import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readShell } from '../../src/project/readers/shell.ts';
import { isRunInPlace } from '../../src/project/shell-commands.ts';

/** Does bash run the program in its own place? Then both have one parent. Undefined where it is not reached. */
function inPlace(script: string): boolean | undefined {
  const { error, output } = spawnSync(
    'bash',
    ['-c', script.replaceAll('PROGRAM', `sh -c 'echo $PPID >&3'`)],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      timeout: 30_000,
    },
  );
  if (error !== undefined) throw error;
  const parent = output[3]?.toString().trim() ?? '';
  return parent === '' ? undefined : parent === String(process.pid);
}

function isSaid(script: string): boolean {
  const text = script.replaceAll('PROGRAM', 'gunicorn shop.wsgi');
  const commands = readShell(text);
  const program = commands.find(({ start }) => text.startsWith('gunicorn', start));
  if (program === undefined) throw new Error(script);
  return isRunInPlace(program, commands, text);
}

const IN_PLACE = [
  'PROGRAM',
  ' PROGRAM ; ',
  'PROGRAM # first',
  'PROGRAM\n',
  'cd / && PROGRAM',
  'cd / && . /dev/null && PROGRAM',
  '. /dev/null; cd /; PROGRAM',
  'true && true; PROGRAM',
  'true; true\ntrue && PROGRAM',
  'true || true; PROGRAM',
  'true | cat\nPROGRAM',
  'set -e; ulimit -c unlimited; PROGRAM',
  'trap "" HUP; PROGRAM',
  'trap - TERM; PROGRAM',
  'if true; then true; fi; PROGRAM',
  '(true); PROGRAM',
  'sleep 0 >/dev/null; PROGRAM',
];

const STAYS = [
  'PROGRAM; true',
  'PROGRAM && true',
  'PROGRAM | cat',
  'PROGRAM 2>&1',
  'PROGRAM > /dev/null',
  'true; true && PROGRAM',
  'true | PROGRAM',
  '{ PROGRAM; }',
  '(PROGRAM)',
  'if true; then PROGRAM; fi',
  '! PROGRAM',
  'time PROGRAM',
  'trap true EXIT; PROGRAM',
  'trap true TERM; PROGRAM',
  'sleep 1 & PROGRAM',
  'PROGRAM\n\n',
];

describe('what bash -c runs in its own place', () => {
  test.each(IN_PLACE)('%j', (script) => {
    expect([inPlace(script), isSaid(script)]).toEqual([true, true]);
  });

  test.each(STAYS)('%j: bash stays', (script) => {
    expect([inPlace(script), isSaid(script)]).toEqual([false, false]);
  });

  test('it is never said of one behind which bash stays', () => {
    const step = fc.constantFrom(
      'true',
      'cd /',
      'sleep 0 >&2',
      'set -e',
      'trap "" HUP',
      'trap true HUP',
      '(true)',
      '{ true; }',
      'if true; then true; fi',
      '! false',
      'x=1',
      'true | cat',
      'f() { true; }',
    );
    const joint = fc.constantFrom('; ', ' && ', '\n', ' && \\\n', ' || false || ', ';\n', ' | ', ' & ');
    const end = fc.constantFrom('', ';', '\n', ' ', '; true', ' # x', ' 2>&1', '\n\n', ' && true');
    const script = fc
      .tuple(fc.array(fc.tuple(step, joint), { maxLength: 3 }), end)
      .map(([steps, last]) => `${steps.flat().join('')}PROGRAM${last}`);
    fc.assert(
      fc.property(script, (text) => {
        fc.pre(isSaid(text));
        expect([text, inPlace(text) ?? true]).toEqual([text, true]);
      }),
      { numRuns: 60, seed: 20_261_123 },
    );
  });
});
