/** A module that a plugin may import without bringing it along. */
export type ProvidedModule =
  /** A package of npm, bundled by itself into one file that is loaded when a plugin first imports it. */
  | { kind: 'library'; version: string }
  /** Node's own. */
  | { kind: 'node' }
  /** Hoglet's own, with the interface of that version of the package. */
  | { kind: 'own'; version: string };

/**
 * All that plugins may import, by name: what PostHog gave them. A library stays at the newest version that still takes the calls of the
 * plugins written then; versions are those of package.json.
 */
export const PROVIDED_MODULES = {
  '@google-cloud/bigquery': { kind: 'library', version: '7.9.4' },
  '@google-cloud/pubsub': { kind: 'library', version: '4.11.0' },
  '@google-cloud/storage': { kind: 'library', version: '7.22.0' },
  '@posthog/plugin-contrib': { kind: 'own', version: '0.0.5' },
  '@posthog/plugin-scaffold': { kind: 'own', version: '1.7.1' },
  'aws-sdk': { kind: 'library', version: '2.1693.0' },
  crypto: { kind: 'node' },
  // 6.6.6 is no release: its author emptied the package.
  faker: { kind: 'library', version: '5.5.3' },
  'generic-pool': { kind: 'library', version: '3.9.0' },
  jsonwebtoken: { kind: 'library', version: '9.0.3' },
  'node-fetch': { kind: 'own', version: '2.7.0' },
  pg: { kind: 'library', version: '8.23.1' },
  'snowflake-sdk': { kind: 'library', version: '1.15.0' },
  stream: { kind: 'node' },
  url: { kind: 'node' },
  zlib: { kind: 'node' },
} as const satisfies Record<string, ProvidedModule>;

export type ModuleName = keyof typeof PROVIDED_MODULES;
/** The names of the modules of one kind. */
export type ModulesOf<Kind extends ProvidedModule['kind']> = {
  [Name in ModuleName]: (typeof PROVIDED_MODULES)[Name]['kind'] extends Kind ? Name : never;
}[ModuleName];
export type LibraryName = ModulesOf<'library'>;

export const LIBRARY_NAMES = (Object.keys(PROVIDED_MODULES) as ModuleName[]).filter(isLibrary);

export function isProvided(name: string): name is ModuleName {
  return Object.hasOwn(PROVIDED_MODULES, name);
}

export function isLibrary(name: ModuleName): name is LibraryName {
  return PROVIDED_MODULES[name].kind === 'library';
}

/** The file of a library within the folder of bundles. */
export function libraryFile(name: LibraryName): string {
  return `${name.replace('@', '').replace('/', '-')}.js`;
}
