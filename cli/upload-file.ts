import { createHash } from 'node:crypto';
import type { ApiClient } from './api-client.ts';
import { UsageError } from './usage-error.ts';

interface Upload {
  id: string;
  part_bytes: number;
  most_bytes: number;
}

/** Sends a file in parts that fit into requests. Gives what names it in the request that uses it. */
export async function uploadFile(
  api: ApiClient,
  content: Uint8Array,
  say: (text: string) => void,
): Promise<{ id: string; parts: number; sha256: string }> {
  const { body: upload } = await api.request<Upload>({ path: '/api/uploads/', method: 'POST' });
  if (content.byteLength > upload.most_bytes)
    throw new UsageError(`The file has ${content.byteLength} bytes; allowed are up to ${upload.most_bytes}.`);
  const parts = Math.max(1, Math.ceil(content.byteLength / upload.part_bytes));
  for (let part = 0; part < parts; part++) {
    const body = content.subarray(part * upload.part_bytes, (part + 1) * upload.part_bytes);
    await api.request({ path: `/api/uploads/${upload.id}/parts/${part}/`, method: 'PUT', body });
    if (parts > 1) say(`Uploaded ${part + 1} of ${parts} parts.`);
  }
  return { id: upload.id, parts, sha256: createHash('sha256').update(content).digest('hex') };
}
