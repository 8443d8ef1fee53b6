import { marking } from '../../support/flow-project.ts';
import type { Run, Scenario } from '../scenario.ts';

const DAY = 86_400_000;
/** How often the rule ticks in a run. */
const DAYS = 2;

/** The daily look for newer versions of plugins, on two days. */
export const updates: Scenario<null> = {
  name: 'updates',
  functions: ['check-updates'],
  projects: [[marking('marked')]],
  begins: 'warm',
  async act({ world }: Run) {
    await world.setRules(['CheckUpdates']);
    await world.clock.advance(DAYS * DAY);
    await world.setRules([]);
    return null;
  },
  judge(_, outcome) {
    const looks = outcome.lines().filter(({ message }) => String(message).startsWith('Looked for newer versions'));
    return looks.length >= DAYS ? [] : [`${looks.length} of ${DAYS} looks for newer versions came to their end`];
  },
};
