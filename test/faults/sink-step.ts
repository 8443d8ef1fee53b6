import type { LocalFunction } from '../../local/lambda/local-function.ts';
import { signalGroup } from '../../local/lambda/process-group.ts';
import type { HttpSink } from '../support/http-sink.ts';
import type { Conductor } from './conductor.ts';
import { functionNameOf } from './short-names.ts';

/** Those whose hooks export; events come from process-events, which may not have ended yet. */
const EXPORTING = ['deliver-events', 'export-retry', 'run-tasks'];

/**
 * Makes requests of plugins to the sink steps of the function that is at work: it can be killed when the sink has not taken what it was given,
 * and when it has, and nobody has heard of it.
 */
export function makeSinkStep(
  { answers }: HttpSink,
  functions: readonly LocalFunction[],
  conductor: Pick<Conductor, 'meet'>,
): void {
  const own = answers.get.bind(answers);
  const busy = () =>
    functions.filter(
      ({ name, environments }) =>
        EXPORTING.includes(functionNameOf(name)) && environments().some(({ state }) => state === 'busy'),
    );
  answers.get = (path) => () => {
    const [atWork] = busy();
    if (atWork === undefined) return own(path)?.() ?? 200;
    const name = { service: 'plugin', operation: 'POST', target: path };
    const fault = conductor.meet(functionNameOf(atWork.name), name, undefined);
    if (fault === null) return own(path)?.() ?? 200;
    for (const { processId } of atWork.environments()) signalGroup(processId, 'SIGKILL');
    return fault === 'killed after' ? 200 : NOT_TAKEN;
  };
}

const NOT_TAKEN = 500;
