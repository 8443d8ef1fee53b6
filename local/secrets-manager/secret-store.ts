import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceError } from '../servers/json-server.ts';

export interface SecretVersion {
  id: string;
  text: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** `AWSCURRENT`, `AWSPREVIOUS`; a version without stages is as good as gone. */
  stages: string[];
}

export interface Secret {
  arn: string;
  name: string;
  description?: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  versions: SecretVersion[];
}

/** The secrets of a stack. */
export interface SecretStore {
  /** @throws ServiceError `ResourceNotFoundException` */
  find(nameOrArn: string): Secret;
  has(name: string): boolean;
  /** Makes a secret, with its first text. */
  create(secret: Omit<Secret, 'versions'>, text: string, versionId: string): Secret;
  /** Makes a text the current one; the one it was stays readable as the previous one. The same version twice is one. */
  put(nameOrArn: string, text: string, versionId: string): SecretVersion;
}

/** Stages as Secrets Manager moves them by itself. */
const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

/** @param directory secrets are in memory when it is not given */
export function createSecretStore(now: () => number, directory?: string): SecretStore {
  const secrets = new Map(directory === undefined ? [] : readAll(directory).map((secret) => [secret.name, secret]));

  const keep = (secret: Secret): void => {
    secrets.set(secret.name, secret);
    if (directory === undefined) return;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${encodeURIComponent(secret.name)}.json`);
    // A process that is killed leaves the old file or the new one.
    writeFileSync(`${path}.new`, JSON.stringify(secret), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };

  const find = (nameOrArn: string): Secret => {
    const secret = [...secrets.values()].find(({ arn, name }) => arn === nameOrArn || name === nameOrArn);
    if (secret === undefined)
      throw new ServiceError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return secret;
  };

  return {
    find,
    has: (name) => secrets.has(name),

    create(given, text, versionId) {
      const secret = { ...given, versions: [{ id: versionId, text, createdAt: now(), stages: [CURRENT] }] };
      keep(secret);
      return secret;
    },

    put(nameOrArn, text, versionId) {
      const secret = find(nameOrArn);
      const known = secret.versions.find(({ id }) => id === versionId);
      if (known !== undefined) {
        if (known.text === text) return known;
        throw new ServiceError('ResourceExistsException', `The version ${versionId} has another value already.`);
      }
      const version: SecretVersion = { id: versionId, text, createdAt: now(), stages: [CURRENT] };
      const moved = secret.versions.map((each) => ({
        ...each,
        stages: each.stages.includes(CURRENT) ? [PREVIOUS] : each.stages.filter((stage) => stage !== PREVIOUS),
      }));
      keep({ ...secret, versions: [...moved, version] });
      return version;
    },
  };
}

function readAll(directory: string): Secret[] {
  let files: string[];
  try {
    files = readdirSync(directory);
  } catch {
    // The first run.
    return [];
  }
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as Secret);
}
