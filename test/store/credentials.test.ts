import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { useBucket } from './bucket.ts';
import { crash } from './crashed.ts';
import { startFaultyProxy, type Fault, type FaultyProxy } from './faulty-proxy.ts';

const NONE = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
const EXPIRED = '<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>';
const bucket = useBucket();
let proxy: FaultyProxy;
let platform: Server;
let platformUrl = '';
let answer: (request: IncomingMessage) => string | undefined = () => undefined;
let fault: (request: string, key: string) => Fault | undefined = () => undefined;

beforeEach(async () => {
  fault = () => undefined;
  proxy = await startFaultyProxy(bucket.server?.url ?? '', (request, _, key) => fault(request, key));
  platform = createServer((request, response) => {
    const text = answer(request);
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => {
    platform.listen(0, '127.0.0.1', resolve);
  });
  const address = platform.address();
  platformUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(async () => {
  await proxy.stop();
  platform.close();
});

/** The document of temporary credentials, as the platforms give it. */
function document(key: string, seconds: number, token = 'Token'): string {
  return JSON.stringify({
    Version: 1,
    AccessKeyId: key,
    SecretAccessKey: 'secret',
    [token]: 'session',
    Expiration: new Date(Date.now() + seconds * 1000).toISOString(),
  });
}

/** Runs `ls` with these variables alone; the keys that it signed with. */
async function keysWith(env: Record<string, string>): Promise<string[]> {
  bucket.env = { ...NONE, AWS_ENDPOINT_URL: proxy.url, ...env };
  const outcome = await bucket.cores('ls', '--json');
  expect(outcome.exitCode, outcome.stderr).toBe(0);
  return [...new Set(proxy.keys)];
}

test('an instance gives the keys of its role, by version 2 of its metadata service', async () => {
  answer = ({ method, url, headers }) => {
    if (method === 'PUT') return url === '/latest/api/token' ? 'the-token' : undefined;
    if (headers['x-aws-ec2-metadata-token'] !== 'the-token') return undefined;
    if (url === '/latest/meta-data/iam/security-credentials/') return 'collector';
    return url?.endsWith('/collector') === true ? document('key-of-the-role', 3600) : undefined;
  };
  const env = { AWS_EC2_METADATA_DISABLED: '', AWS_EC2_METADATA_SERVICE_ENDPOINT: platformUrl };
  expect(await keysWith(env)).toEqual(['key-of-the-role']);
});

test('a container gives keys for its token', async () => {
  const file = join(bucket.host.folder, 'token');
  writeFileSync(file, 'of-the-pod\n');
  answer = ({ headers }) =>
    headers.authorization === 'of-the-pod' ? document('key-of-the-pod', 3600) : undefined;
  const env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${platformUrl}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
  };
  expect(await keysWith(env)).toEqual(['key-of-the-pod']);
});

test('STS gives keys for a web identity', async () => {
  const file = join(bucket.host.folder, 'token');
  writeFileSync(file, 'a.b.c\n');
  const keys = await keysWith({
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/collector',
    AWS_ENDPOINT_URL_STS: bucket.server?.url ?? '',
  });
  expect(keys).toHaveLength(1);
  // those of STS begin so: docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
  expect(keys[0]).toMatch(/^ASIA/);
});

test('a profile has keys, or a program that prints them', async () => {
  const folder = join(bucket.host.folder, '.aws');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'credentials'),
    '[shop]\naws_access_key_id = key-of-a-file\naws_secret_access_key=x\n',
  );
  writeFileSync(join(folder, 'printed.json'), document('key-of-a-program', 3600, 'SessionToken'));
  writeFileSync(
    join(folder, 'config'),
    `[default]\ncredential_process = cat ${folder}/printed.json\n[profile single]\nsso_session = x\n`,
  );
  expect(await keysWith({ AWS_PROFILE: 'shop' })).toEqual(['key-of-a-file']);
  expect(await keysWith({})).toEqual(['key-of-a-file', 'key-of-a-program']);
  bucket.env = { ...NONE, AWS_PROFILE: 'single' };
  const outcome = await bucket.cores('ls');
  expect(outcome.exitCode).toBe(3);
  expect(outcome.stderr).toMatch(/from SSO, which is not supported\n.*export-credentials/);
});

test('credentials that end while a core is sent are renewed', async () => {
  await crash(join(bucket.host.cores, 'core'), { padding: 20 * 1024 * 1024 });
  let given = 0;
  answer = () => document(`key-${(given += 1)}`, 3600);
  fault = (request, key) =>
    /partNumber=2/.test(request) && key === 'key-1' ? { answer: 403, body: EXPIRED } : undefined;
  bucket.env = { ...NONE, AWS_ENDPOINT_URL: proxy.url, AWS_CONTAINER_CREDENTIALS_FULL_URI: platformUrl };
  await bucket.collected();
  expect([...new Set(proxy.keys)]).toEqual(['key-1', 'key-2']);
  // those that are about to end are not used for long
  answer = () => document(`key-${(given += 1)}`, 60);
  proxy.keys.length = 0;
  expect(await bucket.listed()).toHaveLength(1);
  expect(new Set(proxy.keys).size).toBeGreaterThan(1);
});

test('a source that is configured and fails is named', async () => {
  bucket.env = { ...NONE, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${platformUrl}/x` };
  answer = () => undefined;
  const outcome = await bucket.cores('ls');
  expect(outcome.exitCode).toBe(3);
  expect(outcome.stderr).toMatch(/the container's credentials at .* gave no credentials: HTTP 404/);
});
