import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { deleteObject } from './delete-object.ts';
import { putObject } from './put-object.ts';
import { readObjectIfChanged } from './read-object.ts';

/** A file that was sent in parts, as whoever uses it names it. */
export interface UploadedFile {
  id: string;
  parts: number;
  /** Of the whole file, hex. */
  sha256: string;
}

/** What is not as it was said. */
export type UploadProblem = 'part_missing' | 'too_large' | 'other_content';

/** Files on their way in: each part is an object, which expires after a day. An upload belongs to one owner; nobody else finds it. */
export interface Uploads {
  /** Stores a part over one that is there: a part that is sent twice is one part. */
  putPart(owner: string, uploadId: string, part: number, content: Uint8Array): Promise<void>;
  /** Gives the whole file, when it is what the hash says. */
  read(owner: string, file: UploadedFile, mostBytes: number): Promise<Buffer | UploadProblem>;
  /** What is left behind when this is not reached expires by itself. */
  remove(owner: string, file: UploadedFile): Promise<void>;
}

export interface UploadsDeps {
  s3: Pick<S3Client, 'send'>;
  bucket: string;
}

export function createUploads({ s3, bucket }: UploadsDeps): Uploads {
  const key = (owner: string, uploadId: string, part: number) => `uploads/${owner}/${uploadId}/${part}`;
  const keys = (owner: string, { id, parts }: UploadedFile) =>
    Array.from({ length: parts }, (_, part) => key(owner, id, part));

  return {
    putPart: (owner, uploadId, part, content) => putObject(s3, bucket, key(owner, uploadId, part), content),

    async read(owner, file, mostBytes) {
      const contents: Buffer[] = [];
      let bytes = 0;
      for (const each of keys(owner, file)) {
        const part = await readObjectIfChanged(s3, bucket, each, undefined);
        if (part === null || part === 'unchanged') return 'part_missing';
        bytes += part.content.byteLength;
        if (bytes > mostBytes) return 'too_large';
        contents.push(part.content);
      }
      const whole = Buffer.concat(contents);
      return createHash('sha256').update(whole).digest('hex') === file.sha256 ? whole : 'other_content';
    },

    async remove(owner, file) {
      await Promise.all(keys(owner, file).map((each) => deleteObject(s3, bucket, each)));
    },
  };
}
