import { execa } from 'execa';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { firstDifference, readPage } from '../documentation/console-blocks.ts';
import { needs, type Part } from '../parts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const pages = ['README.md', 'CONTRIBUTING.md', ...markdownIn('docs')].filter((page) =>
  existsSync(ROOT + page),
);

test.for(pages)('every command that %s shows prints what it shows', async (name, context) => {
  const page = readPage(readFileSync(ROOT + name, 'utf8'));
  if (page.commands.length === 0) return;
  needs(context, ...(page.needs as Part[]));
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-documentation-'));
  try {
    const bin = join(folder, 'bin');
    const project = join(folder, page.example ?? 'project');
    mkdirSync(bin);
    for (const program of ['pycrash', 'pycrash-init']) {
      writeFileSync(
        join(bin, program),
        `#!/bin/sh\nexec "${process.execPath}" "${ROOT}dist/${program}.js" "$@"\n`,
      );
      chmodSync(join(bin, program), 0o755);
    }
    if (page.example === undefined) mkdirSync(project);
    else {
      cpSync(`${ROOT}examples/${page.example}`, project, { recursive: true });
      await execa('sh', ['-c', 'git init -q && git add -A && git commit -qm "As it was"'], {
        cwd: project,
        env: {
          GIT_AUTHOR_NAME: 'A',
          GIT_AUTHOR_EMAIL: 'a@example.com',
          GIT_COMMITTER_NAME: 'A',
          GIT_COMMITTER_EMAIL: 'a@example.com',
        },
      });
    }
    for (const { line, command, output, exitCode } of page.commands) {
      const result = await execa('sh', ['-c', command.replaceAll(/\bnpx (?=pycrash)/g, '')], {
        cwd: project,
        env: {
          // as npx sets it
          npm_config_user_agent: /\bnpx pycrash/.test(command) ? 'npm/10.8.2 node/v20.19.0 linux x64' : '',
          PATH: `${bin}:${process.env['PATH'] ?? ''}`,
          PYCRASH_REPOSITORY: ROOT,
          NO_COLOR: '1',
        },
        all: true,
        reject: false,
        input: '',
      });
      const where = `${name}:${line} $ ${command}\n${result.all}`;
      expect(firstDifference(output, result.all), where).toBeUndefined();
      expect(result.exitCode, where).toBe(exitCode);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function markdownIn(folder: string): string[] {
  return readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `${folder}/${file}`)
    .sort();
}
