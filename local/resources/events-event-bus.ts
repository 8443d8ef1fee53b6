import type { ResourceType } from './resource-type.ts';
import { physicalName } from './resource-type.ts';

export const eventsEventBus: ResourceType = {
  type: 'AWS::Events::EventBus',
  properties: {
    Name: { honoured: 'the name of the bus' },
    Description: { accepted: 'for people' },
    KmsKeyIdentifier: { accepted: 'nothing is encrypted on this machine' },
    Policy: { accepted: 'there is no IAM on this machine: every request is allowed' },
    Tags: { accepted: 'nothing reads tags here' },
  },
  create(resource, world) {
    const name = String(resource.properties['Name'] ?? physicalName(resource, world));
    return { ref: name, attributes: { Arn: world.eventBuses.addBus(name), Name: name } };
  },
};
