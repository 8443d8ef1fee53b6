import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { abortBy, clientConfiguration } from './clients.ts';

/** Starts executions of one state machine. */
export interface StateMachine {
  /**
   * @param name 1–80 letters, digits, hyphens and underscores. One that was used within the last 90 days starts nothing more.
   * @param input at most 256 KiB of JSON
   */
  start(name: string, input: object): Promise<void>;
}

/**
 * @param endpoint of a server that stands in for AWS; AWS itself when there is none
 * @param signal what aborts a call, asked for when it begins
 */
export function createStateMachine(
  arn: string,
  endpoint?: string,
  signal: () => AbortSignal | undefined = () => undefined,
): StateMachine {
  const sfn = new SFNClient({ ...clientConfiguration('sfn'), ...(endpoint === undefined ? {} : { endpoint }) });
  abortBy(sfn, signal);
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
