import { expect, test } from 'vitest';
import type { Scope } from '../../../local/template/resolve-intrinsics.ts';
import { NO_VALUE, resolveIntrinsics } from '../../../local/template/resolve-intrinsics.ts';

const REFS: Record<string, unknown> = {
  Queue: 'https://queue',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '000000000000',
  'AWS::NoValue': NO_VALUE,
};
const scope: Scope = {
  ref: (name) => REFS[name],
  attribute: (logicalId, attribute) => (logicalId === 'Queue' && attribute === 'Arn' ? 'arn:queue' : undefined),
  condition: (name) => ({ Yes: true, No: false })[name],
};
const resolve = (value: unknown) => resolveIntrinsics(value, scope, 'Property');

test.each<[string, unknown, unknown]>([
  ['Ref', { Ref: 'Queue' }, 'https://queue'],
  ['Fn::GetAtt as a pair', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:queue'],
  ['Fn::GetAtt as dotted text', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:queue'],
  [
    'Fn::Sub with references',
    { 'Fn::Sub': '${AWS::Region}/${Queue}/${Queue.Arn}' },
    'us-east-1/https://queue/arn:queue',
  ],
  ['Fn::Sub with values of its own', { 'Fn::Sub': ['${Own}', { Own: { Ref: 'AWS::Region' } }] }, 'us-east-1'],
  ['Fn::Sub with an escape', { 'Fn::Sub': '${!Queue}' }, '${Queue}'],
  ['Fn::Join over other functions', { 'Fn::Join': [':', ['a', { Ref: 'AWS::AccountId' }, 1]] }, 'a:000000000000:1'],
  ['Fn::Select of Fn::Split', { 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
  ['Fn::If that holds', { 'Fn::If': ['Yes', 'then', 'else'] }, 'then'],
  ['Fn::If that does not', { 'Fn::If': ['No', 'then', { Ref: 'Queue' }] }, 'https://queue'],
])('resolves %s', (_title, value, expected) => {
  expect(resolve({ deep: [value] })).toEqual({ deep: [expected] });
});

test('leaves out what is AWS::NoValue, in structures and in lists', () => {
  expect(resolve({ gone: { Ref: 'AWS::NoValue' }, list: [{ Ref: 'AWS::NoValue' }, 1] })).toEqual({ list: [1] });
});

test.each<[string, unknown, string]>([
  [
    'an intrinsic function it does not know',
    { 'Fn::ImportValue': 'x' },
    'Property.deep[0]: Fn::ImportValue is not honoured; honoured are Ref,',
  ],
  ['a Ref to nothing', { Ref: 'Nobody' }, 'Property.deep[0]: Ref to Nobody'],
  ['an attribute that is not there', { 'Fn::GetAtt': ['Queue', 'Colour'] }, 'no attribute Colour of Queue'],
  ['a name within Fn::Sub that is not there', { 'Fn::Sub': '${Nobody}' }, '${Nobody} names nothing'],
  ['an index outside the list', { 'Fn::Select': [3, ['a']] }, 'element 3 of a list of 1'],
  ['a condition that is not there', { 'Fn::If': ['Maybe', 1, 2] }, 'the condition Maybe'],
  ['a function beside other keys', { Ref: 'Queue', more: 1 }, 'Ref stands beside other keys (Ref, more)'],
])('refuses %s, and says where', (_title, value, message) => {
  expect(() => resolve({ deep: [value] })).toThrow(message);
});
