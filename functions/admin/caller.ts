import type { ApiToken } from '../../shared/registry/api-tokens.ts';
import { refusalCode } from '../../shared/registry/registry-refusal.ts';
import { Problem } from './problem.ts';
import { inputProblem } from './read-input.ts';
import type { Scope } from './route.ts';

/** Who asks, and what the token lets them do. */
export interface Caller {
  /** Id of the token, which is no secret; `null` without one. */
  tokenId: string | null;
  scopes: ApiToken['scopes'];
  /** Ids of the projects that the token is for. */
  projects: ApiToken['projects'];
}

/** What each scope of a token includes. */
const INCLUDED: Record<ApiToken['scopes'][number], readonly Scope[]> = {
  admin: ['public', 'read', 'write', 'admin'],
  'project:write': ['public', 'read', 'write'],
  'project:read': ['public', 'read'],
};

/** @throws Problem when the token may not call routes of this scope, whatever the project */
export function checkScope({ scopes }: Pick<Caller, 'scopes'>, scope: Scope): void {
  if (scope === 'public' || scopes.some((each) => INCLUDED[each].includes(scope))) return;
  const needed = Object.keys(INCLUDED).filter((each) => INCLUDED[each as keyof typeof INCLUDED].includes(scope));
  throw new Problem('permission_denied', `This needs a token with ${needed.join(' or ')}; it has ${scopes.join(', ')}`);
}

export function mayReach({ scopes, projects }: Caller, projectId: number): boolean {
  return scopes.includes('admin') || projects === 'all' || projects.includes(projectId);
}

/**
 * What belongs to a project that the token does not reach is not there: the answer does not tell whether it exists.
 *
 * @param find throws a `not-found` refusal when there is no such thing
 * @throws Problem `not_found` when there is no such thing, or it is out of reach
 */
export async function reached<Thing>(
  caller: Caller,
  what: string,
  find: () => Promise<Thing>,
  projectOf: (thing: Thing) => number,
): Promise<Thing> {
  const thing = await find().catch((error: unknown) => {
    if (refusalCode(error) === 'not-found') return null;
    throw error;
  });
  if (thing === null || !mayReach(caller, projectOf(thing))) throw new Problem('not_found', `There is no ${what}`);
  return thing;
}

/**
 * The project that a request is about: the one it names, or the only one that the token is for.
 *
 * @param place where the request names it: `body.team_id`
 */
export function projectOfRequest(caller: Caller, named: number | undefined, place: string): number {
  if (named !== undefined) {
    if (!mayReach(caller, named)) throw new Problem('not_found', `There is no project ${named}`);
    return named;
  }
  const { projects } = caller;
  const [only, ...others] = projects === 'all' || caller.scopes.includes('admin') ? [] : projects;
  if (only !== undefined && others.length === 0) return only;
  throw inputProblem([{ path: place, message: 'is missing, and the token is for more than one project' }]);
}
