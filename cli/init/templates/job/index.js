/** Puts a job aside for each event of that name. */
export async function processEvent(event, { config, jobs }) {
  if (event.event === config.event) {
    await jobs.followUp({ distinctId: event.distinct_id }).runIn(Number(config.minutes), 'minutes');
  }
  return event;
}

/** Jobs by their names: each gets what it was put aside with, in its time. */
export const jobs = {
  async followUp({ distinctId }, { config }) {
    console.log(`${distinctId}: ${config.minutes} minutes are over`);
    await posthog.capture('followed up', { distinct_id: distinctId });
  },
};
