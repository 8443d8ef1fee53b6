import { readFile } from 'node:fs/promises';
import { Argument } from 'commander';
import { readText } from '../assignments.ts';
import type { AddCommands } from '../program.ts';
import { UsageError } from '../usage-error.ts';

interface Secret {
  name: string;
  is_set: boolean;
  set_at: string | null;
}

const LIST = '/api/organizations/@current/secrets/';
const NAMES = ['npm', 'github', 'gitlab'];

export const secretCommands: AddCommands = (program, { withSession, env }) => {
  const secrets = program.command('secrets').description('tokens for the sites that plugins come from');
  const name = () => new Argument('<name>', 'npm, github or gitlab').choices(NAMES);

  secrets
    .command('list')
    .description('lists which tokens for sites are set; none is ever shown')
    .action(
      withSession(async ({ api, showTable }) =>
        showTable(
          (await api.request<Secret[]>({ path: LIST })).body,
          [
            { title: 'name', value: (each) => each.name },
            { title: 'set', value: (each) => each.is_set },
            { title: 'since', value: (each) => each.set_at },
          ],
          'There are none.',
        ),
      ),
    );

  secrets
    .command('set')
    .addArgument(name())
    .argument(
      '[value]',
      '@file, @- for standard input, or the token; from NPM_TOKEN, GITHUB_TOKEN, GITLAB_TOKEN unless given',
    )
    .description('sets the token for npm, github or gitlab')
    .action(
      withSession(async ({ api, show }, of: string, given?: string) => {
        const variable = `${of.toUpperCase()}_TOKEN`;
        const value = given === undefined ? env[variable] : await readText(of, given, readFile);
        if (value === undefined || value.trim() === '')
          throw new UsageError(`There is no token for ${of}: give it as @file, or set ${variable}.`);
        const { body } = await api.request<Secret>({ path: `${LIST}${of}/`, method: 'PUT', body: { value } });
        show(body, () => `The token for ${of} is set.`);
      }),
    );

  secrets
    .command('unset')
    .addArgument(name())
    .description('takes the token for npm, github or gitlab away')
    .action(
      withSession(async ({ api, show }, of: string) => {
        await api.request({ path: `${LIST}${of}/`, method: 'DELETE' });
        show({ name: of, is_set: false }, () => `There is no token for ${of} any more.`);
      }),
    );
};
