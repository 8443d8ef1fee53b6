import type { AddCommands } from '../program.ts';

interface AuditEntry {
  time: string;
  token_id: string;
  ip: string;
  action: string;
  target: string;
  status: number | null;
}

export const auditCommand: AddCommands = (program, { withSession }) => {
  program
    .command('audit')
    .description('lists who changed what, the latest first')
    .option('--limit <number>', 'how many', '50')
    .action(
      withSession(async ({ api, showTable }, { limit }: { limit: string }) => {
        const { body } = await api.request<{ results: AuditEntry[] }>({ path: '/api/audit_log/', query: { limit } });
        showTable(
          body.results,
          [
            { title: 'time', value: ({ time }) => time },
            { title: 'token', value: ({ token_id: tokenId }) => tokenId },
            { title: 'address', value: ({ ip }) => ip },
            { title: 'action', value: ({ action }) => action },
            { title: 'of', value: ({ target }) => target },
            { title: 'came to', value: ({ status }) => status },
          ],
          'Nothing was changed yet.',
        );
      }),
    );
};
