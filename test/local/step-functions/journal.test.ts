import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createJournalFolder } from '../../../local/step-functions/journal.ts';
import { temporaryDirectory } from '../../support/local-stack.ts';

test('what was recorded is there in the next run, under its name', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'machine');
  createJournalFolder(path).open('a name.1').record('0 Wait in', 1000);

  const folder = createJournalFolder(path);

  expect(folder.names()).toEqual(['a name.1']);
  expect(folder.open('a name.1').recall('0 Wait in')).toBe(1000);
});

test('a record that was half written when the process was killed is none, and the journal goes on after it', async () => {
  await using directory = await temporaryDirectory();
  createJournalFolder(directory.path).open('run').record('whole', 1);
  await appendFile(join(directory.path, 'run.jsonl'), '["half",{"out');

  createJournalFolder(directory.path).open('run').record('next', 2);

  const journal = createJournalFolder(directory.path).open('run');
  expect(['whole', 'half', 'next'].map((key) => journal.recall(key))).toEqual([1, undefined, 2]);
});
