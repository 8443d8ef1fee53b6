import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Ports by the logical id of what listens on them, as they were on the last run. */
export interface KeptPorts {
  /** 0 when there is none yet. */
  get(logicalId: string): Promise<number>;
  set(logicalId: string, port: number): Promise<void>;
}

/** @param file JSON that people may change, too; nothing is kept when it is not given */
export function createKeptPorts(file: string | undefined): KeptPorts {
  const read = async (): Promise<Record<string, number>> => {
    if (file === undefined) return {};
    try {
      return JSON.parse(await readFile(file, 'utf8')) as Record<string, number>;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw new Error(`${file} cannot be read; it must be JSON such as {"AdminFunctionUrl": 4000}`, { cause: error });
    }
  };
  return {
    async get(logicalId) {
      const port = (await read())[logicalId] ?? 0;
      if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
      throw new Error(`${file}: the port of ${logicalId} is ${JSON.stringify(port)}; allowed are 0 to 65535`);
    },
    async set(logicalId, port) {
      if (file === undefined) return;
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${JSON.stringify({ ...(await read()), [logicalId]: port }, null, 2)}\n`);
    },
  };
}
