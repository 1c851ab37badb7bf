import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyChanges } from '../../src/edit/apply.ts';
import type { FileChange } from '../../src/edit/plan.ts';
import { UserError } from '../../src/errors.ts';
import { needs } from '../parts.ts';

let base: string;
let root: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'init-apply-'));
  root = join(base, 'tree');
  mkdirSync(root);
  writeFileSync(join(root, 'a.py'), 'a\n');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const edit = (path: string, before: string, after: string): FileChange => ({
  path,
  action: 'edit',
  before: Buffer.from(before),
  after: Buffer.from(after),
});
const create = (path: string, after: string): FileChange => ({
  path,
  action: 'create',
  after: Buffer.from(after),
});

/** Every path below the root, with its bytes and mode. */
function tree(folder = root): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const stat = lstatSync(join(folder, name));
    found[name] = stat.isFile()
      ? `${stat.mode.toString(8)} ${readFileSync(join(folder, name), 'latin1')}`
      : 'other';
  }
  return found;
}

function failure(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('applyChanges', () => {
  test('writes, creates with folders, deletes, and leaves nothing else behind', () => {
    writeFileSync(join(root, 'old'), 'x');
    chmodSync(join(root, 'a.py'), 0o750);
    const applied = applyChanges(root, [
      edit('a.py', 'a\n', 'b\n'),
      create('x/y/new.py', 'n\n'),
      { path: 'old', action: 'delete', before: Buffer.from('x') },
    ]);
    applied.finish();
    expect(applied.folders).toEqual(['x', 'x/y']);
    expect(tree()).toEqual({
      'a.py': '100750 b\n',
      x: 'other',
      'x/y': 'other',
      'x/y/new.py': `${(0o100666 & ~process.umask()).toString(8)} n\n`,
    });
  });

  test('rollBack brings back every byte, mode, inode and time stamp', () => {
    writeFileSync(join(root, 'old'), 'x');
    const before = tree();
    const { ino, mtimeNs } = statSync(join(root, 'a.py'), { bigint: true });
    const applied = applyChanges(root, [
      edit('a.py', 'a\n', 'b\n'),
      create('x/new.py', 'n\n'),
      { path: 'old', action: 'delete', before: Buffer.from('x') },
    ]);
    expect(tree()).not.toEqual(before);
    applied.rollBack();
    expect(tree()).toEqual(before);
    const after = statSync(join(root, 'a.py'), { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([ino, mtimeNs]);
  });

  test('keeps the owner', (context) => {
    needs(context, 'root');
    execFileSync('chown', ['1234:1235', join(root, 'a.py')]);
    applyChanges(root, [edit('a.py', 'a\n', 'b\n')]).finish();
    const { uid, gid } = statSync(join(root, 'a.py'));
    expect([uid, gid]).toEqual([1234, 1235]);
  });

  test('does not write over a change that came after the plan', () => {
    const before = tree();
    const error = failure(() => applyChanges(root, [create('new', ''), edit('a.py', 'other\n', 'b\n')]));
    expect(error.message).toBe('a.py has changed since the plan was made');
    expect(tree()).toEqual(before);
  });

  test('edits the file behind a symbolic link inside the tree', () => {
    symlinkSync('a.py', join(root, 'link.py'));
    applyChanges(root, [edit('link.py', 'a\n', 'b\n')]).finish();
    expect(lstatSync(join(root, 'link.py')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(root, 'a.py'), 'utf8')).toBe('b\n');
  });

  test('refuses a link that leaves the tree', () => {
    writeFileSync(join(base, 'outside.py'), 'a\n');
    symlinkSync('../outside.py', join(root, 'link.py'));
    symlinkSync('..', join(root, 'up'));
    expect(failure(() => applyChanges(root, [edit('link.py', 'a\n', 'b\n')])).code).toBe('outside-tree');
    expect(failure(() => applyChanges(root, [create('up/new.py', '')])).code).toBe('outside-tree');
    expect(readFileSync(join(base, 'outside.py'), 'utf8')).toBe('a\n');
    expect(existsSync(join(base, 'new.py'))).toBe(false);
  });

  test.each([
    ['a full disk', 'mount -t tmpfs -o size=64k tmpfs "$1/tree"; cp "$1/a.py" "$1/tree"', 'the disk is full'],
    [
      'a read-only file system',
      'mount --bind "$1/tree" "$1/tree"; mount -o remount,ro,bind "$1/tree"',
      'the file system is read-only',
    ],
    [
      'one read-only folder',
      'mkdir "$1/tree/x"; mount --bind "$1/tree/x" "$1/tree/x"; mount -o remount,ro,bind "$1/tree/x"',
      'the file system is read-only',
    ],
    ['a file that is a mount point', 'mount --bind "$1/tree/a.py" "$1/tree/a.py"', 'it is a mount point'],
  ])('changes nothing on %s', (_name, mount, reason) => {
    if (process.getuid?.() !== 0) return;
    writeFileSync(join(base, 'a.py'), 'a\n');
    buildSync({
      entryPoints: [fileURLToPath(new URL('../../src/edit/apply.ts', import.meta.url))],
      outfile: join(base, 'apply.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    writeFileSync(
      join(base, 'run.mjs'),
      `import { applyChanges } from './apply.mjs';
      const bytes = (text) => Buffer.from(text);
      try {
        applyChanges(process.argv[2], [
          { path: 'x/first', action: 'create', after: bytes('1') },
          { path: 'a.py', action: 'edit', before: bytes('a\\n'), after: bytes('b\\n') },
          { path: 'big', action: 'create', after: Buffer.alloc(200_000, 'x') },
        ]);
        console.log('written');
      } catch (error) { console.log(error.message); }`,
    );
    // a mount namespace of its own: nothing stays mounted
    const output = execFileSync(
      'unshare',
      [
        '--mount',
        'sh',
        '-ec',
        `mount --make-rprivate /; ${mount}
        (cd "$1/tree"; find . -type f | sort | xargs md5sum) > "$1/before"
        "$2" "$1/run.mjs" "$1/tree"
        (cd "$1/tree"; find . -type f | sort | xargs md5sum) > "$1/after"; cmp "$1/before" "$1/after"; ls -A "$1/tree"`,
        'sh',
        base,
        process.execPath,
      ],
      { encoding: 'utf8' },
    );
    expect(output).toContain(reason);
    expect(output.split('\n').slice(1).filter(Boolean)).toEqual(
      mount.includes('/x"') ? ['a.py', 'x'] : ['a.py'],
    );
  });

  test('changes nothing where a file cannot be replaced (chattr +i)', (context) => {
    needs(context, 'root');
    const before = tree();
    try {
      execFileSync('chattr', ['+i', join(root, 'a.py')], { stdio: 'ignore' });
    } catch {
      context.skip('needs chattr');
    }
    try {
      const error = failure(() => applyChanges(root, [create('b.py', 'b'), edit('a.py', 'a\n', 'b\n')]));
      expect(error.message).toMatch(/^cannot write a\.py: /);
      expect(tree()).toEqual(before);
    } finally {
      execFileSync('chattr', ['-i', join(root, 'a.py')]);
    }
  });
});
