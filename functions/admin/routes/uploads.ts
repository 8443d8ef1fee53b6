import { z } from '@hono/zod-openapi';
import type { UploadedFile } from '../../../shared/aws/uploads.ts';
import type { AdminDeps } from '../admin-deps.ts';
import type { Caller } from '../caller.ts';
import { Problem } from '../problem.ts';
import { inputProblem } from '../read-input.ts';
import { type Route, route } from '../route.ts';

/** PostHog's limit of an attachment. Plugins are smaller. */
export const MOST_UPLOAD_BYTES = 10 * 1024 * 1024;
/** As base64 in the event of a function URL a part takes a third more: 4 MiB become 5.6 MB of 6. */
const PART_BYTES = 4 * 1024 * 1024;
const MOST_PARTS = Math.ceil(MOST_UPLOAD_BYTES / PART_BYTES);

const uploadId = z.string().regex(/^[0-9a-f]{32}$/, 'must be the id of an upload');

/** How a request names a file that was sent before. */
export const UPLOAD = z
  .strictObject({
    id: uploadId,
    parts: z.int().min(1).max(MOST_PARTS),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  })
  .openapi('Upload');

export const UPLOAD_ROUTES: Route[] = [
  route({
    method: 'post',
    path: '/api/uploads/',
    scope: 'write',
    audited: false,
    summary: 'Begins to send a file, in parts that fit into requests',
    answer: {
      status: 201,
      description: 'Where the parts go. An upload that is not used is gone after a day',
      schema: z.strictObject({ id: uploadId, part_bytes: z.int(), most_bytes: z.int() }),
    },
    handle: async ({ newUploadId }) => {
      const id = newUploadId();
      return {
        status: 201,
        body: { id, part_bytes: PART_BYTES, most_bytes: MOST_UPLOAD_BYTES },
      };
    },
  }),
  route({
    method: 'put',
    path: '/api/uploads/{id}/parts/{part}/',
    scope: 'write',
    audited: false,
    summary: 'Sends a part; sending it again replaces it',
    params: z.object({
      id: uploadId,
      part: z
        .string()
        .regex(/^\d$/, `must be a number from 0 to ${MOST_PARTS - 1}`)
        .transform(Number)
        .refine((part) => part < MOST_PARTS, `must be a number from 0 to ${MOST_PARTS - 1}`)
        .openapi({ type: 'integer', minimum: 0, maximum: MOST_PARTS - 1 }),
    }),
    bodyBytes: PART_BYTES,
    answer: { status: 204, description: 'It is stored' },
    handle: async ({ uploads }, { params, body, caller }) => {
      await uploads.putPart(ownerOf(caller), params.id, params.part, body);
      return { status: 204 };
    },
  }),
];

/** Reads a file that was sent by the same token. @throws Problem when it is not there, too large, or not what was sent */
export async function readUpload({ uploads }: Pick<AdminDeps, 'uploads'>, caller: Caller, file: UploadedFile) {
  const content = await uploads.read(ownerOf(caller), file, MOST_UPLOAD_BYTES);
  if (typeof content !== 'string') return content;
  if (content === 'too_large') throw new Problem('payload_too_large', `Allowed are ${MOST_UPLOAD_BYTES} bytes`);
  const message =
    content === 'part_missing' ? 'a part is missing: send all of them with this token' : 'has another sha256';
  throw inputProblem([{ path: 'body.upload', message }]);
}

export function ownerOf({ tokenId }: Caller): string {
  return tokenId ?? 'nobody';
}
