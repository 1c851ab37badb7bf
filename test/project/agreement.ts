import type { EffectiveList } from '../../src/project/project.ts';
import type { CPython } from './cpython.ts';
import { evaluate, type Files } from './evaluate.ts';

/** Environments in which a program that is judged is run; the first is the one that `byDefault` is about. */
const ENVIRONMENTS: readonly Readonly<Record<string, string>>[] = [
  {},
  { ONE: '1', TWO: '2', LIST: 'z' },
  { ONE: 'yes', TWO: '3' },
];

/** The elements that are there, as text. */
export function strings(list: EffectiveList, isThere: (index: number) => boolean): string[] {
  return list.elements
    .filter((_element, index) => isThere(index))
    .map(({ value }) => (value.kind === 'string' ? value.value : `<${value.kind}>`));
}

/** Is nothing left open? Only then the list has to be exactly right. */
export function isExact(list: EffectiveList): boolean {
  return (
    list.complete &&
    list.elements.every(({ byDefault, spread }) => byDefault !== 'unknown' && spread !== true) &&
    list.elements.every(({ value }) => value.kind === 'string')
  );
}

/** What was found out about one program. */
export interface Judgement {
  /** What the evaluator claims and CPython does not do, or what it leaves open without a word; empty where they agree. */
  wrong: string[];
  /** Did CPython run it? */
  ran: boolean;
  /** Did the evaluator know the whole list? */
  exact: boolean;
  /** Did it say that an entry written at the first place comes out first? */
  effective: boolean;
}

/** Compares what the evaluator says of MIDDLEWARE with what CPython gets, before and after an entry is written at the first place. */
export async function judge(python: CPython, files: Files, module: string): Promise<Judgement> {
  const wrong: string[] = [];
  const name = 'MIDDLEWARE';
  const run = (all: Files, environment: Readonly<Record<string, string>>) =>
    python.run({ files: all, module, name, environment });
  const evaluated = await evaluate(files, module);
  const list = evaluated.list(name);
  const answers = [];
  for (const environment of ENVIRONMENTS) answers.push(await run(files, environment));
  const [byDefault] = answers;
  const judgement = {
    wrong,
    ran: byDefault !== undefined && !('error' in byDefault),
    exact: false,
    effective: false,
  };
  if (list === undefined) {
    const set = answers.some((answer) => !('error' in answer) && answer.type !== 'NoneType');
    if (set && evaluated.notes.length === 0) wrong.push('it is said not to be set');
    return judgement;
  }
  judgement.exact = isExact(list);
  const open =
    list.notes.length > 0 ||
    list.elements.some(({ conditions, value }) => conditions.length > 0 || value.kind !== 'string');
  if (!list.complete && list.notes.length === 0) wrong.push('open without a reason');
  if (byDefault !== undefined && !('error' in byDefault) && judgement.exact) {
    const said = strings(list, (index) => list.elements[index]?.byDefault === true);
    if (JSON.stringify(said) !== JSON.stringify(byDefault.value)) {
      wrong.push(`by default it is ${byDefault.value.join(' ')}, said to be ${said.join(' ')}`);
    }
  }
  for (const [index, answer] of answers.entries()) {
    if ('error' in answer) continue;
    if (!open && JSON.stringify(strings(list, () => true)) !== JSON.stringify(answer.value)) {
      wrong.push(`with ${JSON.stringify(ENVIRONMENTS[index])} it is ${answer.value.join(' ')}`);
    }
  }
  const place = list.firstPlace;
  if (place === undefined || list.notes.some(({ code }) => code === 'index-shift')) return judgement;
  judgement.effective = place.effective;
  const { file, start } = place.literal;
  const text = files[file] ?? '';
  const edited = {
    ...files,
    [file]: `${text.slice(0, start + 1)}'ours'${place.firstElement === undefined && text[start] === '[' ? '' : ', '}${text.slice(start + 1)}`,
  };
  // init reads the tree again after the edit, and does not do one that turns out otherwise
  const again = (await evaluate(edited, module)).list(name);
  const first = again?.elements[0];
  const claimed =
    place.effective &&
    again?.complete === true &&
    first?.value.kind === 'string' &&
    first.value.value === 'ours' &&
    first.conditions.length === 0;
  for (const [index, environment] of ENVIRONMENTS.entries()) {
    const before = answers[index];
    const after = await run(edited, environment);
    if (before === undefined || 'error' in before) continue;
    const found = 'error' in after ? after.error : String(after.value.indexOf('ours'));
    if (claimed && found !== '0') wrong.push(`ours with ${JSON.stringify(environment)}: ${found}`);
  }
  return judgement;
}
