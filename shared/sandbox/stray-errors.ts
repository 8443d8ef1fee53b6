/** What fails outside of any call, for example in a promise nobody awaited, belongs to the plugin that its stack names. */
export function recordStrayErrors(record: (plugin: number | null, error: unknown) => void): void {
  const onError = (error: unknown) => {
    const plugin = /plugin-config-(\d+)\//.exec(stackOf(error))?.[1];
    record(plugin === undefined ? null : Number(plugin), error);
  };
  process.on('unhandledRejection', onError);
  process.on('uncaughtException', onError);
}

/** What was thrown may bite when it is read. */
function stackOf(error: unknown): string {
  try {
    const stack = (error as Error | undefined)?.stack;
    return typeof stack === 'string' ? stack : '';
  } catch {
    return '';
  }
}
