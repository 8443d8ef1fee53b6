declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Times are milliseconds that a table spends CREATING, DELETING or UPDATING; `path` is a LevelDB directory. */
  export default function dynalite(options?: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
