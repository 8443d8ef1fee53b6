import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { clientConfiguration } from './clients.ts';

/** Starts executions of one state machine. */
export interface StateMachine {
  /**
   * @param name 1–80 letters, digits, hyphens and underscores. One that was used within the last 90 days starts nothing more.
   * @param input at most 256 KiB of JSON
   */
  start(name: string, input: object): Promise<void>;
}

/** @param endpoint of a server that stands in for AWS; AWS itself when there is none. */
export function createStateMachine(arn: string, endpoint?: string): StateMachine {
  const sfn = new SFNClient({ ...clientConfiguration({}), ...(endpoint === undefined ? {} : { endpoint }) });
  return {
    async start(name, input) {
      try {
        await sfn.send(new StartExecutionCommand({ stateMachineArn: arn, name, input: JSON.stringify(input) }));
      } catch (error) {
        if ((error as Error).name !== 'ExecutionAlreadyExists') throw error;
      }
    },
  };
}
