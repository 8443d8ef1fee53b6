import { z } from '@hono/zod-openapi';

/** An id in a path or a query: text there, a number behind. */
export const idText = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number)
  .openapi({ type: 'integer', example: 1 });

export const id = z.int().min(0).max(999_999_999_999_999).openapi({ example: 1 });

export const byId = z.object({ id: idText });

/** ISO 8601. */
export const time = z.string().openapi({ format: 'date-time', example: '2026-03-02T08:00:00.000Z' });

/** A time that a client gives: milliseconds since 1970, behind. */
export const instant = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-03-02T08:00:00Z' })
  .transform((text) => Date.parse(text))
  .openapi({ type: 'string', format: 'date-time', example: '2026-03-02T08:00:00Z' });

/** A parameter of a query that may be given more than once. */
export function repeated<Item extends z.ZodType>(item: Item) {
  return z
    .preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(item).min(1).max(50))
    .optional()
    .openapi({ type: 'array', items: { type: 'string' }, description: 'May be given more than once' });
}

export const label = z.string().trim().min(1).max(200);
