import { randomUUID } from 'node:crypto';
import { startSandbox } from './start.ts';

startSandbox({ now: Date.now, createUuid: randomUUID });
