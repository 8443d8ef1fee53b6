import { Argument, type Command } from 'commander';
import { ApiError } from '../api-error.ts';
import { type Handled, handleLetters } from '../handle-letters.ts';
import type { AddCommands } from '../program.ts';
import { plain, plainLine } from '../table-text.ts';
import { UsageError } from '../usage-error.ts';
import { wholeNumber } from '../whole-number.ts';

interface Letter {
  id: string;
  reason: string;
  detail: string | null;
  source_message_id: string | null;
  position: number | null;
  plugin_config: number | null;
  first_seen_at: string;
  receive_count: number;
  size_bytes: number;
  body: string;
  body_truncated: boolean;
}

interface Filter {
  reason?: string;
  pluginConfig?: number;
}

interface Which extends Filter {
  all?: boolean;
  max?: number;
}

const LIST = '/api/dead_letters/';
const QUEUES = ['events', 'ingestion', 'deliveries', 'tasks'];
const SHOWN_CHARACTERS = 60;

export const deadLetterCommands: AddCommands = (program, { withSession }) => {
  const dlq = program.command('dlq').description('dead letters: what could not be worked on, by queue');
  const queue = () => new Argument('<queue>', 'where they came from').choices(QUEUES);

  withFilter(dlq.command('list'))
    .addArgument(new Argument('[queue]', 'where they came from; a count of each unless given').choices(QUEUES))
    .description('counts dead letters, or shows some of a queue')
    .option('--max <number>', 'at most so many, up to 100; 20 unless given', wholeNumber)
    .action(
      withSession(async ({ api, showTable }, of: string | undefined, { reason, pluginConfig, max }: Which) => {
        if (of === undefined) {
          const { body } = await api.request<{ results: { queue: string; count: number; hidden: number }[] }>({
            path: LIST,
          });
          return showTable(
            body.results,
            [
              { title: 'queue', value: (each) => each.queue },
              { title: 'dead letters', value: ({ count }) => count },
              { title: 'looked at right now', value: ({ hidden }) => hidden },
            ],
            '',
          );
        }
        const { body } = await api.request<{ results: Letter[] }>({
          path: `${LIST}${of}/`,
          query: { reason, plugin_config: pluginConfig, limit: max },
        });
        showTable(
          body.results,
          [
            { title: 'id', value: ({ id }) => id },
            { title: 'reason', value: (each) => each.reason },
            { title: 'plugin config', value: (each) => each.plugin_config },
            { title: 'first seen', value: (each) => each.first_seen_at },
            { title: 'received', value: (each) => each.receive_count },
            { title: 'bytes', value: (each) => each.size_bytes },
            { title: 'detail or body', value: ({ detail, body: text }) => shortened(detail ?? text) },
          ],
          'There are no such dead letters that nobody else is looking at.',
        );
      }),
    );

  dlq
    .command('show')
    .addArgument(queue())
    .argument('<id>', 'id of the dead letter')
    .description('shows a dead letter with its story and its body')
    .action(
      withSession(async ({ api, show }, of: string, id: string) => {
        const { body } = await api.request<Letter>({ path: `${LIST}${of}/${encodeURIComponent(id)}/` });
        show(body, () => describe(body));
      }),
    );

  for (const [name, description, done] of [
    ['redrive', 'sends dead letters back to their queue', 'sent back to'],
    ['delete', 'removes dead letters for good', 'removed from the dead letters of'],
  ] as const) {
    withFilter(dlq.command(name))
      .addArgument(queue())
      .argument('[ids...]', 'ids of dead letters')
      .description(description)
      .option('--all', 'all of them')
      .option('--max <number>', 'at most so many', wholeNumber)
      .action(
        withSession(async (session, of: string, ids: string[], { all, max, reason, pluginConfig }: Which) => {
          const filters = { ...(ids.length > 0 && { ids }), reason, plugin_config: pluginConfig };
          const isFiltered = Object.values(filters).some((value) => value !== undefined);
          if (isFiltered === (all === true))
            throw new UsageError('Say which: ids, --reason, --plugin-config, or --all of them.');
          const selection = all === true ? { all } : filters;
          const handled = await handleLetters(session, { path: `${LIST}${of}/${name}/`, queue: of, selection, max });
          session.show(handled, () => outcomeText(handled, `${done} ${of}`));
          if (handled.not_sent > 0)
            throw new ApiError(`${handled.not_sent} could not be sent to ${of}, and stay where they are; try again.`);
        }),
      );
  }
};

function withFilter(command: Command): Command {
  return command
    .option('--reason <code>', 'those with this reason, as docs/errors.md has them')
    .option('--plugin-config <id>', 'those of a plugin config (deliveries and tasks)', wholeNumber);
}

function outcomeText({ handled, examined, not_removed: left, complete }: Handled, done: string): string {
  const lines = [`${handled} ${done}; ${examined} were looked at.`];
  if (left > 0) lines.push(`${left} of them could not be removed, and may come a second time.`);
  if (!complete) lines.push('There may be more.');
  return lines.join('\n');
}

function describe({ body, body_truncated: isCut, ...letter }: Letter): string {
  const lines = Object.entries(letter).map(([name, value]) => `${name.replaceAll('_', ' ').padEnd(20)}${plain(value)}`);
  return `${lines.join('\n')}\n\n${plainLine(body)}${isCut ? ' …' : ''}`;
}

function shortened(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
