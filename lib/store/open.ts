import type { Objects } from '../model/objects.ts';
import { StoreError } from './error.ts';
import { createFolder } from './folder.ts';
import { checkPrefix } from './key.ts';

/** A folder, or `s3://bucket/prefix`. */
export async function openStore(location: string): Promise<Objects> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(location)?.[1];
  if (scheme === undefined) return createFolder(location);
  if (scheme !== 's3') {
    throw new StoreError(`${location}: a store is a folder or s3://bucket/prefix; ${scheme}:// is not known`);
  }
  const [, bucket, rest] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(location) ?? [];
  if (bucket === undefined) {
    throw new StoreError(`${location}: no bucket name; write s3://bucket/prefix (3 to 63 of a-z, 0-9, dot, hyphen)`);
  }
  const prefix = checkPrefix((rest ?? '').replace(/\/+$/, ''));
  // The AWS client costs 60 ms and 40 MB; a run on a folder need not pay.
  const { createS3 } = await import('./s3.ts');
  return createS3({ bucket, prefix });
}
