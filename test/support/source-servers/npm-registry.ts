import { createHash } from 'node:crypto';
import semver from 'semver';
import type { SourceFiles } from './git-store.ts';
import { tgzOf } from './make-tar.ts';
import { type SourceServer, startSourceServer } from './source-server.ts';

export interface NpmRegistry extends SourceServer {
  /** Publishes a version under a dist-tag. */
  publish(name: string, version: string, files: SourceFiles, tag?: string): void;
  /** Opens the package to whoever has the token alone. */
  hide(name: string, token: string): void;
  /** Where archives are said to lie; by default, at the registry itself. */
  archives: { url: string | null };
  /** Changes what is announced of a version. */
  announce(name: string, version: string, dist: Record<string, string | undefined>): void;
}

interface Package {
  token: string | null;
  tags: Record<string, string>;
  versions: Map<string, { archive: Buffer; dist: Record<string, string | undefined> }>;
}

/** npm's registry, as far as it takes to install: packages in the short form, archives; 404 for what is private. */
export async function startNpmRegistry(): Promise<NpmRegistry> {
  const packages = new Map<string, Package>();
  const archives: NpmRegistry['archives'] = { url: null };
  const get = (name: string): Package => packages.get(name) ?? { token: null, tags: {}, versions: new Map() };

  const server = await startSourceServer(({ path, token, headers }) => {
    const [name = '', file] = decodeURIComponent(path.slice(1)).split('/-/');
    const known = packages.get(name);
    if (known === undefined || (known.token !== null && known.token !== token)) return null;
    if (file !== undefined) {
      const version = file.slice(`${name.split('/').at(-1)}-`.length, -'.tgz'.length);
      const found = known.versions.get(version);
      return found === undefined ? null : { body: found.archive };
    }
    if (headers.accept?.includes('application/vnd.npm.install-v1+json') !== true) return { status: 406 };
    const base = archives.url ?? server.url;
    const versions = Object.fromEntries(
      [...known.versions].map(([version, { dist }]) => {
        const tarball = `${base}/${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
        return [version, { name, version, dist: { tarball, ...dist } }];
      }),
    );
    const body = JSON.stringify({ name, 'dist-tags': known.tags, versions });
    return { body, headers: { etag: `"${createHash('sha1').update(body).digest('hex')}"` } };
  });

  return {
    ...server,
    archives,
    publish(name, version, files, tag = 'latest') {
      const known = get(name);
      packages.set(name, known);
      const archive = tgzOf(files, 'package/');
      const hash = (algorithm: string) => createHash(algorithm).update(archive);
      const dist = { integrity: `sha512-${hash('sha512').digest('base64')}`, shasum: hash('sha1').digest('hex') };
      known.versions.set(version, { archive, dist });
      // As npm does it, whoever publishes an older line by mistake moves the tag back.
      if (semver.valid(version) !== null) known.tags[tag] = version;
    },
    hide(name, token) {
      get(name).token = token;
    },
    announce(name, version, dist) {
      Object.assign(get(name).versions.get(version)?.dist ?? {}, dist);
    },
  };
}
