import { createAwsClients } from '../../shared/aws/clients.ts';
import { createRegistryReader } from '../../shared/registry/registry-reader.ts';
import { createRegistryWriter } from '../../shared/registry/registry-writer.ts';
import type { LocalStack } from '../start-local-stack.ts';
import { installDemoProject } from './demo-project.ts';

/** Gives a stack whose registry is empty the demo project, so that the first event sent has plugins to run through. */
export async function installIntoEmpty({ region, credentials, endpoints, outputs }: LocalStack): Promise<void> {
  const clients = createAwsClients({ region, credentials, endpoints });
  try {
    const place = {
      dynamodb: clients.dynamodb,
      s3: clients.s3,
      table: outputs['RegistryTableName'] as string,
      bucket: outputs['AssetsBucketName'] as string,
    };
    if ((await createRegistryReader(place).readVersion()) > 0) return;
    await installDemoProject(createRegistryWriter({ ...place, now: Date.now }));
  } finally {
    clients.destroy();
  }
}
