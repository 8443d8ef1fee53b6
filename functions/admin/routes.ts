import type { Route } from './route.ts';
import { AUDIT_ROUTES } from './routes/audit-log.ts';
import { DEAD_LETTER_ROUTES } from './routes/dead-letters.ts';
import { PLUGIN_CONFIG_ACTION_ROUTES } from './routes/plugin-config-actions.ts';
import { PLUGIN_CONFIG_JOB_ROUTES } from './routes/plugin-config-jobs.ts';
import { PLUGIN_CONFIG_REPORT_ROUTES } from './routes/plugin-config-reports.ts';
import { PLUGIN_CONFIG_ROUTES } from './routes/plugin-configs.ts';
import { PLUGIN_LIBRARY_ROUTES } from './routes/plugin-library.ts';
import { PLUGIN_VERSION_ROUTES } from './routes/plugin-versions.ts';
import { PLUGIN_ROUTES } from './routes/plugins.ts';
import { PROJECT_EVENT_ROUTES } from './routes/project-events.ts';
import { PROJECT_ROUTES } from './routes/projects.ts';
import { serviceRoutes } from './routes/service.ts';
import { SOURCE_TOKEN_ROUTES } from './routes/source-tokens.ts';
import { TOKEN_ROUTES } from './routes/tokens.ts';
import { UPLOAD_ROUTES } from './routes/uploads.ts';

/** Everything the API does. docs/admin-api.md has the same table. */
export const ROUTES: readonly Route[] = [
  ...serviceRoutes(() => ROUTES),
  ...PROJECT_ROUTES,
  ...PROJECT_EVENT_ROUTES,
  // Before `/{id}/`, which would take them for ids.
  ...PLUGIN_CONFIG_ACTION_ROUTES,
  ...PLUGIN_CONFIG_ROUTES,
  ...PLUGIN_CONFIG_JOB_ROUTES,
  ...PLUGIN_CONFIG_REPORT_ROUTES,
  // Before a plugin, for whose id it would be taken.
  ...PLUGIN_LIBRARY_ROUTES,
  ...PLUGIN_ROUTES,
  ...PLUGIN_VERSION_ROUTES,
  ...DEAD_LETTER_ROUTES,
  ...SOURCE_TOKEN_ROUTES,
  ...UPLOAD_ROUTES,
  ...TOKEN_ROUTES,
  ...AUDIT_ROUTES,
];
