import { z } from '@hono/zod-openapi';
import { TOKEN_SITES } from '../../../shared/sources/source-sites.ts';
import { time } from '../field-schemas.ts';
import { type Route, route } from '../route.ts';

const LIST = '/api/organizations/@current/secrets/';
const ONE = `${LIST}{name}/`;

const NAME = z.enum(TOKEN_SITES);
const SECRET = z
  .strictObject({ name: NAME, is_set: z.boolean(), set_at: time.nullable() })
  .openapi('Secret', { description: 'A token for a site that plugins come from. It is never shown' });

/** Tokens of the whole deployment: they can be set and taken away, and seen by nobody. */
export const SOURCE_TOKEN_ROUTES: Route[] = [
  route({
    method: 'get',
    path: LIST,
    scope: 'admin',
    summary: 'Lists the tokens for sites that plugins come from: which are set, and since when',
    answer: { status: 200, description: 'All of them', schema: z.array(SECRET) },
    async handle({ sourceTokens }) {
      const set = new Map((await sourceTokens.list()).map(({ name, setAt }) => [name, setAt]));
      const body = TOKEN_SITES.map((name) => ({ name, is_set: set.has(name), set_at: set.get(name) ?? null }));
      return { status: 200, body };
    },
  }),
  route({
    method: 'put',
    path: ONE,
    scope: 'admin',
    summary: 'Sets a token for a site, which is used from the next request on and never shown',
    params: z.object({ name: NAME }),
    body: z.strictObject({
      value: z
        .string()
        .trim()
        .regex(/^[!-~]{1,4096}$/, 'must have 1 to 4096 letters, digits and signs, and no space'),
    }),
    answer: { status: 200, description: 'It is set', schema: SECRET },
    async handle({ sourceTokens }, { params: { name }, body }) {
      const { setAt } = await sourceTokens.set(name, body.value);
      return { status: 200, body: { name, is_set: true, set_at: setAt }, change: { target: `secret ${name}` } };
    },
  }),
  route({
    method: 'delete',
    path: ONE,
    scope: 'admin',
    summary: 'Takes a token for a site away',
    params: z.object({ name: NAME }),
    answer: { status: 204, description: 'There is none any more' },
    async handle({ sourceTokens }, { params: { name } }) {
      await sourceTokens.unset(name);
      return { status: 204, change: { target: `secret ${name}` } };
    },
  }),
];
