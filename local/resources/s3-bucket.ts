import { CreateBucketCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import type { ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

export const s3Bucket: ResourceType = {
  type: 'AWS::S3::Bucket',
  properties: {
    BucketName: { honoured: 'the name of the bucket' },
    BucketEncryption: { accepted: 'nothing is encrypted on this machine' },
    PublicAccessBlockConfiguration: { accepted: 'the server listens on 127.0.0.1 only' },
    OwnershipControls: { accepted: 'there is one account here' },
    LifecycleConfiguration: { accepted: 'objects are kept until they are deleted' },
    Tags: { accepted: 'nothing reads tags here' },
  },

  async create(resource, world) {
    const generated = physicalName(resource, world)
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]/g, '-')
      .slice(0, 63);
    const name = String(resource.properties['BucketName'] ?? generated);
    try {
      await world.s3.send(new HeadBucketCommand({ Bucket: name }));
    } catch (error) {
      if ((error as Error).name !== 'NotFound') throw error;
      await world.s3.send(new CreateBucketCommand({ Bucket: name }));
    }
    return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } };
  },
};
