import { z } from '@hono/zod-openapi';
import { PLUGIN_LIBRARY } from '../../../shared/sources/plugin-library.ts';
import { type Route, route } from '../route.ts';
import { PLUGINS_PATH } from './plugins.ts';

const LIBRARY_PLUGIN = z
  .strictObject({ name: z.string(), description: z.string(), url: z.string() })
  .openapi('LibraryPlugin');

export const PLUGIN_LIBRARY_ROUTES: Route[] = [
  route({
    method: 'get',
    path: `${PLUGINS_PATH}repository/`,
    scope: 'read',
    summary: 'Lists known public plugins, which can be installed by their names',
    answer: { status: 200, description: 'All of them', schema: z.array(LIBRARY_PLUGIN) },
    handle: async () => ({
      status: 200,
      body: PLUGIN_LIBRARY.map(({ name, description, source }) => ({ name, description, url: source })),
    }),
  }),
];
