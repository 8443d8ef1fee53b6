import { expect, test } from 'vitest';
import { evaluateConditions } from '../../../local/template/evaluate-conditions.ts';

const conditions = {
  Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
  Elsewhere: { 'Fn::Not': [{ Condition: 'Here' }] },
  Both: { 'Fn::And': [{ Condition: 'Here' }, { Condition: 'Elsewhere' }] },
  Either: { 'Fn::Or': [{ Condition: 'Here' }, { Condition: 'Elsewhere' }] },
  Circle: { 'Fn::Not': [{ Condition: 'Circle' }] },
  Odd: { 'Fn::Contains': [[], 'x'] },
};
const condition = evaluateConditions(conditions, (name) => ({ 'AWS::Region': 'us-east-1' })[name]);

test.each([
  ['Here', true],
  ['Elsewhere', false],
  ['Both', false],
  ['Either', true],
  ['Nobody', undefined],
])('%s is %s', (name, expected) => {
  expect(condition(name)).toBe(expected);
});

test('a condition that depends on itself is refused', () => {
  expect(() => condition('Circle')).toThrow('Conditions.Circle depends on itself');
});

test('a function that conditions do not have is refused', () => {
  expect(() => condition('Odd')).toThrow('Conditions.Odd: Fn::Contains is not honoured');
});
