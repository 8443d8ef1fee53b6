import { type RegistryRefusal, refusalCode } from '../../shared/registry/registry-refusal.ts';
import { Problem } from './problem.ts';
import { inputProblem } from './read-input.ts';

/**
 * Makes a problem of what the registry refuses; null for any other error.
 *
 * @param place where in the request a field is that the refusal names
 */
export function problemOfRefusal(error: unknown, place = (field: string) => `body.${field}`): Problem | null {
  const code = refusalCode(error);
  if (code === null) return null;
  const { message, fields } = error as RegistryRefusal;
  if (code === 'invalid') {
    const errors = Object.entries(fields).map(([field, problem]) => ({ path: place(field), message: problem }));
    return inputProblem(errors);
  }
  return new Problem(code === 'not-found' ? 'not_found' : 'conflict', message, { cause: error });
}

/** Runs what names its fields otherwise than the request does. */
export async function inPlace<Result>(place: (field: string) => string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw problemOfRefusal(error, place) ?? error;
  }
}
