import type { PluginManifest } from '../../shared/plugins/manifest.ts';

/**
 * What a settings form would have asked for: values and files that are required and missing, choices that are none. None of it keeps a
 * plugin from running; its own check speaks.
 */
export function configWarnings(
  { config: fields }: PluginManifest,
  config: Readonly<Record<string, unknown>>,
  attachments: readonly string[],
): string[] {
  return fields.flatMap(({ key, type, required, choices }) => {
    if (key === undefined) return [];
    if (type === 'attachment') {
      return required === true && !attachments.includes(key)
        ? [`The attachment "${key}" is required by plugin.json and missing`]
        : [];
    }
    const value = config[key];
    const isMissing = value === undefined || value === null || value === '';
    if (isMissing) return required === true ? [`The config value "${key}" is required by plugin.json and missing`] : [];
    if (type !== 'choice') return [];
    if (choices === undefined) return [`The config field "${key}" is a choice, and plugin.json has no choices for it`];
    return choices.includes(String(value))
      ? []
      : [`The config value "${key}" is ${JSON.stringify(value)}; plugin.json allows ${choices.join(', ')}`];
  });
}
