import { DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { World } from './world.ts';

/** What runs leave in the assets bucket; code and attachments of plugins are not among it. */
const PREFIXES = ['values/', 'job-payloads/', 'exports/'];

/** The first characters of each object, by its key: enough to tell which it is. */
const SHOWN_CHARACTERS = 20;

async function keysLeft({ aws, output }: World): Promise<string[]> {
  const pages = await Promise.all(
    PREFIXES.map((Prefix) => aws.s3.send(new ListObjectsV2Command({ Bucket: output('AssetsBucketName'), Prefix }))),
  );
  return pages.flatMap(({ Contents = [] }) => Contents.map(({ Key = '' }) => Key));
}

/** What is left of a run, by key. */
export async function readObjects(world: World): Promise<Map<string, string>> {
  const { aws, output } = world;
  const objects = new Map<string, string>();
  for (const Key of await keysLeft(world)) {
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: output('AssetsBucketName'), Key }));
    objects.set(Key, ((await Body?.transformToString('latin1')) ?? '').slice(0, SHOWN_CHARACTERS));
  }
  return objects;
}

export async function deleteObjects(world: World): Promise<void> {
  const Objects = (await keysLeft(world)).map((Key) => ({ Key }));
  if (Objects.length === 0) return;
  await world.aws.s3.send(new DeleteObjectsCommand({ Bucket: world.output('AssetsBucketName'), Delete: { Objects } }));
}
