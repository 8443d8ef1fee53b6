import { putObject } from '../aws/put-object.ts';
import type { PluginAttachment } from './plugin-config.ts';
import { type ObjectPlace, sha256 } from './plugin-objects.ts';
import { attachmentKey } from './registry-items.ts';
import { refuseInvalid } from './registry-refusal.ts';

export const MAX_ATTACHMENT_BYTES = 10 * 1024 * 1024;

/** Of names and types: nobody has longer ones, and they lie in an item. */
const MAX_TEXT_CHARACTERS = 255;

/**
 * Uploads a file under its hash, for a plugin config that names it afterwards. Is no change by itself.
 *
 * @throws RegistryRefusal `invalid` when it is too large
 */
export async function putAttachment(
  { s3, bucket }: ObjectPlace,
  { contentType, fileName }: Omit<PluginAttachment, 'key'>,
  contents: Uint8Array,
): Promise<PluginAttachment> {
  const bytes = contents.byteLength;
  refuseInvalid('attachment', {
    ...(bytes > MAX_ATTACHMENT_BYTES && { contents: `has ${bytes} bytes; up to ${MAX_ATTACHMENT_BYTES} are allowed` }),
    ...problemOfText('fileName', fileName),
    ...problemOfText('contentType', contentType),
  });
  const key = attachmentKey(sha256(contents));
  await putObject(s3, bucket, key, contents, contentType);
  return { contentType, fileName, key };
}

function problemOfText(field: string, text: string): Record<string, string> {
  return text.length > MAX_TEXT_CHARACTERS
    ? { [field]: `has ${text.length} characters; up to ${MAX_TEXT_CHARACTERS} are allowed` }
    : {};
}
