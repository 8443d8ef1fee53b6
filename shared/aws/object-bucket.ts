import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';

/** Texts in a bucket, by key. */
export interface ObjectBucket {
  put(key: string, text: string): Promise<void>;
  /** Null when there is no such object: S3 says 404 then, or 403 to those who may not list the bucket. */
  get(key: string): Promise<string | null>;
  /** Those that are not there are gone already. */
  remove(keys: readonly string[]): Promise<void>;
  list(prefix: string): AsyncIterable<{ key: string; modified: Date }>;
}

/** S3's cap of one DeleteObjects. */
const MAX_KEYS_PER_REMOVAL = 1000;

export function createObjectBucket(s3: Pick<S3Client, 'send'>, bucket: string): ObjectBucket {
  return {
    async put(key, text) {
      await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ContentType: 'text/plain; charset=utf-8' }),
      );
    },

    async get(key) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return (await Body?.transformToString('utf-8')) ?? '';
      } catch (error) {
        const { name } = error as Error;
        if (name === 'NoSuchKey' || name === 'AccessDenied') return null;
        throw error;
      }
    },

    async remove(keys) {
      for (let start = 0; start < keys.length; start += MAX_KEYS_PER_REMOVAL) {
        const Objects = keys.slice(start, start + MAX_KEYS_PER_REMOVAL).map((Key) => ({ Key }));
        await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
      }
    },

    async *list(prefix) {
      let token: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
        );
        for (const { Key, LastModified } of page.Contents ?? []) {
          if (Key !== undefined) yield { key: Key, modified: LastModified ?? new Date(0) };
        }
        token = page.NextContinuationToken;
      } while (token !== undefined);
    },
  };
}
