import { readFileSync } from 'node:fs';
import { packageFile } from '../../src/package-files.ts';
import type { Variant } from './systemd.ts';

type Choice = readonly { weight: number; text: string }[];

/** The choices of `random-units.txt`, by the section. */
function choices(): ReadonlyMap<string, Choice> {
  const text = readFileSync(packageFile('test/reality/random-units.txt'), 'utf8');
  return new Map(
    text
      .split(/^(?=\[[a-z -]+\]$)/m)
      .slice(1)
      .map((section): [string, Choice] => {
        const [head = '', ...lines] = section.split('\n').filter((line) => line !== '');
        return [head.slice(1, -1), lines.map((line) => chosen(line))];
      }),
  );
}

function chosen(line: string): Choice[number] {
  const [, weight = '1', text = ''] = /^(?:(\d+) )?(.*)$/.exec(line) ?? [];
  return { weight: Number(weight), text: text === '-' ? '' : text.replaceAll(' ~ ', '\n') };
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Units put together by chance; the same for the same seed. */
export function randomUnits(seed: number, count: number): Variant[] {
  const roll = dice(seed);
  const all = choices();
  const pick = (section: string): string => {
    const choice = all.get(section) ?? [];
    let left = roll() * choice.reduce((sum, { weight }) => sum + weight, 0);
    return choice.find(({ weight }) => (left -= weight) < 0)?.text ?? '';
  };
  const some = (section: string, most: number): string[] =>
    Array.from({ length: Math.floor(roll() * (most + 1)) }, () => pick(section));
  return Array.from({ length: count }, (_, index): Variant => {
    const command = pick('command').replace('SCRIPT', pick('script'));
    const dropIn = pick('drop-in');
    const usual = ['restart', 'pause', 'core', 'folder', 'user'].map((section) => pick(section));
    return {
      name: `s${seed}-${index + 1}`,
      service: [...usual, ...some('service', 3), ''].filter((line) => line !== '').join('\n'),
      unit: [pick('start limit'), ...some('unit', 1)].join('\n'),
      command: (program) =>
        command.replaceAll('ARGUMENTS', program.replace(/^\S+ -S /, '')).replaceAll('PROGRAM', program),
      ...(dropIn === '' ? {} : { dropIn: `${dropIn}\n` }),
      ...(roll() < 0.7 ? { given: true as const } : {}),
      ...(roll() < 0.15 ? { module: true as const } : {}),
    };
  });
}
