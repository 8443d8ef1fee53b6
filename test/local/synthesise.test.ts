import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { synthesise } from '../../local/synthesise.ts';
import { temporaryDirectory } from '../support/local-stack.ts';

test('the app gets its output directory and the context, and none of the credentials of this machine', async () => {
  await using directory = await temporaryDirectory();
  const app = join(directory.path, 'app.ts');
  await writeFile(
    app,
    `import { writeFileSync } from 'node:fs';
     const { CDK_OUTDIR, CDK_CONTEXT_JSON } = process.env;
     writeFileSync(CDK_OUTDIR + '.json', JSON.stringify({ context: JSON.parse(CDK_CONTEXT_JSON!), names: Object.keys(process.env) }));`,
  );
  process.env['AWS_PROFILE'] = 'own';

  await synthesise({ outputDirectory: join(directory.path, 'out'), context: { 'a.b': 1 }, app });

  delete process.env['AWS_PROFILE'];
  const seen = JSON.parse(await readFile(join(directory.path, 'out.json'), 'utf8')) as {
    context: object;
    names: string[];
  };
  // The project's own cdk.json is in it as well.
  expect(seen.context).toMatchObject({ 'a.b': 1, 'cli-telemetry': false });
  expect(seen.names.filter((name) => name.startsWith('AWS_'))).toEqual([]);
});

test('the error of an app that fails is shown', async () => {
  await using directory = await temporaryDirectory();
  const app = join(directory.path, 'app.ts');
  await writeFile(app, `console.error('batchSize: got 0'); process.exit(3);`);

  await expect(synthesise({ outputDirectory: directory.path, app })).rejects.toThrow(
    `Synthesising ${app} failed (exit 3):\nbatchSize: got 0`,
  );
});
