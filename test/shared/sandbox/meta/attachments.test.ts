import { afterAll, expect, test } from 'vitest';
import { createPluginCalls } from '../../../support/plugin-calls.ts';

const { host, run } = createPluginCalls();
afterAll(() => host.stop());

const plugin = {
  attachments: {
    key: {
      contentType: 'application/json',
      fileName: 'key.json',
      contentsBase64: Buffer.from('{"a":"ä"}').toString('base64'),
    },
  },
};

test.each([
  [
    'carry type and name',
    `return [attachments.key.content_type, attachments.key.file_name]`,
    ['application/json', 'key.json'],
  ],
  ['hold a Buffer', `return [Buffer.isBuffer(attachments.key.contents), attachments.key.contents.length]`, [true, 10]],
  ['can be read as text', `return attachments.key.contents.toString()`, '{"a":"ä"}'],
  ['can be parsed as they are', `return JSON.parse(attachments.key.contents)`, { a: 'ä' }],
  ['can be copied', `return Buffer.from(attachments.key.contents).toString('utf8', 0, 2)`, '{"'],
  [
    'cannot be replaced',
    `attachments.key = 1; attachments.key.file_name = 2; return attachments.key.file_name`,
    'key.json',
  ],
  [
    'are absent where nothing was uploaded',
    `return [typeof attachments.other, Object.keys(attachments)]`,
    ['undefined', ['key']],
  ],
])('attachments %s', async (_, body, expected) => {
  const { result } = await run(body, { plugin });

  expect(result).toEqual(expected);
});

test('attachments are an empty object when there are none', async () => {
  const { result } = await run(`return attachments`);

  expect(result).toEqual({});
});
