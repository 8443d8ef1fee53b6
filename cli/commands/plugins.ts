import { linkCommand } from '../link/link-command.ts';
import { packPlugin } from '../pack-plugin.ts';
import type { AddCommands } from '../program.ts';
import type { Session } from '../session.ts';
import { plain, plainLine, tableText } from '../table-text.ts';
import { uploadFile } from '../upload-file.ts';
import { UsageError } from '../usage-error.ts';
import { wholeNumber } from '../whole-number.ts';
import { addLibraryCommand } from './plugin-library.ts';

interface Plugin {
  id: number;
  name: string;
  description: string | null;
  url: string | null;
  tag: string | null;
  latest_tag: string | null;
  update_available: boolean;
  latest_tag_problem: string | null;
  version: number;
  config_schema: { key?: string; type?: string; name?: string; required?: boolean; secret?: boolean }[];
}

interface FileDiff {
  path: string;
  before: { size_bytes: number } | null;
  after: { size_bytes: number } | null;
  text: string | null;
  omitted: string | null;
}

interface Version {
  version: number;
  tag: string | null;
  installed_at: string;
  current: boolean;
}

const LIST = '/api/organizations/@current/plugins/';
const path = (id: number) => `${LIST}${id}/`;

export const pluginCommands: AddCommands = (program, { withSession, write }) => {
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
            {
              title: 'version',
              value: ({ version, tag }) => (tag === null ? version : `${version} (${shortTag(tag)})`),
            },
            {
              title: 'update',
              value: ({ update_available: isThere, latest_tag: latest }) => (isThere ? shortTag(latest ?? '') : null),
            },
            { title: 'from', value: ({ url }) => url },
          ],
          'No plugins are installed. `hoglet plugins install <folder or archive>` installs one.',
        ),
      ),
    );

  addLibraryCommand(plugins, write);

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
    .argument(
      '<from>',
      'a folder or archive on this machine, an npm package, a repository, a URL, or a name of the library',
    )
    .description('installs a plugin')
    .option('--link', 'a folder, on the stack on this machine: installs it again whenever it is saved, until Ctrl-C')
    .option('--project <id>', 'with --link: the project to enable it in; the first unless given', wholeNumber)
    .action(
      withSession(async (session, from: string, { link, project }: { link?: boolean; project?: number }) => {
        if (link === true) return linkCommand(session, from, project);
        if (project !== undefined)
          throw new UsageError('--project goes with --link; `hoglet config add` enables plugins.');
        const { body } = await session.api.request<Plugin>({
          path: LIST,
          method: 'POST',
          body: await sourceOf(from, session),
        });
        session.show(body, () => describe(body));
      }),
    );

  plugins
    .command('update')
    .argument(...id)
    .argument('[from]', 'as for install; the latest of its own source unless given')
    .description('makes another version the one that runs')
    .action(
      withSession(async (session, of: number, from?: string) => {
        const body = from === undefined ? {} : await sourceOf(from, session);
        const answer = await session.api.request<Plugin>({ path: `${path(of)}upgrade/`, method: 'POST', body });
        session.show(answer.body, () => describe(answer.body));
      }),
    );

  plugins
    .command('check')
    .argument(...id)
    .description('asks the source of a plugin whether there is a newer version')
    .action(
      withSession(async ({ api, show }, of: number) => {
        const { body } = await api.request<{ plugin: Plugin }>({ path: `${path(of)}check_for_updates/` });
        const { tag, latest_tag: latest, update_available: isThere } = body.plugin;
        show(body, () =>
          isThere ? `There is ${plain(latest)}; installed is ${plain(tag)}.` : 'There is no newer version.',
        );
      }),
    );

  plugins
    .command('diff')
    .argument(...id)
    .option('--from <version>', 'number of a version; the one that runs unless given', wholeNumber)
    .option('--to <version>', 'number of a version; the latest of its source unless given', wholeNumber)
    .description('shows what differs between two versions')
    .action(
      withSession(async ({ api, show }, of: number, query: { from?: number; to?: number }) => {
        const { body } = await api.request<FileDiff[]>({ path: `${path(of)}diff/`, query });
        show(body, () => (body.length === 0 ? 'Nothing differs.' : body.map(diffText).join('\n')));
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
            { title: 'tag', value: ({ tag }) => tag && shortTag(tag) },
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
      withSession(async ({ api, show }, of: number) => {
        await api.request({ path: path(of), method: 'DELETE' });
        show({ id: of, removed: true }, () => `The plugin ${of} is gone.`);
      }),
    );
};

/** What is there as a file or folder is sent; anything else is for the API to find. */
async function sourceOf(from: string, { api, say }: Session): Promise<object> {
  const packed = await packPlugin(from);
  if (packed === null) return { url: from };
  const upload = await uploadFile(api, packed.content, say);
  say('Building it, and trying to load it …');
  return { upload, file_name: packed.name };
}

function diffText({ path: file, text, omitted, before, after }: FileDiff): string {
  if (text !== null) return text.split('\n').map(plainLine).join('\n');
  const sizes = `${before?.size_bytes ?? 0} → ${after?.size_bytes ?? 0} bytes`;
  return `${plain(file)}: ${sizes}, not shown (${omitted})`;
}

function describe(of: Plugin): string {
  const lines = [
    `${plain(of.name)} (plugin ${of.id}), version ${of.version}${of.tag === null ? '' : ` (${plain(shortTag(of.tag))})`}`,
  ];
  if (of.description !== null) lines.push(plain(of.description));
  if (of.url !== null) lines.push(`From ${plain(of.url)}`);
  if (of.update_available)
    lines.push(`There is a newer version: ${plain(shortTag(of.latest_tag ?? ''))}. \`hoglet plugins update ${of.id}\``);
  if (of.latest_tag_problem !== null) lines.push(`No look for newer versions: ${plain(of.latest_tag_problem)}`);
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

/** Hashes and commits by their first digits, as git shows them. */
function shortTag(tag: string): string {
  return tag.replace(/^((?:sha256:)?[0-9a-f]{12})[0-9a-f]{28,}$/, '$1');
}
