import type { LocalStack } from '../../local/start-local-stack.ts';
import type { Assembly } from '../../local/template/read-assembly.ts';

/** Keeps rules from firing by the clock: what they set off is not on account of any event. */
export async function switchOffSchedules({ endpoints }: LocalStack, { stackName, template }: Assembly): Promise<void> {
  const rules = Object.entries(template.Resources).filter(
    ([, { Type, Properties = {} }]) => Type === 'AWS::Events::Rule' && 'ScheduleExpression' in Properties,
  );
  for (const [logicalId, { Properties = {} }] of rules) {
    const name = String(Properties['Name'] ?? `${stackName}-${logicalId}`);
    const { ok } = await fetch(endpoints.eventbridge, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.DisableRule' },
      body: JSON.stringify({ Name: name }),
    });
    if (!ok) throw new Error(`The rule ${name} could not be switched off`);
  }
}
