import type { AddCommands } from '../program.ts';

export const initCommand: AddCommands = () => {};
