import { relative } from 'node:path';
import { styleText } from 'node:util';
import type { StackPlace } from '../../local/keep-up.ts';
import type { LinkProject } from '../link/project-to-link.ts';
import { plainLine, tableText } from '../table-text.ts';
import type { ChainLink } from './chain.ts';

export interface StartFacts {
  place: StackPlace;
  project: LinkProject;
  chain: readonly ChainLink[];
  /** Folders by the id of the plugin that they are linked as. */
  folders: ReadonlyMap<number, string>;
  /** Whether folders were named, also those that cannot be installed yet. */
  isLinking: boolean;
  /** Of the program's start, and of its longest part. */
  seconds: { all: number; synthesis: number };
  stateDirectory: string;
  workingDirectory: string;
  /** The first token, when it has just been made. */
  token: string | null;
}

/** What people read once the stack is up: where it is, what runs on it, and what to try next. */
export function startText(facts: StartFacts): string {
  const { place, project, chain, folders, seconds, stateDirectory, workingDirectory, token } = facts;
  const shorten = (path: string) => relative(workingDirectory, path) || '.';
  const { EventsQueueUrl: eventsUrl, IngestionQueueUrl: ingestionUrl, AdminUrl: adminUrl } = place.outputs;
  const synthesis = seconds.synthesis < 0.1 ? '' : `, ${seconds.synthesis.toFixed(1)} s of it for the synthesis`;
  const rows = [
    ['send events to', `${eventsUrl}  (SQS; any credentials, ${place.region})`],
    ['or, by HTTP, to', `${adminUrl}api/projects/${project.id}/events/  (with a token of the admin API)`],
    ['they come out of', ingestionUrl],
    ['admin API', `${adminUrl}  (profile "local")`],
    ['state and logs', `${shorten(stateDirectory)}/  (where all else is: stack.json)`],
  ];
  const event = JSON.stringify({ event: 'hello', distinct_id: 'me', properties: { from: 'here' } });
  return [
    '',
    styleText('bold', `Hoglet is up, after ${seconds.all.toFixed(1)} s${synthesis}.`),
    '',
    ...rows.map(([label = '', value]) => `  ${label.padEnd(16)}  ${value}`),
    '',
    ...(token === null ? [] : [`  first token of the admin API, shown this once:  ${token}`, '']),
    ...chainText(project, chain, folders),
    '',
    'Try, from another terminal:',
    '',
    `  npx hoglet send --project ${project.id} '${event}'`,
    '  npx hoglet config list',
    ...(facts.isLinking ? [] : ['  npx hoglet init my-plugin  # then: npx hoglet dev my-plugin']),
    '',
    `Ctrl-C stops it; what is in queues, tables and buckets stays, until you begin anew with --fresh.`,
    '',
  ].join('\n');
}

function chainText(project: LinkProject, chain: readonly ChainLink[], folders: ReadonlyMap<number, string>): string[] {
  const title = `Events of project ${project.id} (${plainLine(project.name)})`;
  if (chain.length === 0) return [`${title} run through no plugin yet.`];
  const rows = chain.map(({ plugin_name: name, plugin, enabled }, index) => ({
    place: `  ${index + 1}.`,
    name,
    more: [folders.get(plugin), enabled ? undefined : 'not enabled'].filter((text) => text !== undefined).join(', '),
  }));
  const columns = [
    { title: '', value: ({ place }: (typeof rows)[number]) => place },
    { title: '', value: ({ name: of }: (typeof rows)[number]) => of },
    { title: '', value: ({ more }: (typeof rows)[number]) => more || ' ' },
  ];
  const [, ...lines] = tableText(rows, columns).split('\n');
  return [`${title} run through`, ...lines];
}
