import {
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
} from '@aws-sdk/client-eventbridge';
import type { LocalStack } from '../../local/start-local-stack.ts';

/** Switches the rules of a stack that fire each minute: a month of them takes minutes. */
export interface MinuteRules {
  /** Names of the rules. */
  names: string[];
  switchOff(): Promise<void>;
  /** Those whose name has this in it; `dispatch-jobs` would look at all the minutes that it has missed. */
  switchOn(part: string): Promise<void>;
}

const EACH_MINUTE = 'cron(* * * * ? *)';

export async function minuteRulesOf(
  place: Pick<LocalStack, 'region' | 'credentials' | 'endpoints'>,
): Promise<MinuteRules> {
  const events = new EventBridgeClient({ ...place, endpoint: place.endpoints.eventbridge });
  const { Rules = [] } = await events.send(new ListRulesCommand({}));
  const names = Rules.filter(({ ScheduleExpression }) => ScheduleExpression === EACH_MINUTE).map(({ Name }) =>
    String(Name),
  );
  if (names.length === 0) throw new Error('The stack has no rule that fires each minute');
  return {
    names,
    async switchOff() {
      for (const Name of names) await events.send(new DisableRuleCommand({ Name }));
    },
    async switchOn(part) {
      for (const Name of names.filter((name) => name.includes(part)))
        await events.send(new EnableRuleCommand({ Name }));
    },
  };
}
