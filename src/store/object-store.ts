/** What a listing says of an object. */
export interface ObjectInfo {
  key: string;
  bytes: number;
  /** As the server gives it, without quotes: of most the MD5 of the content, or of its parts. */
  etag: string;
  /** When it was written, in milliseconds since the epoch. */
  modified: number;
}

/** What a resumable upload has to remember on disk, so that another process goes on with it. */
export interface UploadRecord {
  read(): UploadState | undefined;
  write(state: UploadState): void;
}

export interface UploadState {
  key: string;
  uploadId: string;
  partBytes: number;
}

/** `refused`: the store cannot do it. */
export type Creation = 'created' | 'exists' | 'refused';

/** A place for objects under keys: a bucket with a prefix, or a directory. Every key is relative to it. */
export interface ObjectStore {
  /** As the user names it, for messages. */
  readonly address: string;
  /** Distinguishes it from every other store, where reading it is slow enough to be remembered. */
  readonly distinct?: string;
  /** In the order of the keys; those that come after `after`, where that is given. */
  list(prefix: string, after?: string): AsyncIterable<ObjectInfo>;
  /** undefined where there is no such object. */
  read(key: string): Promise<Buffer | undefined>;
  /** Throws where there is no such object. */
  open(key: string): AsyncIterable<Buffer>;
  /** Writes a small object; when it returns, the store has been seen to have exactly these bytes. */
  write(key: string, bytes: Buffer, contentType: string): Promise<void>;
  /** Writes a small object where there is none yet, or none but the same. Not every store decides between two that come together. */
  create(key: string, bytes: Buffer, contentType: string): Promise<Creation>;
  /** Writes a file of any size as `write` does; what an earlier call has sent already is not sent again. */
  upload(key: string, file: string, record: UploadRecord): Promise<void>;
  remove(key: string): Promise<void>;
  /** Begins an upload in parts and aborts it, where large objects are written in another way than small ones. */
  tryParts?(key: string): Promise<void>;
  /** How far its clock is ahead of ours, in milliseconds, where the last answer said it. */
  clockAhead?(): number | undefined;
}
