import type { AdminCall } from './admin-client.ts';
import { installDemoProject } from './demo-project.ts';

/** Gives a stack in which nothing is there yet the demo project, so that the first event sent has plugins to run through. */
export async function installIntoEmpty(call: AdminCall): Promise<void> {
  const lists = ['/api/projects/', '/api/organizations/@current/plugins/'] as const;
  const found = await Promise.all(lists.map((path) => call<{ count: number }>('GET', path)));
  if (found.every(({ count }) => count === 0)) await installDemoProject(call);
}
