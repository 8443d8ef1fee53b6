import type { LocalStack } from '../../local/start-local-stack.ts';

/** Keeps rules from firing by the clock: what they set off is not on account of any event. */
export async function switchOffSchedules({ endpoints }: LocalStack): Promise<void> {
  const call = async (operation: string, input: object): Promise<unknown> => {
    const response = await fetch(endpoints.eventbridge, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSEvents.${operation}` },
      body: JSON.stringify(input),
    });
    if (!response.ok) throw new Error(`${operation} failed: ${await response.text()}`);
    return response.json();
  };
  const { Rules: rules } = (await call('ListRules', {})) as { Rules: { Name: string; ScheduleExpression?: string }[] };
  for (const { Name, ScheduleExpression } of rules)
    if (ScheduleExpression !== undefined) await call('DisableRule', { Name });
}
