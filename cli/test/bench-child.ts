import { randomUUID } from 'node:crypto';
import type { PluginEvent } from '../../shared/event/plugin-event.ts';
import { startSandbox } from '../../shared/sandbox/start.ts';
import type { AskBench } from './child-asks.ts';
import { stubAgents } from './stub-agents.ts';
import { stubTransport } from './stub-transport.ts';
import { installOwnVirtualDate, installVirtualDate } from './virtual-date.ts';

let time = 0;
let ask: AskBench | null = null;
const now = () => time;

startSandbox({
  now,
  createUuid: randomUUID,
  transport: stubTransport((request) => (ask as AskBench)('bench.http', request)),
  // Plugins get what the scenario says, however odd.
  checkEvent: (value) => value as PluginEvent,
  prepareRealm: (realm) => installVirtualDate(realm, now),
  onClock(told) {
    time = told;
  },
  onStart(askParent) {
    const askBench = askParent as AskBench;
    ask = askBench;
    void askBench('bench.started', null);
    installOwnVirtualDate(now);
    stubAgents((request) => askBench('bench.http', request));
  },
  onError: (plugin, error) => void ask?.('bench.error', { plugin, error }),
});
