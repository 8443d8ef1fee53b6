/**
 * Reads a partial batch response as Lambda does.
 *
 * A null response, and one without failures or with null or an empty list of them, is a success. A response that is no
 * object, a list that is none, an identifier that is missing, empty, null or unknown to the batch fails the whole batch.
 *
 * @param payload the function's response, JSON text
 * @param messageIds the ids of the whole batch
 * @returns ids of the messages that stay on the queue, or why all of them do
 */
export function failedMessages(
  payload: string,
  messageIds: ReadonlySet<string>,
): { failed: Set<string> } | { malformed: string } {
  let response: unknown;
  try {
    response = JSON.parse(payload);
  } catch {
    return { malformed: 'the response is not JSON' };
  }
  if (response === null) return { failed: new Set() };
  if (typeof response !== 'object' || Array.isArray(response)) {
    return { malformed: `the response is ${JSON.stringify(response)}, expected {"batchItemFailures": […]}` };
  }
  const { batchItemFailures } = response as { batchItemFailures?: unknown };
  if (batchItemFailures === undefined || batchItemFailures === null) return { failed: new Set() };
  if (!Array.isArray(batchItemFailures)) {
    return { malformed: `batchItemFailures is ${JSON.stringify(batchItemFailures)}, expected a list` };
  }
  const failed = new Set<string>();
  for (const failure of batchItemFailures as unknown[]) {
    const id = (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier;
    if (typeof id !== 'string' || !messageIds.has(id)) {
      return { malformed: `${JSON.stringify(failure)} names no message of the batch in itemIdentifier` };
    }
    failed.add(id);
  }
  return { failed };
}
