import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { synthesise } from '../../local/synthesise.ts';
import { readAssembly } from '../../local/template/read-assembly.ts';
import { type ChainCost, chainCost, rounded } from './chain-cost.ts';
import { CHAINS } from './chains.ts';
import { type FixedCosts, fixedCosts } from './fixed-costs.ts';
import { formatCosts } from './format-costs.ts';
import { measureChain } from './measure-chain.ts';
import { measureIdle } from './measure-idle.ts';
import { PRICED } from './prices.ts';

export type Costs = Record<'stateless' | 'counter' | 'exporter', ChainCost> & {
  fixed: FixedCosts;
  priced: typeof PRICED;
};

const HELP = `npm run cost -- [--json] [--events <number>] [-c <setting>=<value>]…

Sends packed events through the embedded stack and counts what AWS would ask for a million of them.
  --json     print one JSON object
  --events   events per chain, 200000 unless given; fewer make starts of functions count for more
  -c         a setting of docs/configuration.md, as for npm run deploy`;

/** The deployment's own settings, but that exports may go to this machine, and that two environments at a time are what it carries. */
const CONTEXT = { allowPrivateNetworks: true, 'processEvents.maxConcurrency': 2, 'deliverEvents.maxConcurrency': 2 };

const IDLE_HOURS = 4;

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    events: { type: 'string', default: '200000' },
    context: { type: 'string', short: 'c', multiple: true, default: [] },
    help: { type: 'boolean', short: 'h' },
  },
});
if (flags.help) console.log(HELP);
else await run(Number(flags.events));

async function run(events: number): Promise<void> {
  if (!Number.isSafeInteger(events) || events < 1)
    throw new Error(`--events: got ${flags.events}, allowed is a whole number from 1`);
  const progress = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
  };
  const assemblyDirectory = await mkdtemp(join(tmpdir(), 'hoglet-cost-'));
  try {
    const chosen = Object.fromEntries(flags.context.map((setting) => setting.split('=', 2) as [string, string]));
    await synthesise({ outputDirectory: assemblyDirectory, context: { ...CONTEXT, ...chosen } });
    const readings = [];
    for (const chain of CHAINS) readings.push(await measureChain(chain, events, assemblyDirectory, progress));
    progress(`idle: ${IDLE_HOURS} hours`);
    const [first] = CHAINS;
    if (first === undefined) throw new Error('There is no chain');
    const idle = await measureIdle(first, IDLE_HOURS, assemblyDirectory);
    const { template } = await readAssembly(assemblyDirectory);
    const costs = {
      ...Object.fromEntries(readings.map((reading, index) => [CHAINS[index]?.name, chainCost(reading)])),
      fixed: roundedAll(
        fixedCosts(
          template,
          idle,
          readings.flatMap(({ metrics }) => metrics),
        ),
      ),
      priced: PRICED,
    } as Costs;
    progress('');
    console.log(flags.json ? JSON.stringify(costs) : formatCosts(costs));
  } finally {
    await rm(assemblyDirectory, { recursive: true });
  }
}

function roundedAll(costs: FixedCosts): FixedCosts {
  return Object.fromEntries(
    Object.entries(costs).map(([name, usd]) => [name, rounded(usd as number)]),
  ) as unknown as FixedCosts;
}
