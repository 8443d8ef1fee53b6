import type { PluginConfigError } from '../registry/plugin-config.ts';
import type { HookError } from '../sandbox/protocol.ts';

/** The registry's shape of a hook's error. */
export function configError(error: HookError, now: number): PluginConfigError {
  const { retry: _, ...rest } = error;
  return { ...rest, time: new Date(now).toISOString() };
}

/** The error of a last attempt whose environment ended before it could tell. */
export function unknownEnd(now: number): PluginConfigError {
  const message = 'setupPlugin was tried too often; the last attempt did not come to an end';
  return { name: 'Error', message, hook: 'setupPlugin', time: new Date(now).toISOString() };
}
