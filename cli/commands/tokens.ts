import { Option } from 'commander';
import type { AddCommands } from '../program.ts';
import { tableText } from '../table-text.ts';
import { wholeNumber } from '../whole-number.ts';

interface Token {
  id: string;
  label: string;
  scopes: string[];
  scoped_teams: number[] | null;
  created_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
}

const COLUMNS = [
  { title: 'id', value: ({ id }: Token) => id },
  { title: 'label', value: ({ label }: Token) => label },
  { title: 'scopes', value: ({ scopes }: Token) => scopes.join(', ') },
  { title: 'projects', value: ({ scoped_teams: ids }: Token) => ids?.join(', ') ?? 'all' },
  { title: 'made', value: ({ created_at: createdAt }: Token) => createdAt },
  { title: 'used', value: ({ last_used_at: usedAt }: Token) => usedAt },
  { title: 'revoked', value: ({ revoked_at: revokedAt }: Token) => revokedAt },
];

export const tokenCommands: AddCommands = (program, { withSession, env, write }) => {
  const tokens = program.command('tokens').description('tokens for this API');

  tokens
    .command('list')
    .description('lists tokens, without what is secret in them')
    .action(
      withSession(async ({ api, showTable }) =>
        showTable(await api.listAll<Token>('/api/tokens/'), COLUMNS, 'There are no tokens.'),
      ),
    );

  tokens
    .command('create <label>')
    .description('makes a token and shows it, once')
    .addOption(
      new Option('--scope <scope>', 'what it may do')
        .choices(['admin', 'project:read', 'project:write'])
        .makeOptionMandatory(),
    )
    .option(
      '--project <id>',
      'a project it is for; give it again for more; all unless given',
      (text: string, before: number[] | undefined) => [...(before ?? []), wholeNumber(text)],
    )
    .action(
      withSession(async ({ api, show }, label: string, options: { scope: string; project?: number[] }) => {
        const { scope, project = null } = options;
        const body = { label, scopes: [scope], scoped_teams: project };
        const { body: made } = await api.request<Token & { value: string }>({
          path: '/api/tokens/',
          method: 'POST',
          body,
        });
        show(made, () => `${tableText([made], COLUMNS)}\n\n${made.value}\n\nIt is not shown again.`);
      }),
    );

  tokens
    .command('revoke <id>')
    .description('ends a token at once')
    .action(
      withSession(async ({ api, show }, id: string) => {
        await api.request({ path: `/api/tokens/${encodeURIComponent(id)}/`, method: 'DELETE' });
        show({ id: id, revoked: true }, () => `The token ${id} is revoked.`);
      }),
    );

  tokens
    .command('bootstrap')
    .description('makes an admin token with your AWS credentials, without the API: the first one, or when all are lost')
    .requiredOption('--table <name>', 'the registry table, which `npm run deploy` prints as RegistryTableName')
    .option('--region <region>', 'its region; AWS_REGION unless given')
    .option('--save <profile>', 'keeps it, with the --url, as a profile')
    .action(async (options: { table: string; region?: string; save?: string }) => {
      const { bootstrapToken } = await import('./bootstrap-token.ts');
      const { url } = program.opts<{ url?: string }>();
      write(await bootstrapToken({ ...options, ...(url === undefined ? {} : { url }) }, env));
    });
};
