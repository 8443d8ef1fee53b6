import type { AdminCall } from './admin-client.ts';

const SITES = ['npm', 'github', 'gitlab'];

/**
 * Sets the tokens for sites that plugins come from which the developer's environment has, as `hoglet secrets set` would: `NPM_TOKEN`,
 * `GITHUB_TOKEN`, `GITLAB_TOKEN`.
 *
 * @returns the variables that were taken
 */
export async function setTokensOfEnvironment(
  call: AdminCall,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string[]> {
  const taken: string[] = [];
  for (const site of SITES) {
    const variable = `${site.toUpperCase()}_TOKEN`;
    const value = environment[variable]?.trim() ?? '';
    if (value === '') continue;
    await call('PUT', `/api/organizations/@current/secrets/${site}/`, { value });
    taken.push(variable);
  }
  return taken;
}
