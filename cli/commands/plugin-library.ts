import type { Command } from 'commander';
import { PLUGIN_LIBRARY } from '../../shared/sources/plugin-library.ts';
import { tableText } from '../table-text.ts';

/** The list is part of this checkout: showing it takes no API. */
export function addLibraryCommand(plugins: Command, write: (text: string) => void): void {
  plugins
    .command('library')
    .description('lists public plugins that are known to run, which can be installed by name')
    .action((_options: unknown, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const table = tableText(PLUGIN_LIBRARY, [
        { title: 'name', value: ({ name }) => name },
        { title: 'what it does', value: ({ description }) => description },
        { title: 'from', value: ({ source }) => source },
      ]);
      write(
        json === true
          ? `${JSON.stringify(PLUGIN_LIBRARY, null, 2)}\n`
          : `${table}\n\n\`hoglet plugins install "GeoIP"\` installs one. Their code is other people’s: read it before.\n`,
      );
    });
}
