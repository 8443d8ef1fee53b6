import { readFile } from 'node:fs/promises';
import { UsageError } from '../usage-error.ts';
import { type Scenario, scenarioSchema } from './scenario.ts';
import { scenarioProblem } from './scenario-problem.ts';

/** @throws UsageError when there is no such file, or it is no scenario. */
export async function readScenario(path: string): Promise<Scenario> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError(`The scenario ${path} cannot be read: ${(error as Error).message}`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UsageError(
      `The scenario ${path} is not JSON (comments and trailing commas are not allowed): ${(error as Error).message}`,
    );
  }
  return parseScenario(value, `The scenario ${path}`);
}

/** Checks a scenario and fills in its defaults. @throws UsageError with all that is wrong, each with its path. */
export function parseScenario(value: unknown, what = 'The scenario'): Scenario {
  const parsed = scenarioSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `- ${scenarioProblem(issue, value)}`);
  throw new UsageError(`${what} cannot be used:\n${problems.join('\n')}`);
}
