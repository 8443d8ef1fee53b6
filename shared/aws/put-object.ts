import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** Writes a whole object, over one that is there. @throws an error that names bucket and key; its cause is S3's. */
export async function putObject(
  s3: Pick<S3Client, 'send'>,
  bucket: string,
  key: string,
  content: Uint8Array,
  contentType?: string,
): Promise<void> {
  try {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentType: contentType }));
  } catch (cause) {
    const { name, message } = cause as Error;
    throw new Error(`Cannot write s3://${bucket}/${key}: ${name}: ${message}`, { cause });
  }
}
