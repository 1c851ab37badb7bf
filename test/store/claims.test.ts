import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { schemaErrors } from '../schema-errors.ts';
import { useBucket } from './bucket.ts';
import { crash } from './crashed.ts';
import { startFaultyProxy } from './faulty-proxy.ts';
import { startMoto, startSwift } from './object-server.ts';

const HOUR = 3_600_000;

// With and without conditional writes: claims by number, or by the ID of the crash.
describe.each([
  ['moto', startMoto],
  ['Swift', startSwift],
])('%s', (_server, start) => {
  const bucket = useBucket(start);

  /** One more crash, and what becomes of it when the fleet may have so many cores. */
  async function another(
    cap: string,
    release = '1.4',
  ): Promise<{ shipped: string[]; withoutCore: string[] }> {
    await crash(join(bucket.host.cores, 'core'), { release });
    const { exitCode, stdout, stderr } = await bucket.collect('--fleet-cores', cap, '--json');
    expect(exitCode, stderr).toBe(0);
    const document = JSON.parse(stdout) as { shipped: string[]; withoutCore: string[] };
    expect(schemaErrors('collect', document)).toBeNull();
    return document;
  }

  test('each release has its cores; what is dropped is said, and has its report', async () => {
    expect(await another('1')).toMatchObject({ withoutCore: [] });
    const { shipped, withoutCore } = await another('1');
    expect(withoutCore).toEqual(shipped);
    expect(await another('1', 'v2/beta ü')).toMatchObject({ withoutCore: [] });
    expect(await bucket.listed('dropped=*fleet*')).toMatchObject([{ id: withoutCore[0], storedBytes: 0 }]);
    expect(await bucket.objects(/\/cores\//)).toHaveLength(2);
    expect((await bucket.cores('report', withoutCore[0] ?? '')).stdout).toContain('ZeroDivisionError');
    const got = await bucket.cores('get', withoutCore[0] ?? '');
    expect(got.stderr).toMatch(/was not kept: the fleet has enough/);
    await crash(join(bucket.host.cores, 'core'), { release: '1.4' });
    expect((await bucket.collect('--fleet-cores', '1')).stdout).toMatch(/1 without the core/);
    expect(await bucket.collect('--fleet-cores', 'few')).toMatchObject({ exitCode: 2 });
  });

  test('a claim whose host died is taken over after an hour, and not before', async () => {
    await another('1');
    const [claim] = await bucket.objects(/\/claims\//);
    const [found] = await bucket.listed();
    expect((await bucket.cores('rm', found?.id ?? '', '--yes')).exitCode).toBe(0);
    const aged = async (age: number): Promise<void> => {
      const body = JSON.parse(claim?.bytes.toString() ?? '') as object;
      const time = new Date(Date.now() - age).toISOString();
      await bucket.put(claim?.key ?? '', Buffer.from(JSON.stringify({ ...body, time })));
    };
    await aged(HOUR / 2);
    expect((await another('1')).withoutCore).toHaveLength(1);
    await aged(2 * HOUR);
    expect((await another('1')).withoutCore).toEqual([]);
    expect((await another('1')).withoutCore).toHaveLength(1);
  });

  test('a claim holds for as long as its core is there', async () => {
    await another('1');
    const [claim] = await bucket.objects(/\/claims\//);
    const body = JSON.parse(claim?.bytes.toString() ?? '') as object;
    const time = new Date(Date.now() - 2 * HOUR).toISOString();
    await bucket.put(claim?.key ?? '', Buffer.from(JSON.stringify({ ...body, time })));
    expect((await another('1')).withoutCore).toHaveLength(1);
    expect((await bucket.cores('prune', '--keep', '0', '--yes')).exitCode).toBe(0);
    expect((await another('1')).withoutCore).toEqual([]);
  });

  test('the claim of a host that was killed in its upload is its own in the next run', async () => {
    const proxy = await startFaultyProxy(bucket.server?.url ?? '', (request) =>
      /^PUT .*\/cores\//.test(request)
        ? { answer: 403, body: '<Error><Code>AccessDenied</Code></Error>' }
        : undefined,
    );
    try {
      bucket.env['AWS_ENDPOINT_URL'] = proxy.url;
      await crash(join(bucket.host.cores, 'core'));
      expect(await bucket.collect('--fleet-cores', '1')).toMatchObject({ exitCode: 3 });
      expect(await bucket.objects(/\/claims\//)).toHaveLength(1);
      bucket.env = {};
      await bucket.collected('--fleet-cores', '1');
      expect(await bucket.listed('dropped=undefined')).toHaveLength(1);
      expect(await bucket.objects(/\/claims\//)).toHaveLength(1);
    } finally {
      await proxy.stop();
    }
  });

  test('the answer to a claim can be lost', async () => {
    const proxy = await startFaultyProxy(bucket.server?.url ?? '', (request, number) =>
      /^PUT .*\/claims\//.test(request) && number === 1 ? 'answer lost' : undefined,
    );
    try {
      bucket.env['AWS_ENDPOINT_URL'] = proxy.url;
      expect(await another('1')).toMatchObject({ withoutCore: [] });
      expect((await another('1')).withoutCore).toHaveLength(1);
    } finally {
      await proxy.stop();
    }
  });

  test('in a directory, too', async () => {
    const shared = join(bucket.host.folder, 'shared');
    mkdirSync(shared);
    for (const number of [1, 2, 3]) {
      const core = join(bucket.host.cores, `core.${number}`);
      await crash(core);
      copyFileSync(core, `${core}.copy`);
    }
    const outcome = await bucket.run([
      'collect',
      '.',
      '--to',
      shared,
      '--fleet-cores',
      '2',
      '--spool',
      bucket.host.spool,
    ]);
    expect(outcome.stdout).toMatch(/3 sent to .*, 1 without the core/);
  });
});
