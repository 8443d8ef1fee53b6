import { join } from 'node:path';
import { cachedAssembly } from '../../local/cached-assembly.ts';
import { createAdminCall } from '../../local/demo/admin-client.ts';
import { firstToken, readProfile } from '../../local/demo/first-token.ts';
import { installIntoEmpty } from '../../local/demo/install-into-empty.ts';
import { setTokensOfEnvironment } from '../../local/demo/tokens-of-environment.ts';
import { keepUp, type StackPlace } from '../../local/keep-up.ts';
import { LOCAL_CONTEXT } from '../../local/local-settings.ts';
import type { QueuedMessage } from '../../local/servers/queue-and-bucket-server.ts';
import type { LocalStack } from '../../local/start-local-stack.ts';
import { createApiClient } from '../api-client.ts';
import { interruption } from '../interruption.ts';
import { linkFolders } from '../link/link-folders.ts';
import { pluginFolders } from '../link/plugin-folders.ts';
import { projectToLink } from '../link/project-to-link.ts';
import { localState, readProfiles } from '../profile-files.ts';
import type { ProgramSurroundings } from '../program.ts';
import { resolveConfig } from '../resolve-config.ts';
import { createChain } from './chain.ts';
import type { DevNews } from './dev-news.ts';
import { printNews } from './print-news.ts';
import { startText } from './start-text.ts';
import { messageListener, watchStack } from './watch-stack.ts';

export interface DevOptions {
  folders: readonly string[];
  port: number | undefined;
  fresh: boolean;
  /** Whether events that come out are told, one by one. */
  events: boolean;
  json: boolean;
}

/** `hoglet dev`: the whole stack on this machine until it is interrupted, with folders that are installed whenever they are saved. @throws UsageError */
export async function dev(options: DevOptions, { env, write }: ProgramSurroundings): Promise<void> {
  const workingDirectory = process.cwd();
  const folders = pluginFolders(options.folders, workingDirectory);
  const stateDirectory = localState(env);
  const interrupted = interruption();
  const paper = { write, json: options.json, columns: process.stdout.columns as number | undefined };
  const tell = (news: DevNews) => printNews(paper, news);
  const say = (line: string) => (options.json ? undefined : write(`${line}\n`));
  const seconds = { all: 0, synthesis: 0 };
  let hear: (message: QueuedMessage) => void = () => {};

  const whileUp = async (stack: LocalStack, place: StackPlace): Promise<void> => {
    const profilesFile = join(stateDirectory, 'profiles.json');
    const token = await firstToken(stack, profilesFile);
    if (options.json) write(`${JSON.stringify(place)}\n`);
    const file = await readProfiles({ own: profilesFile, local: profilesFile });
    const api = createApiClient(resolveConfig({ flags: { profile: 'local' }, env: {}, file }));
    const admin = await adminOf(profilesFile);
    if (folders.length === 0) await installIntoEmpty(admin);
    const taken = await setTokensOfEnvironment(admin, env);
    if (taken.length > 0) say(`Plugins are fetched with ${taken.join(', ')} of your environment.`);
    const project = await projectToLink(api);
    const chain = createChain(api, project.id);
    await chain.read();
    let linkedFolders: () => ReadonlyMap<number, string> = () => new Map();
    watchStack({ stack, api, chain, folders: () => linkedFolders(), tell });
    if (options.events) hear = messageListener(place, tell);
    const links = await linkFolders({
      api,
      folders,
      projectId: project.id,
      tell: (news) => tell({ ...news, at: Date.now() }),
      signal: interrupted,
    });
    linkedFolders = links.folders;
    await chain.read();
    seconds.all = performance.now() / 1000;
    if (options.json) tell({ kind: 'ready', at: Date.now(), text: 'Hoglet is up', seconds });
    else {
      const facts = {
        place,
        project,
        chain: chain.links(),
        folders: links.folders(),
        seconds,
        token,
        isLinking: folders.length > 0,
      };
      say(startText({ ...facts, stateDirectory, workingDirectory }));
    }
    await links.follow();
    say('\nStopping …');
  };

  try {
    await keepUp({
      stateDirectory,
      fresh: options.fresh,
      async synthesise(directory) {
        const startedAt = performance.now();
        const onSynthesis = () => say('Synthesising the CDK app, as its sources have changed …');
        await cachedAssembly({ directory, context: LOCAL_CONTEXT, signal: interrupted, onSynthesis });
        seconds.synthesis = (performance.now() - startedAt) / 1000;
      },
      stackOptions: {
        onMessage: (message) => hear(message),
        onProblem: (problem) => tell({ kind: 'fault', at: Date.now(), text: problem }),
        ...(options.port === undefined ? {} : { functionUrlPort: options.port }),
      },
      whileUp,
      interrupted,
    });
  } catch (error) {
    if (!interrupted.aborted || error !== interrupted.reason) throw asThingsStand(error);
  }
  say('Stopped; nothing runs any more.');
}

/** The admin API as the profile that was just written names it. */
async function adminOf(profilesFile: string) {
  const profile = await readProfile(profilesFile);
  if (profile?.url === undefined || profile.token === undefined)
    throw new Error('The stack has no admin API; `adminApi` must not be switched off for `hoglet dev`');
  return createAdminCall(profile.url, profile.token);
}

/** That another stack runs, or another program has the port, is no fault of the command. */
function asThingsStand(error: unknown): unknown {
  const { name, cause } = error as Error;
  const isExpected = name === 'LockedError' || (cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
  return isExpected ? Object.assign(error as Error, { exitCode: 7 }) : error;
}
