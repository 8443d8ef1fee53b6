import type { LifecycleLog } from '../../shared/host/lifecycle-log.ts';
import type { BenchHost } from './bench-host.ts';
import type { Clock } from './clock.ts';
import type { JobBoard } from './job-board.ts';
import { type Journal, shortText } from './journal.ts';
import { isReady, type Member, takeLoadResult, takeSetupResult } from './member.ts';

/** What a scenario is run with. */
export interface Bench {
  host: BenchHost;
  clock: Clock;
  journal: Journal;
  /** Writes the lines of the host about loading. */
  lifecycle: LifecycleLog;
  jobs: JobBoard;
  /** The chain in its order; the last one is the plugin under test. */
  members: Member[];
  /** Every `team_id` that events of the scenario have. */
  teams: Set<unknown>;
  /** Exports that are to be tried again. */
  exportRetries: ExportRetry[];
}

/** A batch of events that `exportEvents` asked to have again. */
export interface ExportRetry {
  member: Member;
  /** JSON texts. */
  events: string[];
  /** Of this retry, from 1. */
  retry: number;
  dueAt: number;
}

export function ownMember({ members }: Bench): Member {
  return members.at(-1) as Member;
}

/** Loads what is not loaded, and has events run through all but those whose last setup failed. */
export async function install({ host, clock, journal, lifecycle, members, teams }: Bench): Promise<void> {
  const present = members.filter(({ source }) => source !== null);
  await host.install({
    plugins: present.map(({ source }) => source as NonNullable<typeof source>),
    chain: present.filter((member) => isReady(member) || !member.isLoaded).map(({ id }) => id),
    teams,
    onLoad(result) {
      const member = members.find(({ id }) => id === result.id);
      if (member === undefined) return;
      takeLoadResult(member, result, clock.now());
      if (result.error === undefined) {
        lifecycle.loaded(member.id, member.source ?? undefined);
        return;
      }
      const listed = journal.error(result.error);
      member.setup.error = shortText(listed);
      lifecycle.failed(member, listed, member.attempts, result.error.retry);
    },
  });
}

/** Runs setupPlugin again: of a plugin that is loaded in place, else by loading it again. */
export async function setUpAgain(bench: Bench, member: Member): Promise<void> {
  if (member.source === null) return;
  if (!member.isLoaded) {
    member.source = { ...member.source };
    await install(bench);
    return;
  }
  const wasReady = isReady(member);
  const hasSetup = member.capabilities.methods.includes('setupPlugin');
  const [result] = hasSetup ? await bench.host.invoke([{ plugin: member.id, hook: 'setupPlugin' }]) : [];
  takeSetupResult(member, result ?? {}, bench.clock.now());
  if (result?.listed !== undefined) member.setup.error = shortText(result.listed);
  if (isReady(member) !== wasReady) await install(bench);
}
