import { interruption } from '../interruption.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { linkFolders } from './link-folders.ts';
import type { LinkNews } from './link-news.ts';
import { pluginFolders } from './plugin-folders.ts';
import { projectToLink } from './project-to-link.ts';

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/**
 * `hoglet plugins install --link`: links a folder to the stack that runs on this machine, until it is interrupted.
 *
 * @throws UsageError for a stack elsewhere: what is half written would run there, and each save would be a version
 */
export async function linkCommand(session: Session, folder: string, wantedProject?: number): Promise<void> {
  const { hostname } = new URL(session.url);
  if (!LOOPBACK.includes(hostname))
    throw new UsageError(
      `--link is for the stack on this machine, and the API is at ${hostname}: choose it with --profile local, or install the ` +
        `plugin as it is now, without --link.`,
    );
  const folders = pluginFolders([folder], process.cwd());
  const signal = interruption();
  const project = await projectToLink(session.api, wantedProject);
  const tell = (news: LinkNews) => session.showLine(news, () => `${news.kind}: ${news.text}`);
  const links = await linkFolders({ api: session.api, folders, projectId: project.id, tell, signal });
  session.say(`Watching ${folder} for project ${project.id}; Ctrl-C ends that, and the last version runs on.`);
  await links.follow();
}
