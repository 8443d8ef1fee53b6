import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const CHILD = join(import.meta.dirname, '../../../shared/host/child.ts');

it('gives the plugin host no descriptor that this process inherited, and its own four as they should be', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hoglet-descriptors-'));
  const [secret, entry] = [join(folder, 'secret'), join(folder, 'entry.mjs')];
  writeFileSync(
    entry,
    `import fs from 'node:fs';
    const write = (fd) => { try { return fs.writeSync(fd, 'x'); } catch (error) { return error.code; } };
    const kind = (fd) => { const stat = fs.fstatSync(fd); return stat.isCharacterDevice() ? 'nothing' : stat.isFile() ? 'file' : 'pipe'; };
    fs.writeSync(2, JSON.stringify({ kinds: [0, 1, 2, 3].map(kind), inherited: [40, 62].map(kind), written: [40, 62].map(write) }));
    process.exit();`,
  );
  const parent = `
    const { startChild } = await import(${JSON.stringify(CHILD)});
    const child = startChild({ entry: ${JSON.stringify(entry)}, readablePaths: [${JSON.stringify(folder)}], heapMegabytes: 64 }, () => {});
    console.log((await child.exited).lastWords);`;
  const file = openSync(secret, 'w');

  const stdio = Array.from({ length: 63 }, (_, fd) => (fd === 1 ? 'pipe' : fd === 40 || fd === 62 ? file : 'ignore'));
  const { stdout } = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', parent], {
    stdio,
    encoding: 'utf8',
  });
  closeSync(file);

  expect(JSON.parse(stdout)).toEqual({
    kinds: ['nothing', 'nothing', 'pipe', 'pipe'],
    inherited: ['nothing', 'nothing'],
    written: ['EBADF', 'EBADF'],
  });
  expect(readFileSync(secret, 'utf8')).toBe('');
});
