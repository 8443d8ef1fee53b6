import type { SandboxAttachment } from '../protocol.ts';
import type { RealmValues } from '../realm-values.ts';

/** `meta.attachments`: the user's files by the key of their field. The bytes are the plugin's own copy. */
export function createAttachments(files: Record<string, SandboxAttachment>, realm: RealmValues): object {
  const attachments = Object.entries(files).map(([key, { contentType, fileName, contentsBase64 }]) => {
    const contents = Buffer.from(contentsBase64, 'base64');
    return [key, realm.object({ content_type: contentType, file_name: fileName, contents })] as const;
  });
  return realm.object(Object.fromEntries(attachments));
}
