import { expect, it } from 'vitest';
import { createConductor, type Step, stepName } from './conductor.ts';
import { planFaults, sampleEvenly } from './plan.ts';

const SEND = { service: 'sqs', operation: 'SendMessageBatch', target: 'tasks' };
const ANSWER = { service: 'lambda', operation: 'response', target: '' };

function healthyRun(): Step[] {
  const conductor = createConductor();
  conductor.begin();
  for (const call of ['a', 'b', 'b', 'c']) conductor.meet('f', SEND, call);
  conductor.meet('f', ANSWER, undefined);
  conductor.end();
  conductor.meet('f', SEND, 'd');
  return conductor.steps();
}

it('a step is a call, however often its client tries', () => {
  expect(healthyRun().map(stepName)).toEqual([
    'f sqs.SendMessageBatch tasks #1',
    'f sqs.SendMessageBatch tasks #2',
    'f sqs.SendMessageBatch tasks #3',
    'f lambda.response #1',
  ]);
});

it('every kind of fault is planned, for a step that is repeated the first time and the last', () => {
  const faults = planFaults('s', healthyRun());

  const steps = Map.groupBy(faults, ({ step }) => step);
  expect([...steps].map(([step, { length }]) => [step, length])).toEqual([
    ['f sqs.SendMessageBatch tasks #1', 7],
    ['f sqs.SendMessageBatch tasks #3', 7],
    ['f lambda.response #1', 2],
  ]);
});

it('a fault happens once, at its step; a call that fails does so at every attempt', () => {
  const conductor = createConductor();
  const step = 'f sqs.SendMessageBatch tasks #2';

  conductor.begin({ step, kind: 'is throttled' });
  const throttled = ['a', 'b', 'b', 'c'].map((call) => conductor.meet('f', SEND, call));
  conductor.begin({ step, kind: 'fails' });
  const failing = ['d', 'e', 'e', 'f'].map((call) => conductor.meet('f', SEND, call));

  expect(throttled).toEqual([null, 'is throttled', null, null]);
  expect(failing).toEqual([null, 'fails', 'fails', null]);
});

it('a sample is spread evenly, and the same for the same seed', () => {
  const all = Array.from({ length: 100 }, (_, index) => index);

  const sample = sampleEvenly(all, 10, 'seed');

  expect(sample.map((one) => Math.floor(one / 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(sampleEvenly(all, 10, 'seed')).toEqual(sample);
  expect(sampleEvenly(all, 10, 'other')).not.toEqual(sample);
  expect(sampleEvenly(all, 200, 'seed')).toEqual(all);
});
