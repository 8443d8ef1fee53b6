/** What the `ingestion` queue speaks, chosen at deploy: many events per message, one bare event, or a Celery task. */
export const INGESTION_FORMATS = ['packed', 'event', 'celery'] as const;

export type IngestionFormat = (typeof INGESTION_FORMATS)[number];
