import type { Command } from 'commander';
import type { AddCommands } from '../program.ts';
import { plain, tableText } from '../table-text.ts';
import { wholeNumber } from '../whole-number.ts';

interface Project {
  id: number;
  name: string;
  api_token: string;
  timezone: string;
  anonymize_ips: boolean;
  posthog_host: string | null;
  personal_api_key: string | null;
}

const path = (id: number) => `/api/projects/${id}/`;

export const projectCommands: AddCommands = (program, { withSession }) => {
  const projects = program.command('projects').description('projects, which PostHog calls teams');

  projects
    .command('list')
    .description('lists the projects that the token reaches')
    .action(
      withSession(async ({ api, showTable }) =>
        showTable(
          await api.listAll<Project>('/api/projects/'),
          [
            { title: 'id', value: ({ id }) => id },
            { title: 'name', value: ({ name }) => name },
            { title: 'timezone', value: ({ timezone }) => timezone },
            { title: 'IPs', value: ({ anonymize_ips: anonymous }) => (anonymous ? 'left out' : 'kept') },
          ],
          'There are no projects yet. `hoglet projects create <name>` makes one.',
        ),
      ),
    );

  withFields(projects.command('create <name>'))
    .description('creates a project')
    .option('--id <id>', 'its id, which travels as team_id; the next free one unless given', wholeNumber)
    .action(
      withSession(async ({ api, show }, name: string, options: Fields & { id?: number }) => {
        const body = { ...fieldsOf(options), name, ...(options.id === undefined ? {} : { id: options.id }) };
        const { body: project } = await api.request<Project>({ path: '/api/projects/', method: 'POST', body });
        show(project, () => describe(project));
      }),
    );

  projects
    .command('show')
    .argument('<id>', 'id of the project', wholeNumber)
    .description('shows a project')
    .action(
      withSession(async ({ api, show }, id: number) => {
        const { body: project } = await api.request<Project>({ path: path(id) });
        show(project, () => describe(project));
      }),
    );

  withFields(projects.command('update'))
    .argument('<id>', 'id of the project', wholeNumber)
    .description('changes a project')
    .option('--name <name>', 'its name')
    .action(
      withSession(async ({ api, show }, id: number, options: Fields) => {
        const { body: project } = await api.request<Project>({
          path: path(id),
          method: 'PATCH',
          body: fieldsOf(options),
        });
        show(project, () => describe(project));
      }),
    );

  projects
    .command('rotate-token')
    .argument('<id>', 'id of the project', wholeNumber)
    .description('gives the project a new token for sending events; the old one ends at once')
    .action(
      withSession(async ({ api, show }, id: number) => {
        const { body: project } = await api.request<Project>({ path: `${path(id)}reset_token/`, method: 'PATCH' });
        show(project, () => describe(project));
      }),
    );

  projects
    .command('remove')
    .argument('<id>', 'id of the project', wholeNumber)
    .description('removes a project that has no plugins any more')
    .action(
      withSession(async ({ api, show }, id: number) => {
        await api.request({ path: path(id), method: 'DELETE' });
        show({ id: id, removed: true }, () => `The project ${id} is gone.`);
      }),
    );
};

interface Fields {
  name?: string;
  timezone?: string;
  anonymizeIps?: boolean;
  posthogHost?: string;
  personalApiKey?: string;
}

function withFields(command: Command): Command {
  return command
    .option('--timezone <name>', 'of IANA’s list, such as Europe/Berlin')
    .option('--anonymize-ips', 'leaves addresses out of events')
    .option('--no-anonymize-ips', 'keeps addresses in events')
    .option('--posthog-host <url>', 'the PostHog that posthog.api talks to')
    .option('--personal-api-key <key>', 'the key for it; it is never shown again');
}

function fieldsOf({ name, timezone, anonymizeIps, posthogHost, personalApiKey }: Fields): Record<string, unknown> {
  return {
    name,
    timezone,
    anonymize_ips: anonymizeIps,
    posthog_host: posthogHost,
    personal_api_key: personalApiKey,
  };
}

function describe(project: Project): string {
  return tableText(Object.entries(project), [
    { title: '', value: ([name]) => name.replaceAll('_', ' ') },
    { title: '', value: ([, value]) => plain(value) },
  ]).trimStart();
}
