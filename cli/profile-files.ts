import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Profile, ProfileFile } from './resolve-config.ts';
import { UsageError } from './usage-error.ts';

const profileFile = z.object({
  default: z.string().optional(),
  profiles: z.record(z.string(), z.object({ url: z.string(), token: z.string() })).default({}),
});

export interface ProfilePlaces {
  /** The user's own, which `hoglet` writes. */
  own: string;
  /** Written by `hoglet dev` when a stack starts on this machine. */
  local: string;
}

export function profilePlaces(env: Record<string, string | undefined>): ProfilePlaces {
  const configFolder = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? '.', '.config');
  return {
    own: env['HOGLET_PROFILES'] ?? join(configFolder, 'hoglet/profiles.json'),
    local: join(localState(env), 'profiles.json'),
  };
}

/** The folder in which the stack on this machine keeps what it keeps: `.hoglet` of the checkout unless `HOGLET_STATE` names another. */
export function localState(env: Record<string, string | undefined>): string {
  return resolve(env['HOGLET_STATE'] ?? join(import.meta.dirname, '../.hoglet'));
}

/** Reads both files as one; the user's own wins. @throws UsageError when one is there and cannot be used */
export async function readProfiles({ own, local }: ProfilePlaces): Promise<ProfileFile> {
  const [ownFile, localFile] = await Promise.all([readOne(own), readOne(local)]);
  const standard = ownFile.default ?? localFile.default;
  return {
    ...(standard === undefined ? {} : { default: standard }),
    profiles: { ...localFile.profiles, ...ownFile.profiles },
  };
}

/** Adds or replaces a profile in the user's own file, which nobody else may read. */
export async function saveProfile(path: string, name: string, profile: Profile): Promise<void> {
  const file = await readOne(path);
  const changed = { default: name, ...file, profiles: { ...file.profiles, [name]: profile } };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(changed, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
}

async function readOne(path: string): Promise<ProfileFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { profiles: {} };
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    const { default: standard, profiles } = profileFile.parse(JSON.parse(text));
    return { ...(standard === undefined ? {} : { default: standard }), profiles };
  } catch {
    // What is wrong with it may be a token.
    throw new UsageError(`${path} must be JSON such as {"profiles":{"local":{"url":"http://…","token":"…"}}}.`);
  }
}
