import semver from 'semver';

interface Tag {
  name: string;
  sha: string;
}

interface VersionTag {
  /** What stands before the version: `v`, `plugin-`. */
  prefix: string;
  version: semver.SemVer;
}

/**
 * Finds the tag with the highest version among those that are named like this one: same prefix, and a prerelease only if it is one
 * itself. Null when the tag is no version, or none is higher.
 */
export function newestVersionTag(name: string, tags: readonly Tag[]): Tag | null {
  const current = readVersionTag(name);
  if (current === null) return null;
  let newest: { tag: Tag; version: semver.SemVer } | null = null;
  for (const tag of tags) {
    const found = readVersionTag(tag.name);
    if (found === null || found.prefix !== current.prefix) continue;
    if (found.version.prerelease.length > 0 && current.version.prerelease.length === 0) continue;
    if (found.version.compare(newest?.version ?? current.version) > 0) newest = { tag, version: found.version };
  }
  return newest?.tag ?? null;
}

export function isVersionTag(name: string): boolean {
  return readVersionTag(name) !== null;
}

const VERSION_TAG = /^(.*?)(\d+)\.(\d+)(?:\.(\d+))?(-[\w.-]+)?(\+[\w.-]+)?$/;

function readVersionTag(name: string): VersionTag | null {
  const [, prefix, major, minor, patch = '0', prerelease = ''] = VERSION_TAG.exec(name) ?? [];
  const version = semver.parse(`${major}.${minor}.${patch}${prerelease}`);
  return prefix === undefined || version === null ? null : { prefix, version };
}
