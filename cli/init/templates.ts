/** What a plugin can be begun with, by name; `cli/init/templates` has the files of each. */
export const TEMPLATES = {
  process: 'changes or drops events before they are ingested',
  export: 'sends events elsewhere in batches, again and again until they are taken',
  webhook: 'makes a request of an event',
  scheduled: 'does something every minute, hour or day',
  job: 'does something some time after an event',
} as const;

export type TemplateName = keyof typeof TEMPLATES;

export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];
