import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { UploadRecord, UploadState } from '../object-store.ts';
import { isNoSuchUpload, OpenUploads } from './open-uploads.ts';
import type { S3Requests } from './requests.ts';
import { elementsOf, textOf } from './xml.ts';

/** S3 takes parts of 5 MiB and more (but for the last), and 10,000 of them. */
const SMALLEST_PART = 8 * 1024 * 1024;
const MOST_PARTS = 10_000;

interface Part {
  number: number;
  etag: string;
}

/** How large the parts of a file of that size are: the same for the same size, so that another process can go on. */
export function partBytesFor(size: number): number {
  return Math.max(SMALLEST_PART, Math.ceil(size / MOST_PARTS / (1 << 20)) * (1 << 20));
}

/** The upload of one file in parts, which another process can finish. */
export class MultipartUpload {
  readonly #requests: S3Requests;
  readonly #key: string;
  readonly #file: string;
  readonly #named: string;
  readonly #uploads: OpenUploads;
  readonly #partBytes: number;
  readonly #parts: number;
  /** The MD5 of each part of the file, by its number. */
  #sums: string[] | undefined;

  constructor(requests: S3Requests, key: string, file: string, named: string) {
    const { size } = statSync(file);
    this.#requests = requests;
    this.#key = key;
    this.#file = file;
    this.#named = named;
    this.#uploads = new OpenUploads(requests, key, named);
    this.#partBytes = partBytesFor(size);
    this.#parts = Math.ceil(size / this.#partBytes);
  }

  /** The ETag of the whole: the MD5 of the parts' MD5s, and their number. */
  async etag(): Promise<string> {
    const hash = createHash('md5');
    for (const sum of await this.#partSums()) hash.update(Buffer.from(sum, 'hex'));
    return `${hash.digest('hex')}-${this.#parts}`;
  }

  /** Sends what the server does not have yet, and completes. The server has to be asked afterwards what it has. */
  async send(record: UploadRecord): Promise<void> {
    const state = await this.#resumed(record);
    const { uploadId } = state;
    const sums = await this.#partSums();
    const there = new Map((await this.#listParts(uploadId)).map(({ number, etag }) => [number, etag]));
    const parts: Part[] = [];
    for (let number = 1; number <= this.#parts; number += 1) {
      const sum = sums[number - 1] ?? '';
      const etag = there.get(number);
      parts.push({ number, etag: etag === sum ? etag : await this.#sendPart(uploadId, number, sum) });
    }
    await this.#complete(uploadId, parts);
  }

  /** Aborts every open upload of this key: the object is there. A lost answer or a killed process can leave several. */
  async abortOthers(): Promise<void> {
    for (const uploadId of await this.#uploads.list()) await this.#uploads.abort(uploadId);
  }

  /** The upload that is recorded, else one that the server knows of, else a new one. */
  async #resumed(record: UploadRecord): Promise<UploadState> {
    const recorded = record.read();
    const unfinished = await this.#uploads.list();
    const uploadId =
      recorded?.key === this.#key &&
      recorded.partBytes === this.#partBytes &&
      unfinished.includes(recorded.uploadId)
        ? recorded.uploadId
        : (unfinished[0] ?? (await this.#uploads.create()));
    const state = { key: this.#key, uploadId, partBytes: this.#partBytes };
    record.write(state);
    return state;
  }

  async #sendPart(uploadId: string, number: number, sum: string): Promise<string> {
    const body = await this.#readPart(number);
    const answer = await this.#requests.send({
      method: 'PUT',
      key: this.#key,
      query: { partNumber: String(number), uploadId },
      headers: { 'content-md5': Buffer.from(sum, 'hex').toString('base64') },
      body,
      what: `send part ${number} of ${this.#named}`,
    });
    return (answer.headers.etag ?? sum).replaceAll('"', '');
  }

  async #complete(uploadId: string, parts: readonly Part[]): Promise<void> {
    const body = parts
      .map(({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag></Part>`)
      .join('');
    try {
      await this.#requests.send({
        method: 'POST',
        key: this.#key,
        query: { uploadId },
        headers: { 'content-type': 'application/xml' },
        body: Buffer.from(
          `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${body}</CompleteMultipartUpload>`,
        ),
        what: `complete the upload of ${this.#named}`,
      });
    } catch (error) {
      // done already, and the answer was lost: what is there is looked at next
      if (!isNoSuchUpload(error)) throw error;
    }
  }

  async #listParts(uploadId: string): Promise<Part[]> {
    const parts: Part[] = [];
    let marker: string | undefined;
    do {
      const answer = await this.#requests.send({
        method: 'GET',
        key: this.#key,
        query: { uploadId, ...(marker === undefined ? {} : { 'part-number-marker': marker }) },
        what: `list the parts of ${this.#named}`,
      });
      const text = answer.body.toString();
      for (const part of elementsOf(text, 'Part')) {
        const etag = (textOf(part, 'ETag') ?? '').replaceAll('"', '');
        parts.push({ number: Number(textOf(part, 'PartNumber')), etag });
      }
      marker = textOf(text, 'IsTruncated') === 'true' ? textOf(text, 'NextPartNumberMarker') : undefined;
    } while (marker !== undefined);
    return parts;
  }

  async #partSums(): Promise<readonly string[]> {
    if (this.#sums !== undefined) return this.#sums;
    const sums: string[] = [];
    for (let number = 1; number <= this.#parts; number += 1)
      sums.push(
        createHash('md5')
          .update(await this.#readPart(number))
          .digest('hex'),
      );
    return (this.#sums = sums);
  }

  async #readPart(number: number): Promise<Buffer> {
    const file = await open(this.#file);
    try {
      const { size } = await file.stat();
      const start = (number - 1) * this.#partBytes;
      const buffer = Buffer.alloc(Math.max(0, Math.min(this.#partBytes, size - start)));
      let done = 0;
      while (done < buffer.length) {
        const { bytesRead } = await file.read(buffer, done, buffer.length - done, start + done);
        if (bytesRead === 0) throw new Error(`${this.#file} became shorter while it was sent`);
        done += bytesRead;
      }
      return buffer;
    } finally {
      await file.close();
    }
  }
}
