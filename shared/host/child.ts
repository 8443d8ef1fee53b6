import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { createFrameReader, createFrameWriter, type FrameListener, type FrameWriter } from '../sandbox/frames.ts';

/** How to start the plugin host's child. */
export interface ChildOptions {
  /** The child's entry file: `sandbox/main.ts`, or the bundle made from it. */
  entry: string;
  /** What the child may read; nothing else of the file system, and never write. */
  readablePaths: string[];
  /** Limit of the child's JavaScript heap, MiB. */
  heapMegabytes: number;
}

export interface Child {
  processId: number;
  writer: FrameWriter;
  /** Resolves when the process is gone, with why. */
  exited: Promise<ChildExit>;
  kill(): void;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr: V8 tells there of an exhausted heap. */
  lastWords: string;
}

/** Characters of stderr that are kept. */
const LAST_WORDS = 4000;

/**
 * Starts a process that owns nothing: an empty environment, so no credential and no token; Node's permission model with read access
 * to `readablePaths` alone, so no other file, no process, no worker, no addon, no inspector; a limit on its heap.
 * It ends by itself when this process ends, since its socket closes.
 */
export function startChild(options: ChildOptions, onFrame: FrameListener): Child {
  const nothing = openSync('/dev/null', 'r');
  const child = spawn(
    process.execPath,
    [
      '--permission',
      ...options.readablePaths.map((path) => `--allow-fs-read=${path}`),
      ...heapFlags(options.heapMegabytes),
      '--no-warnings',
      // SQLite opens and creates files itself, past the permission model.
      '--no-experimental-sqlite',
      options.entry,
    ],
    // stdout is not ours to trust: a line there could pass for a metric of the function.
    { env: {}, stdio: ['ignore', 'ignore', 'pipe', 'pipe', ...coverInherited(nothing)] },
  );
  closeSync(nothing);
  const socket = child.stdio[3] as Duplex;
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  const read = createFrameReader(onFrame);
  socket.on('data', (chunk: Buffer) => {
    try {
      read(chunk);
    } catch {
      // Frames that make no sense: the child is not itself any more.
      child.kill('SIGKILL');
    }
  });
  // The exit tells all there is to tell.
  socket.on('error', () => {});

  const exited = new Promise<ChildExit>((resolve) => {
    child.on('error', (error) => resolve({ code: null, signal: null, lastWords: error.message }));
    child.on('close', (code, signal) => resolve({ code, signal, lastWords }));
  });
  return {
    processId: child.pid ?? -1,
    writer: createFrameWriter(socket),
    exited,
    kill: () => void child.kill('SIGKILL'),
  };
}

/** V8's own default for the largest half of the young generation, MiB. */
const SEMI_SPACE_MEGABYTES = 16;
/** Old generation that may fill up before V8 begins to adapt its limit to what lives, MiB. */
const INITIAL_OLD_SPACE_MEGABYTES = 128;

/**
 * The events of a batch are a few megabytes that live for milliseconds. V8 starts with a young generation of 1 MiB, so they end up in the
 * old one and are collected there, at a fifth of all CPU; with room from the start they die young, and the process is smaller, too.
 */
function heapFlags(heapMegabytes: number): string[] {
  return [
    `--max-old-space-size=${heapMegabytes}`,
    `--initial-old-space-size=${Math.min(INITIAL_OLD_SPACE_MEGABYTES, Math.floor(heapMegabytes / 2))}`,
    `--min-semi-space-size=${Math.min(SEMI_SPACE_MEGABYTES, Math.max(1, Math.floor(heapMegabytes / 16)))}`,
  ];
}

/** Of open(2) on Linux: a descriptor that a new program does not inherit. Node opens all of its own with it. */
const CLOSE_ON_EXEC = 0o2000000;

/**
 * The child's descriptors from 4 on. It would inherit those that this process got from its own parent, a shell's or an extension's open
 * file for example, and could write to them: over each lies `nothing`. (Node itself sets the flag for the first ones only, up to a gap.) Where there is no /proc, all of them are inherited.
 */
function coverInherited(nothing: number): ('ignore' | number)[] {
  const inherited = openDescriptors().filter((descriptor) => descriptor > 3 && !closesOnExec(descriptor));
  return Array.from({ length: Math.max(3, ...inherited) - 3 }, (_, index) =>
    inherited.includes(index + 4) ? nothing : 'ignore',
  );
}

function openDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return [];
  }
}

function closesOnExec(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) !== 0;
  } catch {
    // Closed since it was listed.
    return true;
  }
}
