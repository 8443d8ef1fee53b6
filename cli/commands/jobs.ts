import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AddCommands } from '../program.ts';
import { readJson } from '../read-json.ts';
import { plain } from '../table-text.ts';
import { UsageError } from '../usage-error.ts';
import { wholeNumber } from '../whole-number.ts';

interface Job {
  type: string;
  public: boolean;
  payload: Record<string, { type?: string; required?: boolean } | null> | null;
}

interface RunOptions {
  payload?: string;
  operation?: string;
  in?: number;
}

const path = (id: number) => `/api/plugin_config/${id}/job/`;

export const jobCommands: AddCommands = (program, { withSession }) => {
  const jobs = program.command('jobs').description('jobs of plugins');
  const id = ['<plugin-config>', 'id of the plugin config', wholeNumber] as const;

  jobs
    .command('list')
    .argument(...id)
    .description('lists the jobs that a plugin has')
    .action(
      withSession(async ({ api, showTable }, of: number) => {
        const { body } = await api.request<{ results: Job[] }>({ path: path(of) });
        showTable(
          body.results,
          [
            { title: 'job', value: ({ type }) => type },
            { title: 'public', value: (job) => job.public },
            { title: 'takes', value: ({ payload }) => (payload === null ? 'anything' : fieldsText(payload)) },
          ],
          'The plugin has no jobs.',
        );
      }),
    );

  jobs
    .command('run')
    .argument(...id)
    .argument('<job>', 'its name')
    .description('runs a job, now or later')
    .option('--payload <json>', 'what it is given: an object as JSON, or @file')
    .option('--operation <name>', 'what it finds as $operation; "start" unless given')
    .option('--in <seconds>', 'when it is to run, seconds from now', wholeNumber)
    .action(
      withSession(async ({ api, show }, of: number, type: string, { payload, operation, in: seconds }: RunOptions) => {
        const given = payload === undefined ? {} : await readJson('The payload', payload, readFile);
        if (typeof given !== 'object' || given === null || Array.isArray(given))
          throw new UsageError('The payload must be a JSON object, such as {"from":"2026-03-01"}.');
        const { body } = await api.request<{ id: string; type: string; run_at: string }>({
          path: path(of),
          method: 'POST',
          // With an id of our own it is the same job when it has to be asked for again.
          body: { job: { type, payload: given, operation }, run_in_seconds: seconds, id: randomUUID() },
          repeatable: true,
        });
        show(
          body,
          () => `The job ${plain(body.type)} runs at ${body.run_at}. \`hoglet logs ${of} --follow\` shows it.`,
        );
      }),
    );
};

function fieldsText(payload: NonNullable<Job['payload']>): string {
  const fields = Object.entries(payload).map(([name, field]) => {
    const type = field?.type === undefined ? '' : `: ${field.type}`;
    return `${name}${type}${field?.required === true ? ' (required)' : ''}`;
  });
  return fields.length === 0 ? 'nothing' : fields.join(', ');
}
