import { z } from '@hono/zod-openapi';

const MOST_PER_PAGE = 500;

/** A number in a query: text there. */
export const numberText = (standard: number, least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`)
    .default(standard)
    .openapi({ type: 'integer', minimum: least, maximum: most, default: standard });

/** Which part of a list: as in PostHog, `limit` and `offset`. */
export const PAGE_QUERY = { limit: numberText(100, 1, MOST_PER_PAGE), offset: numberText(0, 0, 999_999_999) };

export interface PageOf<Item> {
  count: number;
  next: string | null;
  previous: string | null;
  results: Item[];
}

export function pageOf(item: z.ZodType) {
  return z.strictObject({
    count: z.int(),
    next: z.string().nullable(),
    previous: z.string().nullable(),
    results: z.array(item),
  });
}

/** Cuts a list into a page. The links are paths, since only the client knows by which host it came. */
export function page<Item>(all: readonly Item[], { limit, offset }: { limit: number; offset: number }, url: URL) {
  const link = (start: number): string => {
    const query = new URLSearchParams(url.searchParams);
    query.set('limit', String(limit));
    query.set('offset', String(start));
    return `${url.pathname}?${query.toString()}`;
  };
  return {
    count: all.length,
    next: offset + limit < all.length ? link(offset + limit) : null,
    previous: offset > 0 ? link(Math.max(0, offset - limit)) : null,
    results: all.slice(offset, offset + limit),
  } satisfies PageOf<Item>;
}
