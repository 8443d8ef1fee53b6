import { randomBytes, randomUUID } from 'node:crypto';
import { createAwsClients } from '../../shared/aws/clients.ts';
import { createApiTokens } from '../../shared/registry/api-tokens.ts';
import { profilePlaces, saveProfile } from '../profile-files.ts';
import { UsageError } from '../usage-error.ts';

export interface BootstrapOptions {
  /** Name of the registry table. */
  table: string;
  region?: string;
  /** Name of the profile to keep it in. */
  save?: string;
  /** Of the API, for the profile. */
  url?: string;
}

/** Writes the hash of a new admin token into the registry, with whatever AWS credentials there are. Gives what to show. */
export async function bootstrapToken(
  { table, region, save, url }: BootstrapOptions,
  env: Record<string, string | undefined>,
): Promise<string> {
  if (save !== undefined && url === undefined)
    throw new UsageError(
      'A profile needs the URL of the API, too: give --url, which `npm run deploy` prints as AdminUrl.',
    );
  const clients = createAwsClients({
    ...(region === undefined ? {} : { region }),
    endpoints: { dynamodb: env['AWS_ENDPOINT_URL_DYNAMODB'] },
  });
  try {
    const { dynamodb } = clients;
    const tokens = createApiTokens({ dynamodb, table, now: Date.now, newId: randomUUID, randomBytes });
    const { token } = await tokens.create({ name: 'bootstrap', scopes: ['admin'], projects: 'all' });
    if (save === undefined || url === undefined) return `${token}\n`;
    const { own } = profilePlaces(env);
    await saveProfile(own, save, { url, token });
    return `The token is kept in the profile "${save}" of ${own}.\n`;
  } catch (error) {
    const { name, message } = error as Error;
    throw new UsageError(
      `No token could be written into the table ${table}: ${name}: ${message}. Check --table, --region and your AWS credentials.`,
    );
  } finally {
    clients.destroy();
  }
}
