import { functionTimeoutSeconds } from './plugin-function-times.ts';
import type { PluginFunctionSettings } from './settings.ts';

/** AWS's limit for a function, seconds. */
const MOST_TIMEOUT_SECONDS = 900;

/** Rules of AWS that hold between settings. */
export function problemsBetween(name: string, row: PluginFunctionSettings): string[] {
  const problems: string[] = [];
  if (row.batchSize > 10 && row.windowSeconds === 0) {
    problems.push(
      `${name}.windowSeconds: got 0 with a batchSize of ${row.batchSize}, allowed is 1 or more when batchSize is above 10`,
    );
  }
  const timeoutSeconds = functionTimeoutSeconds(row);
  if (timeoutSeconds > MOST_TIMEOUT_SECONDS) {
    problems.push(
      `${name}: the function's timeout is hookTimeoutSeconds × (1 + strikes) + overheadSeconds = ` +
        `${row.hookTimeoutSeconds} × (1 + ${row.strikes}) + ${row.overheadSeconds} = ${timeoutSeconds} s, ` +
        `allowed is up to ${MOST_TIMEOUT_SECONDS} s; lower one of the three`,
    );
  }
  return problems;
}
