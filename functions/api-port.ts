import type { ApiPort } from '../shared/host/services.ts';
import type { Project } from '../shared/registry/plugin-config.ts';
import { personalKeyPlace } from '../shared/registry/project-store.ts';
import type { Secrets } from '../shared/secrets/secrets.ts';

export interface ApiPortDeps {
  /** The project as it was read last. */
  findProject(id: number): Project | undefined;
  secrets: Pick<Secrets, 'open'>;
}

/** Where PostHog is for a project that does not say. */
const POSTHOG_HOST = 'https://app.posthog.com';

/** Gives plugins, for `posthog.api`, what their project says of its PostHog. The key is opened when it is asked for, and not kept. */
export function createApiPort({ findProject, secrets }: ApiPortDeps): ApiPort {
  return {
    async access({ teamId }) {
      const { id, token, posthogHost, posthogProjectKey, personalApiKey } = findProject(teamId) ?? {};
      return {
        host: posthogHost ?? POSTHOG_HOST,
        projectApiKey: posthogProjectKey ?? token ?? null,
        personalApiKey:
          id === undefined || personalApiKey === undefined
            ? null
            : String(await secrets.open(personalKeyPlace(id), personalApiKey)),
      };
    },
  };
}
