/** One metric as CloudWatch would bill it: a name in a namespace, with one set of dimensions. */
export interface MetricSum {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  unit: string;
  /** How many values were reported. */
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
}

export interface Metrics {
  /** Counts the line in when it is in CloudWatch's embedded metric format: one JSON object, or `console.log` of one. */
  readLine(line: string): void;
  all(): MetricSum[];
  /** The sum over all dimension sets that have at least the given dimensions; 0 when there is none. */
  sum(namespace: string, name: string, dimensions?: Record<string, string>): number;
}

interface EmbeddedMetrics extends Record<string, unknown> {
  _aws?: {
    CloudWatchMetrics?: { Namespace: string; Dimensions?: string[][]; Metrics: { Name: string; Unit?: string }[] }[];
  };
}

/** Adds up what functions report in the embedded metric format, since the stack was started. */
export function createMetrics(): Metrics {
  const metrics = new Map<string, MetricSum>();

  function add(namespace: string, name: string, unit: string, dimensions: Record<string, string>, value: number): void {
    const names = Object.keys(dimensions).sort();
    const key = JSON.stringify([namespace, name, names.map((each) => [each, dimensions[each]])]);
    const metric = metrics.get(key);
    if (metric === undefined) {
      metrics.set(key, { namespace, name, dimensions, unit, count: 1, sum: value, minimum: value, maximum: value });
      return;
    }
    metric.count += 1;
    metric.sum += value;
    metric.minimum = Math.min(metric.minimum, value);
    metric.maximum = Math.max(metric.maximum, value);
  }

  return {
    readLine(line) {
      const report = parse(line);
      for (const directive of report?._aws?.CloudWatchMetrics ?? []) {
        // No dimension set at all is one empty set.
        const dimensionSets = directive.Dimensions?.length ? directive.Dimensions : [[]];
        for (const names of dimensionSets) {
          const dimensions = Object.fromEntries(names.map((name) => [name, String(report?.[name])]));
          for (const { Name, Unit = 'None' } of directive.Metrics) {
            const values = [report?.[Name] ?? []].flat();
            for (const value of values) add(directive.Namespace, Name, Unit, dimensions, Number(value));
          }
        }
      }
    },
    all: () => [...metrics.values()].map((metric) => ({ ...metric })),
    sum: (namespace, name, dimensions = {}) =>
      [...metrics.values()]
        .filter((metric) => metric.namespace === namespace && metric.name === name)
        .filter((metric) => Object.entries(dimensions).every(([key, value]) => metric.dimensions[key] === value))
        .reduce((total, metric) => total + metric.sum, 0),
  };
}

/** What Lambda's console puts before each line: time, request id and level. */
const CONSOLE_PREFIX = /^\S+Z\t\S+\t[A-Z]+\t/;

function parse(line: string): EmbeddedMetrics | undefined {
  if (!line.includes('"_aws"')) return undefined;
  try {
    return JSON.parse(line.replace(CONSOLE_PREFIX, '')) as EmbeddedMetrics;
  } catch {
    // A line that only looks like metrics is a line of the log, as on AWS.
    return undefined;
  }
}
