import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { pycrash, type Outcome } from '../e2e/pycrash.ts';
import { hasPart } from '../parts.ts';
import { makeHost, type Host } from './crashed.ts';
import { startMoto, type ObjectServer } from './object-server.ts';

export interface ListedCrash {
  id: string;
  fingerprint: string;
  release?: string;
  core: string;
  sha256: string;
  storedBytes: number;
  tags: object;
}

/** A server of objects for the tests of a file, and for each test a host and a bucket of its own. */
export class Bucket {
  server: ObjectServer | undefined;
  host: Host = makeHost();
  /** What the programs get besides the server's own variables. */
  env: Record<string, string> = {};
  #number = 0;

  get name(): string {
    return `crashes-${this.#number}`;
  }

  get address(): string {
    return `s3://${this.name}/shop`;
  }

  async next(): Promise<void> {
    this.host.remove();
    this.host = makeHost();
    this.env = {};
    this.#number += 1;
    await this.ask('', { method: 'PUT' });
  }

  /** A request of the test's own, for a path below the bucket. */
  async ask(path: string, init?: { method: string; body?: string | Buffer }): Promise<Response> {
    if (this.server === undefined) throw new Error('no server');
    return this.server.ask(`${this.name}${path}`, init);
  }

  async run(args: readonly string[], input = '', through: readonly string[] = []): Promise<Outcome> {
    // an instance's metadata is asked for on the machine of the test only
    const env = {
      AWS_EC2_METADATA_DISABLED: 'true',
      ...this.host.env,
      ...this.server?.env,
      ...this.env,
    };
    return pycrash(args, { cwd: this.host.cores, env, input, through });
  }

  async collect(...args: string[]): Promise<Outcome> {
    return this.run(['collect', '.', '--to', this.address, '--spool', this.host.spool, ...args]);
  }

  /** The same, which has to succeed and to have nothing to say. */
  async collected(...args: string[]): Promise<void> {
    const outcome = await this.collect('--quiet', ...args);
    expect(outcome, outcome.stderr + outcome.stdout).toMatchObject({ exitCode: 0, stderr: '' });
  }

  async cores(...args: string[]): Promise<Outcome> {
    return this.run(['cores', ...args, '--from', this.address]);
  }

  async listed(...words: string[]): Promise<ListedCrash[]> {
    const { stdout, stderr } = await this.cores('ls', '--json', ...words);
    expect(stderr).toBe('');
    return (JSON.parse(stdout) as { crashes: ListedCrash[] }).crashes;
  }

  /** The objects whose keys match, straight from the server. */
  async objects(matching: RegExp): Promise<{ key: string; bytes: Buffer }[]> {
    const listing = await (await this.ask('?list-type=2')).text();
    const keys = [...listing.matchAll(/<Key>([^<]+)</g)]
      .map(([, key = '']) => key)
      .filter((key) => matching.test(key));
    return Promise.all(
      keys.map(async (key) => ({
        key,
        bytes: Buffer.from(await (await this.ask(`/${key}`)).arrayBuffer()),
      })),
    );
  }

  /** Puts an object there, as others could. */
  async put(key: string, bytes: Buffer): Promise<void> {
    const { status } = await this.ask(`/${key}`, { method: 'PUT', body: bytes });
    expect(status).toBe(200);
  }

  async openUploads(): Promise<number> {
    return [...(await (await this.ask('?uploads')).text()).matchAll(/<Upload>/g)].length;
  }
}

/** To be called once in a file or a `describe` of tests; each of them is skipped where a core cannot be had. */
export function useBucket(start: () => Promise<ObjectServer> = startMoto): Bucket {
  const bucket = new Bucket();
  const isPossible = hasPart('linux') && hasPart('plain core pattern');
  beforeAll(async () => {
    if (isPossible) bucket.server = await start();
  });
  afterAll(async () => bucket.server?.stop());
  beforeEach(async (context) => {
    if (isPossible) await bucket.next();
    else context.skip('needs plain core pattern');
  });
  afterEach(() => bucket.host.remove());
  return bucket;
}
