import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { COMPLETIONS } from '../../cli/completions.ts';
import { createProgram } from '../../cli/program.ts';

const program = createProgram({ env: {}, write: () => {} });

/** What bash offers behind these words; the last one is what was typed so far. */
async function offered(...words: string[]): Promise<string[]> {
  const quoted = ['hoglet', ...words].map((word) => `'${word}'`).join(' ');
  const script = `${COMPLETIONS.bash(program)}
COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _hoglet; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script]);
  return stdout.split('\n').filter((line) => line !== '');
}

it('bash completes commands, those of commands, options and what arguments may be', async () => {
  expect(await offered('pl')).toEqual(['plugins']);
  expect(await offered('plugins', 'in')).toEqual(['install']);
  expect(await offered('--verbose', 'config', '')).toEqual(expect.arrayContaining(['list', 'set', '--json']));
  expect(await offered('dlq', 'redrive', 'e')).toEqual(['events']);
  expect(await offered('logs', '7', '--fo')).toEqual(['--follow']);
  expect(await offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  expect(await offered('nothing', 'zz')).toEqual([]);
});

it('every command is completed in every shell', () => {
  const names = program.commands.map((command) => command.name());

  for (const [shell, script] of Object.entries(COMPLETIONS)) {
    const text = script(program);
    expect([shell, names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))]).toEqual([shell, []]);
    expect(text).toContain('--url'.slice(shell === 'fish' ? 2 : 0));
  }
});

it('zsh and fish scripts quote what commands say of themselves', () => {
  const fish = COMPLETIONS.fish(program)
    .split('\n')
    .filter((line) => line.startsWith('complete '));

  expect(fish.length).toBeGreaterThan(50);
  // An even number of quotes, once those that are escaped are gone.
  expect(fish.filter((line) => line.replaceAll("\\'", '').split("'").length % 2 === 0)).toEqual([]);
});
