import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ApiClient } from '../api-client.ts';
import { assignments } from '../assignments.ts';
import type { AddCommands } from '../program.ts';
import { plain, tableText } from '../table-text.ts';
import { uploadFile } from '../upload-file.ts';
import { wholeNumber } from '../whole-number.ts';

interface PluginConfig {
  id: number;
  plugin: number;
  plugin_name: string;
  team_id: number;
  enabled: boolean;
  order: number;
  config: Record<string, unknown>;
  error: { name: string; message: string; time: string } | null;
}

const LIST = '/api/plugin_config/';
const path = (id: number) => `${LIST}${id}/`;

export const configCommands: AddCommands = (program, { withSession }) => {
  const config = program.command('config').description('plugins in projects: their values, their order, on and off');
  const id = ['<id>', 'id of the plugin config', wholeNumber] as const;

  config
    .command('list')
    .description('lists plugin configs in the order of the chain')
    .option('--project <id>', 'those of one project', wholeNumber)
    .action(
      withSession(async ({ api, showTable }, { project }: { project?: number }) =>
        showTable(
          await api.listAll<PluginConfig>(LIST, { team_id: project }),
          [
            { title: 'id', value: (each) => each.id },
            { title: 'plugin', value: (each) => `${each.plugin_name} (${each.plugin})` },
            { title: 'project', value: (each) => each.team_id },
            { title: 'order', value: (each) => each.order },
            { title: 'enabled', value: (each) => each.enabled },
            { title: 'error', value: ({ error }) => (error === null ? null : `${error.name}: ${error.message}`) },
          ],
          'There are no plugin configs. `hoglet config add <plugin>` makes one.',
        ),
      ),
    );

  config
    .command('add')
    .argument('<plugin>', 'id of the plugin', wholeNumber)
    .argument('[values...]', 'key=text, key=@file, key:=JSON')
    .description('puts a plugin into a project, last in its chain')
    .option('--project <id>', 'the project; needed when the token reaches several', wholeNumber)
    .option('--enable', 'switches it on at once')
    .action(
      withSession(
        async (
          { api, show },
          plugin: number,
          values: string[],
          { project, enable }: { project?: number; enable?: boolean },
        ) => {
          const body = {
            plugin,
            team_id: project,
            enabled: enable === true,
            config: await assignments(values, readFile),
          };
          const made = await api.request<PluginConfig>({ path: LIST, method: 'POST', body });
          show(made.body, () => describe(made.body));
        },
      ),
    );

  config
    .command('get')
    .argument(...id)
    .description('shows a plugin config; secrets only as set or not set')
    .action(
      withSession(async ({ api, show }, of: number) => {
        const { body } = await api.request<PluginConfig>({ path: path(of) });
        show(body, () => describe(body));
      }),
    );

  config
    .command('set')
    .argument(...id)
    .argument('<values...>', 'key=text, key=@file, key:=JSON (null takes a value away)')
    .description('changes values; those not named stay as they are')
    .action(
      withSession(async ({ api, show }, of: number, values: string[]) => {
        const body = await change(api, of, { config: await assignments(values, readFile) });
        show(body, () => describe(body));
      }),
    );

  for (const [name, enabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    config
      .command(name)
      .argument(...id)
      .description(enabled ? 'switches a plugin config on' : 'switches a plugin config off')
      .action(
        withSession(async ({ api, show }, of: number) => {
          const body = await change(api, of, { enabled });
          show(body, () => `The plugin config ${of} is ${body.enabled ? 'enabled' : 'disabled'}.`);
        }),
      );
  }

  config
    .command('order')
    .argument('<ids...>', 'all plugin configs of the project, first to last', (text: string, before?: number[]) => [
      ...(before ?? []),
      wholeNumber(text),
    ])
    .description('arranges the chain of a project')
    .option('--project <id>', 'the project; needed when the token reaches several', wholeNumber)
    .action(
      withSession(async ({ api, show }, order: number[], { project }: { project?: number }) => {
        const { body } = await api.request<PluginConfig[]>({
          path: `${LIST}rearrange/`,
          method: 'PATCH',
          body: { team_id: project, order },
        });
        show(body, () => body.map((each) => `${each.order}. ${plain(each.plugin_name)} (${each.id})`).join('\n'));
      }),
    );

  config
    .command('attach')
    .argument(...id)
    .argument('<key>', 'the field')
    .argument('<file>', 'the file, of up to 10 MB')
    .description('sets a field that takes a file')
    .option('--type <type>', 'content type of the file', 'application/octet-stream')
    .action(
      withSession(async ({ api, show, say }, of: number, key: string, file: string, { type }: { type: string }) => {
        const upload = await uploadFile(api, await readFile(file), say);
        const { body } = await api.request<PluginConfig>({
          path: `${path(of)}attachments/`,
          method: 'POST',
          body: { key, file_name: basename(file), content_type: type, upload },
        });
        show(body, () => describe(body));
      }),
    );

  config
    .command('remove')
    .argument(...id)
    .description('takes a plugin out of its project, with all it keeps there')
    .action(
      withSession(async ({ api, show }, of: number) => {
        await api.request({ path: path(of), method: 'DELETE' });
        show({ id: of, removed: true }, () => `The plugin config ${of} is gone.`);
      }),
    );
};

/** Changes the plugin config as it is now: who changed it in the same moment is not overwritten. */
async function change(api: ApiClient, id: number, body: Record<string, unknown>): Promise<PluginConfig> {
  const { etag: ifMatch } = await api.request({ path: path(id) });
  return (await api.request<PluginConfig>({ path: path(id), method: 'PATCH', body, ifMatch })).body;
}

function describe(of: PluginConfig): string {
  const state = of.enabled ? 'enabled' : 'disabled';
  const lines = [
    `${plain(of.plugin_name)} (plugin config ${of.id}) in project ${of.team_id}: ${state}, number ${of.order} of the chain`,
  ];
  const values = Object.entries(of.config);
  const columns = [
    { title: 'key', value: ([key]: [string, unknown]) => key },
    { title: 'value', value: ([, value]: [string, unknown]) => plain(value) },
  ];
  if (values.length > 0) lines.push('', tableText(values, columns));
  if (of.error !== null) lines.push('', `${of.error.time} ${plain(of.error.name)}: ${plain(of.error.message)}`);
  return lines.join('\n');
}
