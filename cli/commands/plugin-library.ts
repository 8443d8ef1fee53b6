import type { AddCommands } from '../program.ts';

interface LibraryPlugin {
  name: string;
  description: string;
  url: string;
}

/** Goes to the commands that are about plugins. */
export const pluginLibraryCommand: AddCommands = (program, { withSession }) => {
  program.commands
    .find((command) => command.name() === 'plugins')
    ?.command('library')
    .description('lists known public plugins; `plugins install` takes their names')
    .action(
      withSession(async ({ api, showTable }) => {
        const { body } = await api.request<LibraryPlugin[]>({
          path: '/api/organizations/@current/plugins/repository/',
        });
        showTable(
          body,
          [
            { title: 'name', value: ({ name }) => name },
            { title: 'does', value: ({ description }) => description },
            { title: 'from', value: ({ url }) => url },
          ],
          'The library is empty.',
        );
      }),
    );
};
