import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AwsClient } from 'aws4fetch';
import { pythonEnvironment } from '../python-environment.ts';
import { freePort } from '../../src/crashtest/address.ts';

const SWIFT = fileURLToPath(new URL('swift_server.py', import.meta.url));

/** A server of objects that speaks S3. */
export interface ObjectServer {
  url: string;
  /** The variables that lead the client to it. */
  env: Record<string, string>;
  /** A request of the test's own, signed; `path` begins with the bucket. */
  ask(path: string, init?: { method: string; body?: string | Buffer }): Promise<Response>;
  stop(): Promise<void>;
}

/** moto's own server: it keeps objects, sums parts and makes conditional writes as S3 does, and believes every key. */
export async function startMoto(): Promise<ObjectServer> {
  const { command } = pythonEnvironment('3.11', ['moto[server]==5.2.5']);
  const keys = { accessKeyId: 'key-of-the-test', secretAccessKey: 'secret-of-the-test' };
  return serve((port) => command('moto_server', ['-H', '127.0.0.1', '-p', String(port)]), keys);
}

/**
 * OpenStack Swift, which checks signatures. Conditional writes: 2.30 refuses them (501), 2.38 makes them, but lets several
 * of those pass that come at the same time.
 */
export async function startSwift(version: '2.30.1' | '2.38.3' = '2.30.1'): Promise<ObjectServer> {
  const { command } = pythonEnvironment('3.11', [`swift==${version}`]);
  const folder = mkdtempSync(join(tmpdir(), 'pycrash-swift-'));
  const keys = { accessKeyId: 'test:tester', secretAccessKey: 'secret-of-the-test' };
  const { accessKeyId, secretAccessKey } = keys;
  const server = await serve(
    (port) => command('python', [SWIFT, folder, String(port), accessKeyId, secretAccessKey]),
    keys,
  );
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...server, stop };
}

async function serve(
  command: (port: number) => [string, ...string[]],
  keys: { accessKeyId: string; secretAccessKey: string },
): Promise<ObjectServer> {
  const port = await freePort();
  const [program, ...args] = command(port);
  const server = spawn(program, args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => {
    server.once('exit', resolve);
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (server.exitCode !== null) throw new Error(`${args.join(' ')} ended with ${server.exitCode}`);
    await pause(100);
  }
  const client = new AwsClient({ ...keys, service: 's3', region: 'us-east-1' });
  return {
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_REGION: 'us-east-1',
    },
    ask: (path, init) => client.fetch(`${url}/${path}`, init),
    stop: async () => {
      server.kill();
      await ended;
    },
  };
}

/** Whatever it says: it takes requests. */
async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}
