import { Problem } from './problem.ts';

/** What the client insists on. Undefined when it does not. @throws Problem `precondition_failed` when it is another version anyway */
export function seenRevision(ifMatch: string | undefined, current: { revision: number }) {
  if (ifMatch === undefined) return undefined;
  if (ifMatch === String(current.revision)) return { revision: current.revision };
  throw changedMeanwhile();
}

export function changedMeanwhile(): Problem {
  return new Problem('precondition_failed', 'It was changed since the version was read that If-Match names');
}
