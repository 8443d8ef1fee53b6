import { SourceMap } from 'node:module';
import { decodeSourceMap, splitSourceMap } from '../plugins/source-map-comment.ts';

/** Parsed maps that are kept. They are large, and a batch rarely has more failing plugins than this. */
const MAX_PARSED = 4;

/** Source maps by plugin config, in base64. As global as the script names they explain: V8 has one set of them per process. */
const maps = new Map<number, string>();
const parsed = new Map<string, SourceMap>();

/** Names the script of a plugin config, as it stands in the stacks of its errors. */
export function scriptName(plugin: number): string {
  return `plugin-config-${plugin}/index.js`;
}

const POSITION = /plugin-config-(\d+)\/index\.js:(\d+)(?::(\d+))?/g;

/** Takes the source map from a plugin's code and keeps it for `authorPositions`, in place of that of an earlier version. */
export function keepSourceMap(plugin: number, text: string): string {
  const { code, map } = splitSourceMap(text);
  if (map === null) maps.delete(plugin);
  else maps.set(plugin, map);
  return code;
}

/** Forgets what `keepSourceMap` kept, once a plugin config is gone. */
export function forgetSourceMap(plugin: number): void {
  maps.delete(plugin);
}

/** Replaces positions in plugins' scripts by file, line and column in what their authors wrote. Text without any costs one search. */
export function authorPositions(text: string): string {
  if (!text.includes('plugin-config-')) return text;
  return text.replaceAll(POSITION, (position, plugin: string, line: string, column: string | undefined) => {
    try {
      return authorPosition(Number(plugin), Number(line), column === undefined ? null : Number(column)) ?? position;
    } catch {
      return position;
    }
  });
}

/** @param line and column count from one, as in stacks; the result is null when the author wrote nothing there. */
function authorPosition(plugin: number, line: number, column: number | null): string | null {
  const map = maps.get(plugin);
  if (map === undefined) return null;
  const find = (columnIndex: number) => {
    const entry = parse(map).findEntry(line - 1, columnIndex);
    return 'originalSource' in entry && entry.generatedLine === line - 1 ? entry : null;
  };
  // Syntax errors come without a column: anything on that line will do.
  const entry = column === null ? (find(0) ?? find(Number.MAX_SAFE_INTEGER)) : find(column - 1);
  if (entry === null) return null;
  const place = `${entry.originalSource}:${entry.originalLine + 1}`;
  return column === null ? place : `${place}:${entry.originalColumn + 1}`;
}

function parse(map: string): SourceMap {
  const known = parsed.get(map);
  if (known !== undefined) return known;
  const sourceMap = new SourceMap(decodeSourceMap(map) as ConstructorParameters<typeof SourceMap>[0]);
  const [oldest] = parsed.keys();
  if (parsed.size >= MAX_PARSED && oldest !== undefined) parsed.delete(oldest);
  parsed.set(map, sourceMap);
  return sourceMap;
}
