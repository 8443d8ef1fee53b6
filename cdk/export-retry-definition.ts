/**
 * Seconds before each retry of an export: 6, 12, 24 … capped at 18,000, 15 in all. Twelve that double (24,570 s) and three at the cap
 * (54,000 s) are 78,570 s = 21.8 h, which leaves two hours of a day to the attempts themselves.
 */
const FIRST_DELAY_SECONDS = 6;
const MAX_DELAY_SECONDS = 18_000;
const RETRIES = 15;

/** What is Lambda's own trouble, or the end of a process, is nobody's answer: it is tried again soon, apart from the retries. */
const TROUBLES_OF_LAMBDA = [
  'Lambda.AWSLambdaException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.SdkClientException',
  'Lambda.ServiceException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Runtime.ExitError',
  'Sandbox.Timedout',
  'States.Timeout',
];

/** 10 + 20 + 40 + 60 + 60 + 60 = 250 s. */
const TROUBLE_RETRY = { IntervalSeconds: 10, BackoffRate: 2, MaxDelaySeconds: 60, MaxAttempts: 6 };

/** 10, 20 … 640, then 900 s three times: 3,970 s. A batch that cannot be kept as a dead letter would be lost. */
const GIVE_UP_RETRY = { IntervalSeconds: 10, BackoffRate: 2, MaxDelaySeconds: 900, MaxAttempts: 10 };

/** What Lambda may take to start a function and to notice its end, seconds. */
const MARGIN_SECONDS = 30;

/** The state machine `export-retry`, in the Amazon States Language with JSONPath. Its input is that of the function. */
export function exportRetryDefinition(functionArn: string, functionTimeoutSeconds: number): object {
  const attempt = { Type: 'Task', Resource: functionArn, TimeoutSeconds: functionTimeoutSeconds + MARGIN_SECONDS };
  return {
    Comment: 'Tries a batch of events again that exportEvents asked to have again',
    QueryLanguage: 'JSONPath',
    TimeoutSeconds: executionTimeoutSeconds(functionTimeoutSeconds),
    StartAt: 'Wait',
    States: {
      // The first attempt was made by deliver-events.
      Wait: { Type: 'Wait', Seconds: FIRST_DELAY_SECONDS, Next: 'Export' },
      Export: {
        ...attempt,
        Retry: [
          {
            ErrorEquals: ['RetryError'],
            IntervalSeconds: 2 * FIRST_DELAY_SECONDS,
            BackoffRate: 2,
            MaxDelaySeconds: MAX_DELAY_SECONDS,
            MaxAttempts: RETRIES - 1,
          },
          { ErrorEquals: TROUBLES_OF_LAMBDA, ...TROUBLE_RETRY },
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Give up' }],
        Next: 'Exported',
      },
      Exported: { Type: 'Succeed' },
      'Give up': { ...attempt, Retry: [{ ErrorEquals: ['States.ALL'], ...GIVE_UP_RETRY }], Next: 'Undelivered' },
      Undelivered: { Type: 'Fail', Error: 'Undelivered', Cause: 'The batch is among the dead letters of deliveries' },
    },
  };
}

/** A day, and longer only where the function may take so long that its attempts alone exceed what is left of it. */
function executionTimeoutSeconds(functionTimeoutSeconds: number): number {
  const delays = Array.from({ length: RETRIES }, (_, retry) =>
    Math.min(FIRST_DELAY_SECONDS * 2 ** retry, MAX_DELAY_SECONDS),
  ).reduce((sum, seconds) => sum + seconds, 0);
  const attempts = (RETRIES + 1) * (functionTimeoutSeconds + MARGIN_SECONDS);
  return Math.max(86_400, delays + attempts + 250 + 3_970);
}
