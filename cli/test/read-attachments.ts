import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SandboxAttachment } from '../../shared/sandbox/protocol.ts';
import { UsageError } from '../usage-error.ts';
import { findPath } from './find-path.ts';
import type { Attachment } from './scenario.ts';

/** Reads the files of a scenario as if a user had uploaded them. @throws UsageError when one is not there. */
export async function readAttachments(
  attachments: Readonly<Record<string, Attachment>>,
  folders: readonly string[],
): Promise<Record<string, SandboxAttachment>> {
  const read = Object.entries(attachments).map(async ([key, attachment]) => {
    const { file_name, content_type, path, text, base64 } = attachment;
    const contents =
      path === undefined
        ? Buffer.from(text ?? base64 ?? '', text === undefined ? 'base64' : 'utf8')
        : await readContents(path, `attachments.${key}.path`, folders);
    return [
      key,
      {
        fileName: file_name ?? (path === undefined ? key : basename(path)),
        contentType: content_type ?? (text === undefined ? 'application/octet-stream' : 'text/plain'),
        contentsBase64: contents.toString('base64'),
      },
    ] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

function readContents(path: string, where: string, folders: readonly string[]): Promise<Buffer> {
  return readFile(findPath(path, where, folders)).catch((error: unknown) => {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`The scenario cannot be used:\n- ${where}: ${(error as Error).message}`);
  });
}
