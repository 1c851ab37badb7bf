import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { useBucket } from './bucket.ts';
import { crash } from './crashed.ts';
import { startMoto, startSwift } from './object-server.ts';
import { startFaultyProxy, type Fault, type FaultyProxy } from './faulty-proxy.ts';

const PART = 8 * 1024 * 1024;
const INSIDE_200 =
  '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>';

const isPart = (request: string): boolean => /partNumber=2/.test(request);
const isComplete = (request: string): boolean => /^POST .*\?uploadId=/.test(request);
const isCreate = (request: string): boolean => /^POST .*\?uploads=/.test(request);
const isLine = (request: string): boolean => /^PUT .*\/crashes\//.test(request);

// Neither server is whole: moto believes every signature, Swift makes no conditional writes.
describe.each([
  ['moto', startMoto],
  ['Swift', startSwift],
])('%s', (_server, start) => {
  const bucket = useBucket(start);
  let proxy: FaultyProxy | undefined;

  afterEach(async () => {
    await proxy?.stop();
    proxy = undefined;
  });

  async function faulty(fault: (request: string, number: number) => Fault | undefined): Promise<void> {
    proxy = await startFaultyProxy(bucket.server?.url ?? '', fault);
    bucket.env['AWS_ENDPOINT_URL'] = proxy.url;
  }

  /** A core of three parts in the directory; its hash. */
  async function crashed(): Promise<string> {
    const path = join(bucket.host.cores, 'core');
    await crash(path, { padding: 2.5 * PART });
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  }

  /** Everything arrived: once, whole, and nothing is left over. */
  async function expectArrived(sha256: string): Promise<void> {
    bucket.env = {};
    const [found, ...others] = await bucket.listed();
    expect(others).toEqual([]);
    expect(found?.sha256).toBe(sha256);
    expect(await bucket.objects(/\/cores\//)).toHaveLength(1);
    expect(await bucket.objects(/./)).toHaveLength(4);
    expect(await bucket.openUploads()).toBe(0);
    const got = await bucket.cores('get', found?.id ?? '', '--output', '../got');
    expect(got.exitCode, got.stderr).toBe(0);
    expect(
      createHash('sha256')
        .update(readFileSync(join(bucket.host.folder, 'got')))
        .digest('hex'),
    ).toBe(sha256);
  }

  test.each<[string, (request: string, number: number) => Fault | undefined]>([
    [
      'every request fails once with 503',
      (_, n) => (n === 1 ? { answer: 503, body: '<Error><Code>SlowDown</Code></Error>' } : undefined),
    ],
    ['every request is slow', () => 'slow'],
    ['a part is cut in its middle', (request, n) => (isPart(request) && n === 1 ? 'cut' : undefined)],
    [
      'the answer to a part is lost',
      (request, n) => (isPart(request) && n === 1 ? 'answer lost' : undefined),
    ],
    [
      'the answer to the beginning is lost',
      (request, n) => (isCreate(request) && n === 1 ? 'answer lost' : undefined),
    ],
    [
      'the answer to the completion is lost',
      (request, n) => (isComplete(request) && n === 1 ? 'answer lost' : undefined),
    ],
    [
      'the completion has an error in a 200',
      (request, n) => (isComplete(request) && n === 1 ? { answer: 200, body: INSIDE_200 } : undefined),
    ],
    [
      'the answer to the line is lost',
      (request, n) => (isLine(request) && n === 1 ? 'answer lost' : undefined),
    ],
    ['no ETag is a sum', (request) => (request.startsWith('HEAD') ? 'other ETag' : undefined)],
  ])('%s: all arrives all the same', async (_, fault) => {
    const sha256 = await crashed();
    await faulty(fault);
    await bucket.collected();
    await expectArrived(sha256);
  });

  test.each<[string, (request: string) => Fault | undefined, RegExp]>([
    [
      'a line is accepted and lost',
      (request) => (isLine(request) ? 'swallowed' : undefined),
      /was accepted, but is not there/,
    ],
    [
      'a bit of a part is flipped on its way',
      (request) => (isPart(request) ? 'bit flipped' : undefined),
      // Swift sees it by the signature
      /was accepted, but is not there as it was sent|SignatureDoesNotMatch.*\n.*changed on its way/,
    ],
    [
      'the completion fails for good in a 200',
      (request) => (isComplete(request) ? { answer: 200, body: INSIDE_200 } : undefined),
      /cannot complete the upload .* InternalError/,
    ],
    [
      'the credentials may not write',
      (request) =>
        request.startsWith('HEAD')
          ? undefined
          : { answer: 403, body: '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>' },
      /HTTP 403, AccessDenied.*[^]*may not do this/,
    ],
  ])('%s: the core stays in the spool, and the next run sends it', async (_, fault, said) => {
    const sha256 = await crashed();
    await faulty(fault);
    const outcome = await bucket.collect();
    expect(outcome.exitCode).toBe(3);
    expect(outcome.stdout).toMatch(said);
    expect(readdirSync(join(bucket.host.spool, 'objects/cores'), { recursive: true }).join()).toContain(
      '.core.zst',
    );
    bucket.env = {};
    await bucket.collected();
    await expectArrived(sha256);
  });

  test('a bucket that is not there, and a server that is not there, are named', async () => {
    await crash(join(bucket.host.cores, 'core'));
    const missing = await bucket.run([
      'collect',
      '.',
      '--to',
      's3://no-such-bucket/x',
      '--spool',
      bucket.host.spool,
    ]);
    expect(missing.exitCode).toBe(3);
    expect(missing.stdout).toMatch(/NoSuchBucket[^]*Create the bucket/);
    expect(await bucket.run(['cores', 'ls', '--from', 's3://no-such-bucket/x'])).toMatchObject({
      exitCode: 3,
    });
    bucket.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:9';
    const down = await bucket.collect();
    expect(down.exitCode).toBe(3);
    expect(down.stdout).toMatch(/127\.0\.0\.1:9 does not answer: .*ECONNREFUSED/);
    bucket.env = {};
    await bucket.collected();
    expect(await bucket.listed()).toHaveLength(1);
  });

  test('what is missing or wrong in the environment is named', async () => {
    const wrong = async (env: Record<string, string>): Promise<string> => {
      bucket.env = env;
      const { exitCode, stderr } = await bucket.cores('ls');
      return `${exitCode} ${stderr}`;
    };
    expect(await wrong({ AWS_ACCESS_KEY_ID: '' })).toMatch(
      /^3 .*there are no credentials[^]*Set AWS_ACCESS_KEY_ID/,
    );
    expect(await wrong({ AWS_ENDPOINT_URL: 'minio:9000' })).toMatch(/^2 .*is not an address/);
    expect(await wrong({ AWS_CA_BUNDLE: '/no/such' })).toMatch(/^3 .*AWS_CA_BUNDLE/);
    bucket.env = {};
    expect(await bucket.run(['cores', 'ls', '--from', 'gs://x/y'])).toMatchObject({ exitCode: 2 });
    expect(await bucket.run(['collect', '/no/such/place', '--spool', bucket.host.spool])).toMatchObject({
      exitCode: 3,
    });
  });
});
