import { packPlugin } from '../pack-plugin.ts';
import type { AddCommands } from '../program.ts';
import { plain, tableText } from '../table-text.ts';
import { uploadFile } from '../upload-file.ts';
import { wholeNumber } from '../whole-number.ts';

interface Plugin {
  id: number;
  name: string;
  description: string | null;
  url: string | null;
  tag: string | null;
  latest_tag: string | null;
  version: number;
  config_schema: { key?: string; type?: string; name?: string; required?: boolean; secret?: boolean }[];
}

interface Version {
  version: number;
  tag: string | null;
  installed_at: string;
  current: boolean;
}

const LIST = '/api/organizations/@current/plugins/';
const path = (id: number) => `${LIST}${id}/`;

export const pluginCommands: AddCommands = (program, { withSession }) => {
  const plugins = program.command('plugins').description('plugins that are installed, and their versions');
  const id = ['<id>', 'id of the plugin', wholeNumber] as const;

  plugins
    .command('list')
    .description('lists plugins')
    .action(
      withSession(async ({ api, showTable }) =>
        showTable(
          await api.listAll<Plugin>(LIST),
          [
            { title: 'id', value: (each) => each.id },
            { title: 'name', value: ({ name }) => name },
            { title: 'version', value: ({ version, tag }) => (tag === null ? version : `${version} (${tag})`) },
            { title: 'latest', value: ({ tag, latest_tag: latest }) => (latest === tag ? null : latest) },
            { title: 'from', value: ({ url }) => url },
          ],
          'No plugins are installed. `hoglet plugins install <folder or archive>` installs one.',
        ),
      ),
    );

  plugins
    .command('show')
    .argument(...id)
    .description('shows a plugin and the fields that its plugin configs have')
    .action(
      withSession(async ({ api, show }, of: number) => {
        const { body } = await api.request<Plugin>({ path: path(of) });
        show(body, () => describe(body));
      }),
    );

  plugins
    .command('install')
    .argument('<from>', 'a folder, or a .zip, .tgz or .tar.gz, on this machine')
    .option('--plugin <id>', 'makes it the next version of a plugin that is installed', wholeNumber)
    .description('installs a plugin')
    .action(
      withSession(async ({ api, show, say }, from: string, { plugin }: { plugin?: number }) => {
        const { content, name } = await packPlugin(from);
        const upload = await uploadFile(api, content, say);
        say('Building it, and trying to load it …');
        const { body } = await api.request<Plugin>({
          path: plugin === undefined ? LIST : `${path(plugin)}upgrade/`,
          method: 'POST',
          body: { upload, file_name: name },
        });
        show(body, () => describe(body));
      }),
    );

  plugins
    .command('versions')
    .argument(...id)
    .description('lists the versions that were installed')
    .action(
      withSession(async ({ api, showTable }, of: number) =>
        showTable(
          await api.listAll<Version>(`${path(of)}versions/`),
          [
            { title: 'version', value: ({ version }) => version },
            { title: 'tag', value: ({ tag }) => tag },
            { title: 'installed', value: ({ installed_at: time }) => time },
            { title: 'runs', value: ({ current }) => current },
          ],
          'There are no versions.',
        ),
      ),
    );

  plugins
    .command('rollback')
    .argument(...id)
    .requiredOption('--to <version>', 'number of the version, as `hoglet plugins versions` lists it', wholeNumber)
    .description('goes back to a version that was installed before')
    .action(
      withSession(async ({ api, show }, of: number, { to }: { to: number }) => {
        const { body } = await api.request<Plugin>({
          path: `${path(of)}rollback/`,
          method: 'POST',
          body: { version: to },
        });
        show(body, () => describe(body));
      }),
    );

  plugins
    .command('remove')
    .argument(...id)
    .description('removes a plugin that no project has any more')
    .action(
      withSession(async ({ api, say }, of: number) => {
        await api.request({ path: path(of), method: 'DELETE' });
        say(`The plugin ${of} is gone.`);
      }),
    );
};

function describe(of: Plugin): string {
  const lines = [
    `${plain(of.name)} (plugin ${of.id}), version ${of.version}${of.tag === null ? '' : ` (${plain(of.tag)})`}`,
  ];
  if (of.description !== null) lines.push(plain(of.description));
  if (of.url !== null) lines.push(`From ${plain(of.url)}`);
  const fields = of.config_schema.filter(({ key }) => key !== undefined);
  if (fields.length > 0) {
    const columns = [
      { title: 'field', value: ({ key }: (typeof fields)[number]) => key },
      { title: 'type', value: ({ type }: (typeof fields)[number]) => type },
      { title: 'required', value: ({ required }: (typeof fields)[number]) => required === true },
      { title: 'secret', value: ({ secret }: (typeof fields)[number]) => secret === true },
      { title: 'name', value: ({ name }: (typeof fields)[number]) => name },
    ];
    lines.push('', tableText(fields, columns));
  }
  return lines.join('\n');
}
