import { builtinsOfFetch, closeBuiltins } from '../close-builtins.ts';
import { closeInstances } from '../close-instances.ts';
import type { PendingWork } from '../pending-work.ts';
import { createRealmClass, type RealmClass } from '../realm-class.ts';
import type { RealmValues } from '../realm-values.ts';
import { createFetchErrors, type FetchErrors } from './fetch-errors.ts';
import { createHeadersClass } from './fetch-headers.ts';
import { type PluginRequest, readRequest } from './fetch-request.ts';
import { createResponseClass, type PluginResponse } from './fetch-response.ts';
import { isRedirect, type SendDeps, sendRequest } from './fetch-send.ts';

export interface FetchDeps extends Omit<SendDeps, 'listener'> {
  realm: RealmValues;
  work: PendingWork;
}

/** The `fetch` of a plugin. What it resolves to has the methods of a `Response`, and is of the plugin's realm. */
export type PluginFetch = (input: unknown, init?: unknown) => Promise<object>;

/**
 * Makes the `fetch` of one plugin: node-fetch 2, as PostHog gave it, on Node's own. It is the module `node-fetch`, too: its classes are
 * its properties, and `default` is itself. A request ends with the hook's time limit at the latest, so that a server which never answers
 * cannot hold a batch; the batch waits for requests and bodies that the plugin did not await. Addresses are refused below, at the socket.
 */
export function createFetch({ realm, work, ...deps }: FetchDeps): PluginFetch {
  // With the first request: a plugin that makes none pays nothing.
  let parts: FetchParts | null = null;
  const load = (): FetchParts => {
    parts ??= createParts(realm, work);
    return parts;
  };
  const send = async (input: unknown, init: unknown): Promise<object> => {
    const { Request, Headers, Response, errors } = load();
    try {
      const request = readRequest(input, init, Request, Headers);
      const listener = (listen: () => void) => realm.wrap('abort', listen);
      return Response.make(await sendRequest(request, { ...deps, listener }));
    } catch (error) {
      throw errors.toError(error, 'fetch');
    }
  };
  const fetch = realm.method('fetch', (input: unknown, init?: unknown) => work.track(send(input, init)));
  Object.defineProperty(fetch, 'name', { value: 'fetch', configurable: true });

  const provide = (name: string, property: PropertyDescriptor) =>
    Object.defineProperty(fetch, name, { configurable: true, ...property });
  const lazily = (name: string, read: (parts: FetchParts) => object) =>
    provide(name, {
      get: realm.wrap(name, () => read(load())),
      set: realm.wrap(name, (value: unknown) => void provide(name, { value, writable: true })),
    });
  provide('default', { value: fetch, writable: true });
  provide('isRedirect', { value: realm.wrap('isRedirect', isRedirect), writable: true });
  for (const name of ['Request', 'Headers', 'Response'] as const) lazily(name, (loaded) => loaded[name].constructor);
  for (const name of ['FetchError', 'AbortError'] as const) lazily(name, ({ errors }) => errors[name]);
  return fetch;
}

interface FetchParts {
  Request: RealmClass<PluginRequest>;
  Headers: RealmClass<Headers>;
  Response: RealmClass<PluginResponse>;
  errors: FetchErrors;
}

function createParts(realm: RealmValues, work: PendingWork): FetchParts {
  closeBuiltins(builtinsOfFetch());
  closeInstances('fetch');
  const errors = createFetchErrors(realm);
  const Headers = createHeadersClass(realm, errors);
  const Response = createResponseClass({ realm, errors, Headers, track: work.track });
  const Request: RealmClass<PluginRequest> = createRealmClass<PluginRequest>('Request', realm, errors.toError, {
    construct: (input, init) => readRequest(input, init, Request, Headers),
    getters: {
      url: ({ url }) => url.href,
      method: ({ method }) => method,
      headers: ({ headers }) => Headers.make(headers),
      redirect: ({ redirect }) => redirect,
      signal: ({ signal }) => signal,
    },
    methods: {
      clone: (_, self) => Request.make(readRequest(self, {}, Request, Headers)),
    },
  });
  return { Request, Headers, Response, errors };
}
