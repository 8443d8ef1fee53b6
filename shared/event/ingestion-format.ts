/** What the `ingestion` queue speaks, chosen at deploy: many events per message, one bare event, or a Celery task. */
export const INGESTION_FORMATS = ['packed', 'event', 'celery'] as const;

/** How packed messages of the `ingestion` queue are compressed, when they are: what the consumer reads decides. */
export const INGESTION_COMPRESSIONS = ['gzip', 'zstd'] as const;

export type IngestionCompression = (typeof INGESTION_COMPRESSIONS)[number];

export type IngestionFormat = (typeof INGESTION_FORMATS)[number];
