import { expect, it } from 'vitest';
import { createDeliveryReporter } from '../../../functions/deliver-events/report-deliveries.ts';
import type { Measured } from '../../../functions/plugin-reports/plugin-metrics.ts';
import type { DeliveryAccount } from '../../../shared/sandbox/delivery.ts';

const account = (overrides: Partial<DeliveryAccount>): DeliveryAccount => ({
  events: 0,
  exported: 0,
  notExported: 0,
  givenBack: 0,
  failed: 0,
  ...overrides,
});

it('counts for the history what came to each plugin config, but not what comes again', () => {
  const measured: Measured[] = [];
  const report = createDeliveryReporter(
    () => {},
    (one) => void measured.push(one),
    () => 0,
  );
  const accounts = [
    account({ events: 10, failed: 2 }),
    account({ events: 8, givenBack: 5 }),
    account({ events: 4 }),
    account({ unfinished: 'later' }),
  ];
  const nothing = { errors: [], logs: [], logsDropped: 0, cpuMicroseconds: 0, verdicts: [] };

  report({
    result: { ...nothing, accounts, exports: [], rests: [] },
    records: accounts.map((_, index) => ({ messageId: String(index) })),
    plugins: [7, 8, 9, 9],
    failed: new Set([2]),
    milliseconds: 1,
  });

  expect(measured.flatMap(({ counts = [] }) => counts)).toEqual([
    { plugin: 7, name: 'EventsDelivered', value: 10 },
    { plugin: 7, name: 'HookFailures', value: 2 },
    { plugin: 8, name: 'EventsDelivered', value: 3 },
  ]);
});
