type Json = Record<string, unknown>;

/** Traits that MaxMind's `City` always has, as booleans. */
const BOOLEAN_TRAITS = [
  'isAnonymous',
  'isAnonymousProxy',
  'isAnonymousVpn',
  'isHostingProvider',
  'isLegitimateProxy',
  'isPublicProxy',
  'isResidentialProxy',
  'isSatelliteProvider',
  'isTorExitNode',
];

/**
 * Makes the `City` that MaxMind's GeoIP2 library for Node gave plugins out of a database record: names in camel case except codes of
 * languages (`zh-CN`); `city`, `location`, `postal`, `subdivisions` and `traits` always there, empty at the least.
 */
export function cityOf(record: object): Json {
  const { registeredCountry, traits, ...rest } = inCamelCase(record) as Json;
  const flags = traits as Json | undefined;
  return {
    city: {},
    location: {},
    postal: {},
    subdivisions: [],
    ...rest,
    ...(registeredCountry === undefined
      ? {}
      : { registeredCountry: { isInEuropeanUnion: false, ...registeredCountry } }),
    traits: { ...Object.fromEntries(BOOLEAN_TRAITS.map((name) => [name, false])), ...flags },
  };
}

function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [camelCase(key), inCamelCase(inner)]));
}

function camelCase(key: string): string {
  return key.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
