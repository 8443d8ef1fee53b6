import type { ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

const policyDocument = { accepted: 'there is no IAM on this machine: every request is allowed' };

/** Resource types that other resources refer to, but that do nothing on a developer's machine. */
export const iamRole: ResourceType = {
  type: 'AWS::IAM::Role',
  properties: {
    RoleName: { honoured: 'part of the ARN' },
    AssumeRolePolicyDocument: policyDocument,
    ManagedPolicyArns: policyDocument,
    Policies: policyDocument,
    PermissionsBoundary: policyDocument,
    Description: { accepted: 'for people' },
    MaxSessionDuration: policyDocument,
    Tags: { accepted: 'nothing reads tags here' },
  },
  create(resource, world) {
    const name = String(resource.properties['RoleName'] ?? physicalName(resource, world).slice(0, 64));
    return { ref: name, attributes: { Arn: `arn:aws:iam::${world.accountId}:role/${name}` } };
  },
};

export const iamPolicy: ResourceType = {
  type: 'AWS::IAM::Policy',
  properties: { PolicyName: policyDocument, PolicyDocument: policyDocument, Roles: policyDocument },
  create: (resource, world) => ({ ref: physicalName(resource, world) }),
};

export const sqsQueuePolicy: ResourceType = {
  type: 'AWS::SQS::QueuePolicy',
  properties: { PolicyDocument: policyDocument, Queues: policyDocument },
  create: (resource, world) => ({ ref: physicalName(resource, world) }),
};

export const s3BucketPolicy: ResourceType = {
  type: 'AWS::S3::BucketPolicy',
  properties: { PolicyDocument: policyDocument, Bucket: policyDocument },
  create: (resource, world) => ({ ref: physicalName(resource, world) }),
};

export const logsLogGroup: ResourceType = {
  type: 'AWS::Logs::LogGroup',
  properties: {
    LogGroupName: { honoured: 'told to the functions that write to it' },
    RetentionInDays: { accepted: 'log files are kept until `--fresh`' },
    KmsKeyId: { accepted: 'nothing is encrypted on this machine' },
    LogGroupClass: { accepted: 'a matter of price' },
    Tags: { accepted: 'nothing reads tags here' },
  },
  create(resource, world) {
    const name = String(resource.properties['LogGroupName'] ?? physicalName(resource, world));
    return { ref: name, attributes: { Arn: `arn:aws:logs:${world.region}:${world.accountId}:log-group:${name}:*` } };
  },
};

export const logsResourcePolicy: ResourceType = {
  type: 'AWS::Logs::ResourcePolicy',
  properties: { PolicyName: policyDocument, PolicyDocument: policyDocument },
  create: (resource, world) => ({ ref: physicalName(resource, world) }),
};

export const cdkMetadata: ResourceType = {
  type: 'AWS::CDK::Metadata',
  properties: { Analytics: { accepted: 'the CDK counts its constructs with it' } },
  create: (resource, world) => ({ ref: physicalName(resource, world) }),
};
