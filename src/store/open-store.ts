import { resolve } from 'node:path';
import { usageError } from '../errors.ts';
import { DirectoryStore } from './directory-store.ts';
import type { ObjectStore } from './object-store.ts';

/** The store at `s3://BUCKET/PREFIX`, or the directory of that name. */
export async function openStore(address: string, cwd: string): Promise<ObjectStore> {
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined && address !== '') return new DirectoryStore(resolve(cwd, address), address);
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z\d][\w.-]{1,61}[a-z\d])(?:\/(.*))?$/i.exec(address) ?? [];
  if (bucket === undefined) {
    throw usageError(
      `${JSON.stringify(address)} is not the address of a store`,
      'Give s3://BUCKET/PREFIX or a directory.',
    );
  }
  const { S3Store } = await import('./s3/s3-store.ts');
  return S3Store.open(bucket, prefix, address);
}
