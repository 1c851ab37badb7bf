import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { UserError } from '../../errors.ts';
import { hashOf } from '../file-hash.ts';
import type { Creation, ObjectInfo, ObjectStore, UploadRecord } from '../object-store.ts';
import { S3Failure } from './failure.ts';
import { MultipartUpload, partBytesFor } from './multipart.ts';
import { OpenUploads } from './open-uploads.ts';
import { S3Requests } from './requests.ts';
import { s3Settings, type S3Settings } from './settings.ts';
import { elementsOf, textOf } from './xml.ts';

/** What an object that is to be in the store is known by. */
export interface Expected {
  bytes: number;
  /** The ETag that a server gives it which makes one of MD5 sums. */
  etag: string;
  sha256: () => Promise<string>;
}

/** A bucket below a prefix, in any store that speaks S3. What the server says it did is looked at afterwards. */
export class S3Store implements ObjectStore {
  readonly address: string;
  readonly distinct: string;
  readonly #requests: S3Requests;
  readonly #prefix: string;

  private constructor(settings: S3Settings, prefix: string, address: string) {
    this.#requests = new S3Requests(settings);
    this.distinct = `${settings.base.href} ${prefix}`;
    this.#prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
    this.address = address;
  }

  static open(bucket: string, prefix: string, address: string): S3Store {
    return new S3Store(s3Settings(bucket), prefix, address);
  }

  async *list(prefix: string, after?: string): AsyncIterable<ObjectInfo> {
    let token: string | undefined;
    do {
      const answer = await this.#requests.send({
        method: 'GET',
        key: '',
        query: {
          'list-type': '2',
          'encoding-type': 'url',
          prefix: this.#prefix + prefix,
          ...(after === undefined ? {} : { 'start-after': this.#prefix + after }),
          ...(token === undefined ? {} : { 'continuation-token': token }),
        },
        what: `list ${this.address}`,
      });
      const text = answer.body.toString();
      for (const element of elementsOf(text, 'Contents')) {
        const key = decodeURIComponent((textOf(element, 'Key') ?? '').replaceAll('+', ' '));
        if (!key.startsWith(this.#prefix)) continue;
        yield {
          key: key.slice(this.#prefix.length),
          bytes: Number(textOf(element, 'Size')),
          etag: unquoted(textOf(element, 'ETag')),
          modified: Date.parse(textOf(element, 'LastModified') ?? ''),
        };
      }
      token = textOf(text, 'IsTruncated') === 'true' ? textOf(text, 'NextContinuationToken') : undefined;
    } while (token !== undefined);
  }

  async read(key: string): Promise<Buffer | undefined> {
    const request = { method: 'GET', key: this.#prefix + key, what: `read ${this.#named(key)}` } as const;
    return this.#requests.send(request).then(
      ({ body }) => body,
      (error: unknown) => absent(error),
    );
  }

  async *open(key: string): AsyncIterable<Buffer> {
    yield* await this.#requests.stream({
      method: 'GET',
      key: this.#prefix + key,
      what: `read ${this.#named(key)}`,
    });
  }

  async write(key: string, bytes: Buffer, contentType: string): Promise<void> {
    const expected: Expected = {
      bytes: bytes.length,
      etag: createHash('md5').update(bytes).digest('hex'),
      sha256: async () => createHash('sha256').update(bytes).digest('hex'),
    };
    if (await this.#has(key, expected)) return;
    await this.#requests.send({
      method: 'PUT',
      key: this.#prefix + key,
      headers: { 'content-type': contentType, 'content-md5': base64(expected.etag) },
      body: bytes,
      what: `write ${this.#named(key)}`,
    });
    await this.#prove(key, expected);
  }

  async create(key: string, bytes: Buffer, contentType: string): Promise<Creation> {
    try {
      await this.#requests.send({
        method: 'PUT',
        key: this.#prefix + key,
        headers: { 'content-type': contentType, 'if-none-match': '*' },
        body: bytes,
        what: `create ${this.#named(key)}`,
      });
      return 'created';
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error;
      if (error.status === 501 || error.s3Code === 'NotImplemented') return 'refused';
      if (error.status !== 412) throw error;
      // ours, where the answer was lost and it was asked again
      return (await this.read(key))?.equals(bytes) === true ? 'created' : 'exists';
    }
  }

  async upload(key: string, file: string, record: UploadRecord): Promise<void> {
    const { size } = statSync(file);
    if (size <= partBytesFor(size)) return this.write(key, await readFile(file), 'application/octet-stream');
    const upload = new MultipartUpload(this.#requests, this.#prefix + key, file, this.#named(key));
    const expected: Expected = { bytes: size, etag: await upload.etag(), sha256: () => hashOf(file) };
    if (!(await this.#has(key, expected))) {
      await upload.send(record);
      await this.#prove(key, expected);
    }
    await upload.abortOthers();
  }

  async remove(key: string): Promise<void> {
    await this.#requests.send({
      method: 'DELETE',
      key: this.#prefix + key,
      what: `remove ${this.#named(key)}`,
    });
  }

  async tryParts(key: string): Promise<void> {
    const uploads = new OpenUploads(this.#requests, this.#prefix + key, this.#named(key));
    const uploadId = await uploads.create();
    const isFound = (await uploads.list()).includes(uploadId);
    await uploads.abort(uploadId);
    if (!isFound)
      throw new UserError('store', `${this.address}: an upload in parts was begun, but is not listed`);
  }

  clockAhead(): number | undefined {
    return this.#requests.clockAhead;
  }

  /** Is the object there, with these bytes? */
  async #has(key: string, expected: Expected): Promise<boolean> {
    let answer;
    try {
      answer = await this.#requests.send({
        method: 'HEAD',
        key: this.#prefix + key,
        what: `look at ${this.#named(key)}`,
      });
    } catch (error) {
      return absent(error) !== undefined;
    }
    if (Number(answer.headers['content-length']) !== expected.bytes) return false;
    if (unquoted(answer.headers.etag) === expected.etag) return true;
    // encrypted by a key service, or of a gateway: the ETag is no MD5, or the object is another one
    const hash = createHash('sha256');
    for await (const chunk of this.open(key)) hash.update(chunk);
    return hash.digest('hex') === (await expected.sha256());
  }

  async #prove(key: string, expected: Expected): Promise<void> {
    if (await this.#has(key, expected)) return;
    throw new UserError('store', `${this.#named(key)} was accepted, but is not there as it was sent`, {
      help: 'The server lost or changed it. What is in the spool stays there; run the command again.',
    });
  }

  #named(key: string): string {
    return `${this.address.replace(/\/$/, '')}/${key}`;
  }
}

function absent(error: unknown): undefined {
  const isAbsent = error instanceof S3Failure && error.status === 404 && error.s3Code !== 'NoSuchBucket';
  if (isAbsent) return undefined;
  throw error;
}

function unquoted(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '').toLowerCase();
}

function base64(hexadecimal: string): string {
  return Buffer.from(hexadecimal, 'hex').toString('base64');
}
