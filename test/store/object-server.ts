import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { pythonEnvironment } from '../python-environment.ts';
import { freePort } from '../../src/crashtest/address.ts';

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
  const port = await freePort();
  const [program, ...args] = command('moto_server', ['-H', '127.0.0.1', '-p', String(port)]);
  const server = spawn(program, args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => {
    server.once('exit', resolve);
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (server.exitCode !== null) throw new Error(`moto_server ended with ${server.exitCode}`);
    await pause(100);
  }
  const client = new AwsClient({
    accessKeyId: 'key-of-the-test',
    secretAccessKey: 'secret-of-the-test',
    service: 's3',
    region: 'us-east-1',
  });
  const ask: ObjectServer['ask'] = (path, init) => client.fetch(`${url}/${path}`, init);
  return {
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'key-of-the-test',
      AWS_SECRET_ACCESS_KEY: 'secret-of-the-test',
      AWS_REGION: 'us-east-1',
    },
    ask,
    stop: async () => {
      server.kill();
      await ended;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/moto-api/`).then(
    ({ ok }) => ok,
    () => false,
  );
}
