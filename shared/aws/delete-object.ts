import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** Deletes an object; one that is not there is as good as deleted. @throws an error that names bucket and key; its cause is S3's. */
export async function deleteObject(s3: Pick<S3Client, 'send'>, bucket: string, key: string): Promise<void> {
  try {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  } catch (cause) {
    const { name, message } = cause as Error;
    throw new Error(`Cannot delete s3://${bucket}/${key}: ${name}: ${message}`, { cause });
  }
}
