// Writes src/rules/index.generated.ts, the list of the rules in src/rules; with --check only says whether it is what the folder has.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../src/rules/', import.meta.url));
const index = `${folder}index.generated.ts`;
const files = readdirSync(folder)
  .filter((file) => /^PYC\d{3}-[a-z0-9-]+\.ts$/.test(file))
  .sort();

const faults = [];
for (const [position, file] of files.entries()) {
  const id = file.slice(0, 6);
  const slug = file.slice(7, -3);
  const text = readFileSync(folder + file, 'utf8');
  if (!text.includes(`id: '${id}'`) || !text.includes(`slug: '${slug}'`))
    faults.push(`${file}: id and slug are not those of its name`);
  if (!existsSync(`${folder}${id}-${slug}.md`)) faults.push(`${file}: its page ${id}-${slug}.md is missing`);
  if (files[position - 1]?.startsWith(id)) faults.push(`${file}: ${id} is taken`);
}
for (const page of readdirSync(folder).filter((file) => file.endsWith('.md'))) {
  if (!files.includes(page.replace(/md$/, 'ts'))) faults.push(`${page}: there is no such rule`);
}

const text = `// Written by .build/rule-index.mjs from the files of this folder.
import type { Rule } from './rule.ts';
${files.map((file) => `import { rule as ${file.slice(0, 6)} } from './${file}';\n`).join('')}
/** Every rule, in order of its number. */
export const RULES: readonly Rule[] = [
${files.map((file) => `  ${file.slice(0, 6)},\n`).join('')}];
`;
if (process.argv.includes('--check')) {
  if (!existsSync(index) || readFileSync(index, 'utf8') !== text)
    faults.push('src/rules/index.generated.ts is not fresh: node .build/rule-index.mjs');
} else {
  writeFileSync(index, text);
}
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`);
  process.exitCode = 1;
}
