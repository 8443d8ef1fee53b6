import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PRICED, PRICES } from '../../../bench/cost/prices.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/cost.md'), 'utf8');

it('docs/cost.md has the prices that figures are made with, with their region, month and source', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| ([\d.]+) \| ([\d,]+) × (.+) \| (\S+) \|$/gm)].map(
    ([, item, usd, per, unit, source]) => [
      item,
      { usd: Number(usd), per: Number(per?.replaceAll(',', '')), unit, source },
    ],
  );

  expect(Object.fromEntries(rows)).toEqual(PRICES);
  expect(page).toContain(`${PRICED.region}, arm64, ${PRICED.month}.`);
});
