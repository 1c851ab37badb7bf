import { S3Failure } from './failure.ts';
import { required, type S3Requests } from './requests.ts';
import { elementsOf, textOf } from './xml.ts';

/** The unfinished uploads in parts of one key. */
export class OpenUploads {
  readonly #requests: S3Requests;
  readonly #key: string;
  readonly #named: string;

  constructor(requests: S3Requests, key: string, named: string) {
    this.#requests = requests;
    this.#key = key;
    this.#named = named;
  }

  async create(): Promise<string> {
    const what = `begin the upload of ${this.#named}`;
    const answer = await this.#requests.send({
      method: 'POST',
      key: this.#key,
      query: { uploads: '' },
      headers: { 'content-type': 'application/octet-stream' },
      what,
    });
    return required(answer, 'UploadId', what);
  }

  async list(): Promise<string[]> {
    const answer = await this.#requests.send({
      method: 'GET',
      key: '',
      query: { uploads: '', prefix: this.#key },
      what: `list the unfinished uploads of ${this.#named}`,
    });
    return elementsOf(answer.body.toString(), 'Upload')
      .filter((upload) => textOf(upload, 'Key') === this.#key)
      .map((upload) => textOf(upload, 'UploadId') ?? '')
      .filter((uploadId) => uploadId !== '');
  }

  async abort(uploadId: string): Promise<void> {
    try {
      await this.#requests.send({
        method: 'DELETE',
        key: this.#key,
        query: { uploadId },
        what: `abort an upload of ${this.#named}`,
      });
    } catch (error) {
      if (!isNoSuchUpload(error)) throw error;
    }
  }
}

export function isNoSuchUpload(error: unknown): boolean {
  return error instanceof S3Failure && (error.s3Code === 'NoSuchUpload' || error.status === 404);
}
