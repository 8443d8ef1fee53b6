import { type Bench, setUpAgain } from './bench.ts';
import { flushExports, retryExport } from './exports.ts';
import { isReady, type Member } from './member.ts';
import { runDueJobs } from './run-due-jobs.ts';

/** Something that happens at a time, milliseconds since 1970. */
interface Due {
  at: number;
  run(): Promise<unknown>;
}

const MINUTE = 60_000;

/** Scheduled tasks run at full minutes, hours and midnights, UTC. */
const PERIODS: [task: string, milliseconds: number][] = [
  ['runEveryMinute', MINUTE],
  ['runEveryHour', 60 * MINUTE],
  ['runEveryDay', 24 * 60 * MINUTE],
];

/** Lets time pass: the clock stops wherever something is due, in order, and ends at its target; what is due right then is done, too. */
export async function advance(bench: Bench, milliseconds: number): Promise<void> {
  const { clock } = bench;
  const target = clock.now() + milliseconds;
  for (;;) {
    const due = firstDue(bench);
    if (due === null || due.at > target) break;
    clock.set(Math.max(clock.now(), due.at));
    await due.run();
    await runDueJobs(bench);
  }
  clock.set(target);
}

/** What comes next; of what is due at the same time, in the order in which it stands here. */
function firstDue(bench: Bench): Due | null {
  const ready = bench.members.filter(isReady);
  const job = bench.jobs.first(ready.map(({ id }) => id));
  const dues = [
    ...bench.members.flatMap((member) => setupDue(bench, member)),
    ...(job === null ? [] : [{ at: job.runAt, run: () => runDueJobs(bench) }]),
    ...bench.exportRetries
      .filter(({ member }) => isReady(member))
      .map((retry) => ({ at: retry.dueAt, run: () => retryExport(bench, retry) })),
    ...ready.flatMap((member) => bufferDue(bench, member)),
    ...ready.flatMap((member) => scheduleDue(bench, member)),
  ];
  return dues.reduce<Due | null>((first, due) => (first === null || due.at < first.at ? due : first), null);
}

function setupDue(bench: Bench, member: Member): Due[] {
  return member.attempts === null ? [] : [{ at: member.attempts.nextAt, run: () => setUpAgain(bench, member) }];
}

function bufferDue(bench: Bench, member: Member): Due[] {
  const at = member.buffer.dueAt();
  return at === null ? [] : [{ at, run: () => flushExports(bench, member) }];
}

function scheduleDue({ host }: Bench, member: Member): Due[] {
  const due = PERIODS.filter(([task]) => member.capabilities.scheduledTasks.includes(task)).map(([task, period]) => ({
    at: (Math.floor(member.scheduledUntil / period) + 1) * period,
    task,
  }));
  const at = Math.min(...due.map((one) => one.at));
  if (due.length === 0) return [];
  const tasks = due.filter((one) => one.at === at).map(({ task }) => task);
  const run = async (): Promise<void> => {
    member.scheduledUntil = at;
    for (const hook of tasks) await host.invoke([{ plugin: member.id, hook }]);
  };
  return [{ at, run }];
}
