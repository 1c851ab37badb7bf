import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../src/commands/index.ts';
import { typedCommand, typedExamples } from '../../src/typed-command.ts';

afterEach(() => vi.unstubAllEnvs());

test.each([
  ['npm/10.8.2 node/v20.19.0 linux x64 workspaces/false', 'npx pycrash-init check --fix'],
  ['pnpm/9.1.0 npm/? node/v20.19.0 linux x64', 'pnpm dlx pycrash-init check --fix'],
  ['yarn/4.2.2 npm/? node/v20.19.0 linux x64', 'yarn dlx pycrash-init check --fix'],
  ['bun/1.1.8 npm/? node/v20.19.0 linux x64', 'bunx pycrash-init check --fix'],
  ['', 'pycrash check --fix'],
])('run by %j it is %s', (agent, typed) => {
  vi.stubEnv('npm_config_user_agent', agent);
  expect(typedCommand('check --fix')).toBe(typed);
  expect(typedExamples('Examples:\n  sudo pycrash check --fix    pycrash looks')).toBe(
    `Examples:\n  sudo ${typed}    pycrash looks`,
  );
});

/** Text of files that pycrash writes or of documents, which is the same for whoever runs it; and names of what is shown. */
const SAME_FOR_ALL = [
  /# Written by pycrash-init/,
  /What `pycrash init` wrote/,
  /testsuite/,
  /## pycrash verify:/,
  /compatible; pycrash verify/,
];

test('no message spells a command out: typedCommand() does', () => {
  const src = fileURLToPath(new URL('../../src/', import.meta.url));
  const names = COMMANDS.map(({ name }) => name).join('|');
  const spelled = new RegExp(String.raw`\b(?:pycrash|pycrash-init) (?:${names})\b|npx pycrash-init\b(?!@)`);
  const found: string[] = [];
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    for (const line of readFileSync(src + file, 'utf8').split('\n')) {
      const isComment = /^\s*(?:\/?\*|\/\/)/.test(line);
      const isExample = /^ {2}(?:\$ )?(?:sudo |\w+=\S+ )?pycrash /.test(line);
      if (isComment || isExample || !spelled.test(line) || SAME_FOR_ALL.some((text) => text.test(line)))
        continue;
      found.push(`${file}: ${line.trim()}`);
    }
  }
  expect(found).toEqual([]);
});
