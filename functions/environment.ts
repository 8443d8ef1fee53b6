/** The one place where the environment is read. Entries hand on what their function needs. */
export const environment: Record<string, string | undefined> = process.env;
