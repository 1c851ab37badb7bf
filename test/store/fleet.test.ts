import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useBucket, type Bucket } from './bucket.ts';
import { crash } from './crashed.ts';
import { startMoto, startSwift } from './object-server.ts';

const HOSTS = 200;
const AT_ONCE = 40;
const CAP = '3';

/** Does it for every number, several at a time. */
async function each(numbers: readonly number[], atOnce: number, work: (number: number) => Promise<void>) {
  const left = [...numbers];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await work(next);
    }),
  );
}

/** The same crash on that many hosts, in the spool of each; then all of them send at the same time. */
async function fleet(bucket: Bucket): Promise<void> {
  const hosts = Array.from({ length: HOSTS }, (_, number) => number);
  const spool = (number: number): string => join(bucket.host.folder, `spool-${number}`);
  await each(hosts, 2, async (number) => {
    const core = join(bucket.host.cores, `core.${number}`);
    mkdirSync(spool(number));
    await crash(core, { release: '1.4' });
    const outcome = await bucket.run(['collect', core, '--spool', spool(number)]);
    expect(outcome.exitCode, outcome.stderr).toBe(0);
  });
  const words = ['collect', '--to', bucket.address, '--fleet-cores', CAP, '--spool'];
  await each(hosts, AT_ONCE, async (number) => {
    const outcome = await bucket.run([...words, spool(number)]);
    expect(outcome.exitCode, outcome.stderr + outcome.stdout).toBe(0);
  });
}

describe.each([
  ['moto, which decides between writes that come together', startMoto],
  ['Swift, which makes no conditional writes', startSwift],
])('%s', (_server, start) => {
  const bucket = useBucket(start);

  test('of one crash on 200 hosts three cores arrive, and every report', { timeout: 1_800_000 }, async () => {
    await fleet(bucket);
    const crashes = await bucket.listed();
    expect(crashes).toHaveLength(HOSTS);
    expect(new Set(crashes.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(await bucket.objects(/\/reports\/.*\.json$/)).toHaveLength(HOSTS);
    expect(await bucket.listed('dropped=undefined')).toHaveLength(Number(CAP));
    expect(await bucket.objects(/\/cores\//)).toHaveLength(Number(CAP));
    expect(await bucket.objects(/\/claims\//)).toHaveLength(Number(CAP));
  });
});
