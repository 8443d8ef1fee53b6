import { describe, expect, test } from 'vitest';
import { hogletTemplate, resourcesOf } from './hoglet-template.ts';

const DAY_SECONDS = 86_400;
const template = hogletTemplate();
const queues = resourcesOf(template, 'AWS::SQS::Queue');
const byName = new Map(Object.entries(queues).map(([id, queue]) => [queue.Properties['QueueName'], { id, ...queue }]));

function queueNamed(name: string) {
  const queue = byName.get(name);
  if (queue === undefined) throw new Error(`No queue is called ${name}`);
  return queue;
}

describe('queues', () => {
  test('events, ingestion and deliveries are there, each with its dead letters', () => {
    expect(new Set(byName.keys())).toEqual(
      new Set(
        ['events', 'ingestion', 'deliveries'].flatMap((name) => [`Hoglet-${name}`, `Hoglet-${name}-dead-letters`]),
      ),
    );
  });

  test.each([
    ['Hoglet-events', 5],
    ['Hoglet-ingestion', 5],
    ['Hoglet-deliveries', 10],
  ])(
    '%s sends what was received %i times to its own dead letters, which take nothing from elsewhere',
    (name, maxReceiveCount) => {
      const deadLetters = queueNamed(`${name}-dead-letters`);

      expect(queueNamed(name).Properties['RedrivePolicy']).toEqual({
        deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters.id, 'Arn'] },
        maxReceiveCount,
      });
      const allow = deadLetters.Properties['RedriveAllowPolicy'] as Record<string, unknown>;
      expect(allow['redrivePermission']).toBe('byQueue');
      expect(JSON.stringify(allow['sourceQueueArns'])).toContain(`:${name}"`);
    },
  );

  test.each(['Hoglet-events', 'Hoglet-ingestion', 'Hoglet-deliveries'])(
    'a message that %s kept to the last day has at least a week left as a dead letter',
    (name) => {
      const keptSeconds = queueNamed(name).Properties['MessageRetentionPeriod'] as number;
      const deadKeptSeconds = queueNamed(`${name}-dead-letters`).Properties['MessageRetentionPeriod'] as number;

      expect(deadKeptSeconds).toBe(14 * DAY_SECONDS);
      expect(deadKeptSeconds - keptSeconds).toBeGreaterThanOrEqual(7 * DAY_SECONDS);
    },
  );

  test.each([...byName.keys()] as string[])('%s is encrypted and refuses whoever comes without TLS', (name) => {
    const queue = queueNamed(name);
    const policy = Object.values(resourcesOf(template, 'AWS::SQS::QueuePolicy')).find(({ Properties }) =>
      (Properties['Queues'] as { Ref: string }[]).some(({ Ref }) => Ref === queue.id),
    );

    expect(queue.Properties['SqsManagedSseEnabled']).toBe(true);
    expect(policy?.Properties['PolicyDocument']).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Action: 'sqs:*',
          Principal: { AWS: '*' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          Resource: { 'Fn::GetAtt': [queue.id, 'Arn'] },
        },
      ],
    });
  });
});
