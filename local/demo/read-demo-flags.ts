import { parseArgs } from 'node:util';

export interface DemoFlags {
  events: number;
  json: boolean;
  help: boolean;
}

/** All uuids are kept in memory, 0.1 KB each. */
const MOST_EVENTS = 1_000_000;

export const DEMO_HELP = `Sends sample events through the whole chain on this machine and counts what becomes of them.

  npm run demo [-- --events N] [-- --json]

  --events N   how many events to send, 1 to ${MOST_EVENTS.toLocaleString('en')}; 1000 unless given
  --json       print one JSON object as the last line, nothing for people
  --help       this text

A process is killed under way, and exports are refused at first. It ends with 0 only when every event is accounted for, sent = ingested +
dropped + dead letters, and all of them were exported, followed up and counted.`;

/** @throws naming every flag or value that is not allowed, and those that are */
export function readDemoFlags(args: readonly string[]): DemoFlags {
  const { values } = parseFlags(args);
  const events = Number(values.events);
  if (!/^\d+$/.test(values.events) || events < 1 || events > MOST_EVENTS) {
    throw new Error(
      `--events: got ${JSON.stringify(values.events)}; allowed is a whole number from 1 to ${MOST_EVENTS}`,
    );
  }
  return { events, json: values.json, help: values.help };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        events: { type: 'string', default: '1000' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\nAllowed are --events N, --json and --help.`, { cause: error });
  }
}
