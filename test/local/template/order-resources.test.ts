import { expect, test } from 'vitest';
import { orderResources } from '../../../local/template/order-resources.ts';

const resource = (properties: Record<string, unknown> = {}, dependsOn: string[] = []) => ({
  Type: 'Any',
  Properties: properties,
  DependsOn: dependsOn,
});

test('a resource comes after all that it refers to, by Ref, Fn::GetAtt, Fn::Sub or DependsOn', () => {
  const order = orderResources({
    Last: resource({ a: { Ref: 'ByRef' }, b: [{ 'Fn::GetAtt': ['ByGetAtt', 'Arn'] }] }, ['ByDependsOn']),
    ByRef: resource({ a: { 'Fn::Sub': 'x-${BySub.Arn}-${AWS::Region}' } }),
    ByGetAtt: resource(),
    BySub: resource(),
    ByDependsOn: resource(),
  });

  expect(order).toEqual(['BySub', 'ByRef', 'ByGetAtt', 'ByDependsOn', 'Last']);
});

test('resources that do not depend on each other keep the order of the template', () => {
  expect(orderResources({ B: resource(), A: resource(), C: resource() })).toEqual(['B', 'A', 'C']);
});

test('a circle is refused, with the whole of it in the error', () => {
  const circle = {
    A: resource({ a: { Ref: 'B' } }),
    B: resource({}, ['C']),
    C: resource({ a: { 'Fn::GetAtt': 'A.Arn' } }),
  };

  expect(() => orderResources(circle)).toThrow('in a circle: A → B → C → A');
});

test('DependsOn on a resource that is not there is refused', () => {
  expect(() => orderResources({ A: resource({}, ['Nobody']) })).toThrow('A: DependsOn names Nobody');
});
