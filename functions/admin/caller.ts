import { refusalCode } from '../../shared/registry/registry-refusal.ts';
import { Problem } from './problem.ts';
import { inputProblem } from './read-input.ts';
import type { Scope } from './route.ts';

/** What a token lets its bearer do. */
export type Access = { kind: 'admin' } | { kind: 'read' | 'write'; projectIds: readonly number[] };

/** Who asks. */
export interface Caller {
  /** Id of the token, which is no secret; `null` without one. */
  tokenId: string | null;
  access: Access;
  /** Address it came from. */
  ip: string;
}

/** @throws Problem when the token may not call routes of this scope, whatever the project */
export function checkScope({ access }: Caller, scope: Scope): void {
  if (scope === 'public' || scope === 'token' || access.kind === 'admin') return;
  if (scope === 'read' || access.kind === scope) return;
  const needed = scope === 'admin' ? 'an admin token' : 'a token that may change projects';
  throw new Problem('permission_denied', `This needs ${needed}; the one given may ${access.kind} projects`);
}

export function mayReach({ access }: Caller, projectId: number): boolean {
  return access.kind === 'admin' || access.projectIds.includes(projectId);
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
 * The project that a request is about: the one it names, or the only one that the token reaches.
 *
 * @param place where the request names it: `body.team_id`
 */
export function projectOfRequest(caller: Caller, named: number | undefined, place: string): number {
  if (named !== undefined) {
    if (!mayReach(caller, named)) throw new Problem('not_found', `There is no project ${named}`);
    return named;
  }
  const { access } = caller;
  const [only, ...others] = access.kind === 'admin' ? [] : access.projectIds;
  if (only !== undefined && others.length === 0) return only;
  throw inputProblem([{ path: place, message: 'is missing, and the token reaches more than one project' }]);
}
