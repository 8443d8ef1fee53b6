import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/**
 * Reads a whole object of a bucket into memory.
 *
 * @throws an error that names bucket and key; its cause is S3's, `NoSuchKey` when there is no such object.
 */
export async function readObject(s3: Pick<S3Client, 'send'>, bucket: string, key: string): Promise<Uint8Array> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (Body === undefined) throw new Error('S3 answered without a body');
    return await Body.transformToByteArray();
  } catch (cause) {
    const { name, message } = cause as Error;
    throw new Error(`Cannot read s3://${bucket}/${key}: ${name}: ${message}`, { cause });
  }
}

/** An object's content, and its ETag. */
export interface TaggedObject {
  tag: string;
  content: Buffer;
}

/**
 * Reads an object unless it still has the ETag. Gives null when there is none: S3 says 404 then, or 403 to those who may not list the bucket.
 *
 * @throws as `readObject` for all else.
 */
export async function readObjectIfChanged(
  s3: Pick<S3Client, 'send'>,
  bucket: string,
  key: string,
  knownTag: string | undefined,
): Promise<TaggedObject | 'unchanged' | null> {
  try {
    const { Body, ETag } = await s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, ...(knownTag === undefined ? {} : { IfNoneMatch: knownTag }) }),
    );
    if (Body === undefined || ETag === undefined) throw new Error('S3 answered without a body or an ETag');
    const bytes = await Body.transformToByteArray();
    return { tag: ETag, content: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  } catch (cause) {
    const { name, message, $metadata } = cause as Error & { $metadata?: { httpStatusCode?: number } };
    if ($metadata?.httpStatusCode === 304) return 'unchanged';
    if ($metadata?.httpStatusCode === 404 || $metadata?.httpStatusCode === 403) return null;
    throw new Error(`Cannot read s3://${bucket}/${key}: ${name}: ${message}`, { cause });
  }
}
