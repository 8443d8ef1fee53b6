import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { putObject } from '../aws/put-object.ts';
import { readObject } from '../aws/read-object.ts';
import { archiveKey, codeKey } from './registry-items.ts';

export interface ObjectPlace {
  s3: Pick<S3Client, 'send'>;
  bucket: string;
}

/** Stores what a version consists of, under the hashes of it: doing it again changes nothing. Gives the hash of the archive. */
export async function putVersionObjects(
  { s3, bucket }: ObjectPlace,
  { code, codeHash }: { code: string; codeHash: string },
  archive: Uint8Array | null,
): Promise<string | null> {
  const archiveHash = archive && sha256(archive);
  await Promise.all([
    putObject(s3, bucket, codeKey(codeHash), Buffer.from(code), 'text/javascript; charset=utf-8'),
    archive && archiveHash !== null && putObject(s3, bucket, archiveKey(archiveHash), archive),
  ]);
  return archiveHash;
}

/** @throws when the object is not there or is not what its hash says. */
export async function readVerified({ s3, bucket }: ObjectPlace, key: string, contentHash: string): Promise<Buffer> {
  const content = await readObject(s3, bucket, key);
  const actual = sha256(content);
  if (actual !== contentHash) {
    throw new Error(
      `s3://${bucket}/${key} has other content than its name says (sha256 ${actual}); install the plugin again`,
    );
  }
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
