/** Calls the admin API of a stack on this machine. @throws an error with what it answered, when that is no success */
export type AdminCall = <Answer>(
  method: 'GET' | 'POST' | 'PUT',
  path: `/api/${string}/`,
  body?: unknown,
) => Promise<Answer>;

/** @param url as the stack's output `AdminUrl` has it, with a slash at its end */
export function createAdminCall(url: string, token: string): AdminCall {
  return async <Answer>(method: string, path: string, body?: unknown) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new Error(`${method} ${path} was answered with ${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  };
}
