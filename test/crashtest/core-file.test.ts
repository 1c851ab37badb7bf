import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findCoreFile } from '../../src/crashtest/core-file.ts';
import { parseCorePattern, writtenPattern } from '../../src/host/core-pattern.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'core-file-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

test('the core of a process in a chroot is looked up below its root, and its path is the one that it sees', () => {
  const root = folder();
  mkdirSync(join(root, 'var/crash'), { recursive: true });
  writeFileSync(join(root, 'var/crash/core.7'), 'core');
  const settings = { pattern: parseCorePattern('/var/crash/core.%p'), usesPid: false };
  const dying = { pid: 7, directories: ['/srv'], rootDirectory: root };
  expect(findCoreFile(settings, dying, '')).toMatchObject({
    path: '/var/crash/core.7',
    file: join(root, 'var/crash/core.7'),
  });
  expect(findCoreFile(settings, { pid: 8, directories: ['/srv'], rootDirectory: root }, '')).toBeUndefined();
});

test('an empty pattern with core_uses_pid names the core .PID in the working directory', () => {
  const workingDirectory = folder();
  writeFileSync(join(workingDirectory, '.7'), 'core');
  const pattern = writtenPattern(parseCorePattern(''), true);
  expect(
    findCoreFile({ pattern, usesPid: true }, { pid: 7, directories: [workingDirectory] }, ''),
  ).toMatchObject({
    path: join(workingDirectory, '.7'),
  });
  expect(writtenPattern(parseCorePattern(''), false)).toEqual({ kind: 'none' });
});

test('a file that was there before the crash is no core of it', () => {
  const workingDirectory = folder();
  const settings = { pattern: parseCorePattern('core.%e'), usesPid: false };
  writeFileSync(join(workingDirectory, 'core.other'), 'older');
  utimesSync(join(workingDirectory, 'core.other'), 1000, 1000);
  const dying = { pid: 7, directories: [workingDirectory], since: 2_000_000 };
  expect(findCoreFile(settings, dying, '')).toBeUndefined();
  writeFileSync(join(workingDirectory, 'core.python'), 'core');
  expect(findCoreFile(settings, dying, '')).toMatchObject({ path: join(workingDirectory, 'core.python') });
});
