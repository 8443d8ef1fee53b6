import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export const EXTENSIONS_PREFIX = '/2020-01-01/extension/';

/** Lambda's Extensions API, as far as internal extensions without events need it: they are how a function comes to hear of its end. */
export interface ExtensionsApi {
  /** `body` has been read already. `closed`: the runtime is ready, so nobody may register any more. */
  handle(request: IncomingMessage, body: string, response: ServerResponse, closed: boolean): void;
  any(): boolean;
  /** Whether every extension has asked for its next event, as Lambda's init waits for. */
  allReady(): boolean;
}

export function createExtensionsApi(onReady: () => void): ExtensionsApi {
  /** By identifier. */
  const extensions = new Map<string, { name: string; ready: boolean }>();

  const register = (request: IncomingMessage, body: string, response: ServerResponse, closed: boolean): void => {
    const name = request.headers['lambda-extension-name'];
    const refuse = (errorType: string, errorMessage: string) => reply(response, 403, { errorType, errorMessage });
    if (typeof name !== 'string' || name === '') {
      return refuse('Extension.InvalidExtensionName', 'The header Lambda-Extension-Name is missing');
    }
    if (closed) return refuse('Extension.RegistrationClosed', 'Extensions register before the first invocation only');
    if ([...extensions.values()].some((extension) => extension.name === name)) {
      return refuse('Extension.AlreadyRegistered', `There is an extension ${name} already`);
    }
    const events = eventsIn(body);
    if (events === null) return refuse('InvalidRequestFormat', 'The body must be JSON like {"events":[]}');
    // SHUTDOWN is for external extensions on Lambda, too.
    if (events.length > 0) {
      return refuse('Extension.InvalidEventType', `No events are sent to extensions here; got ${events.join(', ')}`);
    }
    const identifier = randomUUID();
    extensions.set(identifier, { name, ready: false });
    reply(response, 200, {}, { 'Lambda-Extension-Identifier': identifier });
  };

  return {
    handle(request, body, response, closed) {
      const route = `${request.method} ${request.url?.slice(EXTENSIONS_PREFIX.length)}`;
      if (route === 'POST register') return register(request, body, response, closed);
      if (route !== 'GET event/next') {
        const errorMessage = `${request.method} ${request.url} is no route of the Extensions API here`;
        return reply(response, 404, { errorType: 'UnknownRoute', errorMessage });
      }
      const extension = extensions.get(String(request.headers['lambda-extension-identifier']));
      if (extension === undefined) {
        const errorMessage = 'The header Lambda-Extension-Identifier names no extension';
        return reply(response, 403, { errorType: 'Extension.UnknownExtensionIdentifier', errorMessage });
      }
      // Never answered: there are no events.
      extension.ready = true;
      onReady();
    },
    any: () => extensions.size > 0,
    allReady: () => [...extensions.values()].every(({ ready }) => ready),
  };
}

function eventsIn(body: string): string[] | null {
  try {
    const { events } = JSON.parse(body) as { events?: unknown };
    return Array.isArray(events) ? events.map(String) : null;
  } catch {
    return null;
  }
}

function reply(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
