import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../api-client.ts';
import { plainLine } from '../table-text.ts';

interface FailedConfig {
  plugin: number;
  plugin_name: string;
  error: { time: string; stack?: string; event?: { event: string } } | null;
}

export interface ErrorPlacesDeps {
  api: ApiClient;
  /** Folders by the id of the plugin that they are linked as. */
  folders(): ReadonlyMap<number, string>;
  tell(text: string): void;
}

/** The line of the log comes first; so long after it the registry has the error with its stack. */
const RECORDED_MILLISECONDS = 500;

/** Tells, some time after a plugin has failed, where in its author's files that was, each error once. Gives what to call with the plugin config. */
export function createErrorPlaces({ api, folders, tell }: ErrorPlacesDeps): (pluginConfigId: number) => void {
  const asked = new Set<number>();
  const told = new Set<string>();

  const look = async (id: number): Promise<void> => {
    await sleep(RECORDED_MILLISECONDS);
    asked.delete(id);
    const { body } = await api.request<FailedConfig>({ path: `/api/plugin_config/${id}/` });
    const frame = body.error?.stack?.split('\n').find((line) => /^\s+at .*:\d+:\d+/.test(line));
    if (body.error === null || frame === undefined || told.has(`${id} ${body.error.time}`)) return;
    told.add(`${id} ${body.error.time}`);
    const folder = folders().get(body.plugin);
    const place = folder === undefined ? frame : frame.replace(/(?<=\(|at )(?=\w[\w./-]*:\d+:\d+)/, `${folder}/`);
    const event = body.error.event === undefined ? '' : `, for the event ${body.error.event.event}`;
    tell(plainLine(`${body.plugin_name}: that was ${place.trim()}${event}`));
  };

  return (id) => {
    if (asked.has(id)) return;
    asked.add(id);
    // It is but a help: the stack may be stopping.
    look(id).catch(() => {});
  };
}
