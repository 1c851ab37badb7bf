import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../src/rules/', import.meta.url));

interface Example {
  kind: 'wrong' | 'right';
  /** Text by path: laid over the base. */
  files: Map<string, string>;
}

export interface RulePage {
  id: string;
  /** `bare`: the wrong example is laid over the example project without anything of ours. */
  base: 'bare' | 'initialised';
  arguments: string[];
  examples: Example[];
}

/** Every page of src/rules, with its examples: each fenced block whose info string has a path. */
export function rulePages(): RulePage[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => pageOf(file.slice(0, 6), readFileSync(FOLDER + file, 'utf8')));
}

function pageOf(id: string, text: string): RulePage {
  const directive = (name: string) => new RegExp(`<!-- ${name}: (.*) -->`).exec(text)?.[1];
  const examples: Example[] = [];
  for (const [, title = '', body = ''] of text.matchAll(/^## (Wrong|Right)\n(.*?)(?=^## )/gms)) {
    const files = new Map<string, string>();
    for (const [, path = '', code = ''] of body.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms))
      files.set(path, code);
    examples.push({ kind: title === 'Wrong' ? 'wrong' : 'right', files });
  }
  return {
    id,
    base: directive('base') === 'bare' ? 'bare' : 'initialised',
    arguments: directive('arguments')?.split(' ') ?? [],
    examples,
  };
}
