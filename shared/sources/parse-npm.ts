import semver from 'semver';
import type { NpmSource } from './plugin-source.ts';

const NAME = /^(?:@[a-z\d~-][a-z\d._~-]*\/)?[a-z\d~-][a-z\d._~-]*$/;
const MAX_NAME = 214;
const TAG = /^[A-Za-z][\w.-]*$/;

/** Reads `name`, `@scope/name`, each with `@version`, `@range` or `@tag`. Null when it is none of these. */
export function parseNpm(text: string): NpmSource | null {
  const at = text.indexOf('@', 1);
  const name = at === -1 ? text : text.slice(0, at);
  const spec = at === -1 ? 'latest' : text.slice(at + 1).trim();
  return npmSource(name, spec);
}

/** Reads the path of a URL at npmjs.com, in parts: `package/[@scope/]name[/v/version]`. */
export function parseNpmPage(parts: readonly string[]): NpmSource | null {
  const [first, ...rest] = parts;
  if (first !== 'package') return null;
  const name = rest.splice(0, rest[0]?.startsWith('@') && !rest[0].includes('/') ? 2 : 1).join('/');
  if (rest.length === 0) return npmSource(name, 'latest');
  return rest.length === 2 && rest[0] === 'v' ? npmSource(name, rest[1] as string) : null;
}

function npmSource(name: string, spec: string): NpmSource | null {
  if (!NAME.test(name) || name.length > MAX_NAME) return null;
  const isKnown = semver.validRange(spec) !== null || TAG.test(spec);
  return isKnown && spec !== '' && spec.length <= 100 ? { kind: 'npm', name, spec } : null;
}
