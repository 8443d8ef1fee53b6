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
