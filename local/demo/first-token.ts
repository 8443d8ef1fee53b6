import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createAwsClients } from '../../shared/aws/clients.ts';
import { createApiTokens } from '../../shared/registry/api-tokens.ts';
import type { LocalStack } from '../start-local-stack.ts';

interface ProfileFile {
  profiles?: { local?: { url?: string; token?: string } };
}

/**
 * Keeps a profile for the command `hoglet`, with the URL of this stack's API and an admin token. The token is made when there is none yet, or
 * none that the registry knows, as after `--fresh`; only then is it given, to be shown once.
 *
 * @param file `profiles.json` of the state directory, which only its owner can read
 */
export async function firstToken(stack: LocalStack, file: string): Promise<string | null> {
  const { region, credentials, endpoints, outputs } = stack;
  const { AdminUrl: url, RegistryTableName: table = '' } = outputs;
  if (url === undefined) return null;
  const clients = createAwsClients({ region, credentials, endpoints });
  try {
    const { dynamodb } = clients;
    const tokens = createApiTokens({ dynamodb, table, now: Date.now, newId: randomUUID, randomBytes });
    const kept = (await readProfile(file))?.token;
    const isKnown = kept !== undefined && (await tokens.find(kept)) !== null;
    const token = isKnown
      ? kept
      : (await tokens.create({ name: 'npm start', scopes: ['admin'], projects: 'all' })).token;
    await writeFile(file, `${JSON.stringify({ profiles: { local: { url, token } } }, null, 2)}\n`, { mode: 0o600 });
    return isKnown ? null : token;
  } finally {
    clients.destroy();
  }
}

/** The profile that is kept; undefined when there is none. */
export async function readProfile(file: string) {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as ProfileFile).profiles?.local;
  } catch {
    // Not there, or not to be used: then there is a new one.
    return undefined;
  }
}
