import type { RealmValues } from '../realm-values.ts';
import type { ApiAccess } from '../service-calls.ts';
import type { PluginFetch } from './fetch.ts';

export interface ApiOptions {
  /** Goes into the query of GET and DELETE, into the body of the others. */
  data?: Record<string, unknown>;
  host?: string;
  /** Both keys or none. */
  projectApiKey?: string;
  personalApiKey?: string;
}

/** Where a plugin's own keys are taken to, unless it names a host. */
const DEFAULT_HOST = 'https://app.posthog.com';

export interface ApiDeps {
  /** The plugin's own fetch, so that its requests obey the plugin's limits. */
  fetch: PluginFetch;
  /** The project's keys and host. */
  access: () => Promise<ApiAccess>;
  realm: RealmValues;
}

/** `posthog.api`: requests to PostHog's API that carry the project and a personal API key. Answers what `fetch` answers. */
export function createApi({ fetch, access, realm }: ApiDeps): object {
  const request = async (method: string, path: unknown, options: ApiOptions = {}): Promise<object> => {
    const { host, projectApiKey, personalApiKey } = await resolveAccess(options, access);
    const data = options.data ?? {};
    const inQuery = method === 'GET' || method === 'DELETE';
    const query = new URLSearchParams();
    // Set last, so that data cannot choose another project.
    for (const [key, value] of Object.entries({ ...(inQuery ? data : {}), token: projectApiKey }))
      query.set(key, String(value));
    const url = `${host.replace(/\/$/, '')}/${String(path).replace(/^\//, '')}`;
    return fetch(`${url}${url.includes('?') ? '&' : '?'}${query.toString()}`, {
      method,
      headers: {
        Authorization: `Bearer ${personalApiKey}`,
        ...(inQuery ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(inQuery ? {} : { body: JSON.stringify(data) }),
    });
  };

  const methodOf = (method: string) =>
    realm.method(`posthog.api.${method.toLowerCase()}`, (path: unknown, options?: ApiOptions) =>
      request(method, path, options),
    );
  return realm.object({
    get: methodOf('GET'),
    post: methodOf('POST'),
    put: methodOf('PUT'),
    delete: methodOf('DELETE'),
  });
}

async function resolveAccess(
  { host, projectApiKey, personalApiKey }: ApiOptions,
  access: () => Promise<ApiAccess>,
): Promise<{ host: string; projectApiKey: string; personalApiKey: string }> {
  if (projectApiKey && personalApiKey) return { host: host || DEFAULT_HOST, projectApiKey, personalApiKey };
  if (projectApiKey || personalApiKey)
    throw new Error('You must specify a personalApiKey if you specify a projectApiKey and vice-versa!');
  const own = await access();
  if (own.projectApiKey === null) throw new Error('Unable to determine project');
  if (own.personalApiKey === null) throw new Error('Unable to find or create a Personal API Key');
  return { host: host || own.host, projectApiKey: own.projectApiKey, personalApiKey: own.personalApiKey };
}
