import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { needs } from '../parts.ts';
import { useBucket } from './bucket.ts';
import { crash } from './crashed.ts';

const bucket = useBucket();

beforeEach((context) => needs(context, 'age'));

/** A new key: the file of the identity, and its recipient. */
function key(name: string): { identity: string; recipient: string } {
  const identity = join(bucket.host.folder, name);
  execFileSync('age-keygen', ['-o', identity], { stdio: 'ignore' });
  return { identity, recipient: execFileSync('age-keygen', ['-y', identity], { encoding: 'utf8' }).trim() };
}

test('what we encrypt, the age program decrypts for each recipient, and so do we', async () => {
  const path = join(bucket.host.cores, 'core');
  await crash(path, { padding: 1_000_000 });
  const before = readFileSync(path);
  const [ann, bob, eve] = [key('ann'), key('bob'), key('eve')];
  const list = join(bucket.host.folder, 'recipients');
  writeFileSync(list, `# operators\n${bob.recipient}\n`);
  await bucket.collected('--recipient', ann.recipient, '--recipient', list);

  const [found] = await bucket.listed('encrypted=true');
  const [stored] = await bucket.objects(/\/cores\//);
  expect(stored?.key).toMatch(/\.core\.zst\.age$/);
  const file = join(bucket.host.folder, 'stored.age');
  writeFileSync(file, stored?.bytes ?? '');
  for (const { identity } of [ann, bob]) {
    const core = execFileSync('sh', ['-c', 'age -d -i "$1" "$2" | zstd -dc', 'sh', identity, file], {
      maxBuffer: 1 << 28,
    });
    expect(core.equals(before)).toBe(true);
  }
  const got = await bucket.cores('get', found?.id ?? '', '--identity', bob.identity, '--output', 'again');
  expect(got.exitCode, got.stderr).toBe(0);
  expect(readFileSync(join(bucket.host.cores, 'again')).equals(before)).toBe(true);

  const without = await bucket.cores('get', found?.id ?? '', '--output', 'other');
  expect(without.exitCode).toBe(3);
  expect(without.stderr).toMatch(/is encrypted\nGive the file of your age identity/);
  const wrong = await bucket.cores('get', found?.id ?? '', '--output', 'other', '--identity', eve.identity);
  expect(wrong.exitCode).toBe(3);
  expect(wrong.stderr).toMatch(/cannot be decrypted/);
  expect(existsSync(join(bucket.host.cores, 'other'))).toBe(false);
});

test('what the age program encrypted, we decrypt', async () => {
  const path = join(bucket.host.cores, 'core');
  await crash(path);
  const before = readFileSync(path);
  const { identity, recipient } = key('ann');
  await bucket.collected('--recipient', recipient);
  const [found] = await bucket.listed();
  const [stored] = await bucket.objects(/\/cores\//);
  const [line] = await bucket.objects(/\/crashes\//);
  const packed = execFileSync('zstd', ['-qc'], { input: before, maxBuffer: 1 << 28 });
  const other = execFileSync('age', ['-r', recipient], { input: packed, maxBuffer: 1 << 28 });
  const file = join(bucket.host.folder, 'other.age');
  writeFileSync(file, other);
  await bucket.put(stored?.key ?? '', other);
  const described = {
    ...(JSON.parse(line?.bytes.toString() ?? '') as object),
    storedBytes: statSync(file).size,
    storedSha256: createHash('sha256').update(other).digest('hex'),
  };
  await bucket.put(line?.key ?? '', Buffer.from(JSON.stringify(described)));
  bucket.env = { PYCRASH_AGE_IDENTITY: identity };
  const got = await bucket.cores('get', found?.id ?? '', '--output', 'again');
  expect(got.exitCode, got.stderr).toBe(0);
  expect(readFileSync(join(bucket.host.cores, 'again')).equals(before)).toBe(true);
});

test('cores that are not encrypted are said to be, and a recipient that is none is refused before anything is done', async () => {
  const path = join(bucket.host.cores, 'core');
  await crash(path);
  const refused = await bucket.collect('--recipient', 'age1nonsense');
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toMatch(/is not an age recipient/);
  expect(existsSync(path)).toBe(true);
  expect(await bucket.collect('--recipient', 'no-such-file')).toMatchObject({ exitCode: 2 });
  const outcome = await bucket.collect();
  expect(outcome).toMatchObject({ exitCode: 0 });
  expect(outcome.stderr).toMatch(/^THE CORES ARE NOT ENCRYPTED/);
});
