import { namedError } from './hook-error.ts';

/** Waits for what a hook returned. @throws PostHog's TimeoutError when it takes too long; the work itself goes on. */
export async function within<Value>(limitMilliseconds: number, answer: Value | Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeoutError(limitMilliseconds)), limitMilliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** PostHog's error for a promise that does not settle in time. */
export function timeoutError(limitMilliseconds: number): Error {
  const seconds = limitMilliseconds / 1000;
  return namedError(
    'TimeoutError',
    `Script execution timed out after promise waited for ${seconds} second${seconds === 1 ? '' : 's'}`,
  );
}
