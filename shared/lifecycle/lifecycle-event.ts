import type { LifecycleDetail, LifecycleEventType } from './lifecycle-details.ts';

type ToldOf<Type extends LifecycleEventType> = { type: Type } & Omit<
  LifecycleDetail<Type>,
  'version' | 'id' | 'function'
>;

/** Something an operator may want to act on, as the one who notices it tells it: the detail-type, and what is particular in the detail. */
export type LifecycleEvent<Type extends LifecycleEventType = LifecycleEventType> = {
  [Each in Type]: ToldOf<Each>;
}[Type];

/** Takes it at once and never throws: it is sent when the invocation has done its work. */
export type TellLifecycleEvent = (event: LifecycleEvent) => void;

/** What a detail says about a plugin config. */
export type PluginFacts = Pick<
  LifecycleDetail<'Plugin recovered'>,
  'pluginConfig' | 'project' | 'plugin' | 'pluginVersion'
>;

/** Of a plugin config that is not known any more only the id is told. */
export function pluginFacts(
  id: number,
  config: { teamId: number; plugin: { name: string; codeHash: string } } | undefined,
): PluginFacts {
  if (config === undefined) return { pluginConfig: id };
  const { teamId, plugin } = config;
  return { pluginConfig: id, project: teamId, plugin: plugin.name, pluginVersion: plugin.codeHash };
}

/** Leaves out what is for the plugin's author, such as the stack. */
export function errorFacts({ name, message, hook, event }: LifecycleDetail<'Plugin disabled'>['error']) {
  return {
    name,
    message,
    ...(hook === undefined ? {} : { hook }),
    ...(event === undefined ? {} : { event: { uuid: event.uuid, event: event.event } }),
  };
}
