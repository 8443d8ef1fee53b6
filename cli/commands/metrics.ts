import type { AddCommands } from '../program.ts';
import { sparkline } from '../sparkline.ts';
import { UsageError } from '../usage-error.ts';
import { wholeNumber } from '../whole-number.ts';

interface Series {
  name: string;
  operation: 'sum' | 'max' | 'min';
  function: string | null;
  points: { time: string; value: number }[];
}

const HOUR_MILLISECONDS = 3_600_000;
/** As long as they are kept. */
const MOST_HOURS = 2_160;
/** Where there are more hours, several are one bar. */
const MOST_BARS = 48;

const COMBINE = {
  sum: (values: number[]) => values.reduce((one, other) => one + other, 0),
  max: (values: number[]) => Math.max(...values),
  min: (values: number[]) => Math.min(...values),
};

export const metricsCommand: AddCommands = (program, { withSession }) => {
  program
    .command('metrics')
    .argument('<plugin-config>', 'id of the plugin config', wholeNumber)
    .description('shows what a plugin config has come to: its own metrics, and what functions count about it')
    .option('--hours <number>', 'of how many hours, up to 2160; 24 unless given', wholeNumber)
    .option('--name <name>', 'one metric; give it again for more', (name: string, before: string[] | undefined) => [
      ...(before ?? []),
      name,
    ])
    .action(
      withSession(async ({ api, show, showTable, now }, of: number, options: { hours?: number; name?: string[] }) => {
        const { hours = 24, name = [] } = options;
        if (hours < 1 || hours > MOST_HOURS) throw new UsageError(`--hours must be 1 to ${MOST_HOURS}; got ${hours}.`);
        const lastHour = Math.floor(now() / HOUR_MILLISECONDS) * HOUR_MILLISECONDS;
        const firstHour = lastHour - (hours - 1) * HOUR_MILLISECONDS;
        const { body } = await api.request<{ results: Series[] }>({
          path: `/api/plugin_config/${of}/metrics/`,
          query: { from: new Date(firstHour).toISOString(), to: new Date(now()).toISOString(), name },
        });
        if (program.opts<{ json?: boolean }>().json === true) return show(body, () => '');
        showTable(
          body.results,
          [
            { title: 'metric', value: (each) => each.name },
            { title: 'counted by', value: (each) => each.function ?? 'the plugin' },
            { title: 'is', value: ({ operation }) => operation },
            {
              title: `in ${hours} h`,
              value: ({ operation, points }) => shownNumber(COMBINE[operation](points.map(({ value }) => value))),
            },
            {
              title: `${new Date(firstHour).toISOString().slice(0, 13)}:00Z …`,
              value: (each) => sparkline(barsOf(each, firstHour, hours)),
            },
          ],
          'Nothing was measured in these hours.',
        );
      }),
    );
};

/** A value for each bar. */
function barsOf({ operation, points }: Series, firstHour: number, hours: number): (number | undefined)[] {
  const hoursPerBar = Math.ceil(hours / MOST_BARS);
  const bars = Array.from({ length: Math.ceil(hours / hoursPerBar) }, (): number[] => []);
  for (const { time, value } of points) {
    const hour = Math.round((Date.parse(time) - firstHour) / HOUR_MILLISECONDS);
    bars[Math.floor(hour / hoursPerBar)]?.push(value);
  }
  return bars.map((values) => (values.length === 0 ? undefined : COMBINE[operation](values)));
}

function shownNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}
