import { afterAll, beforeAll, expect, it } from 'vitest';
import { unpackArchive } from '../../../shared/sources/archive/unpack-archive.ts';
import { buildVersion } from '../../../shared/sources/build-version.ts';
import { diffVersions } from '../../../shared/sources/diff-versions.ts';
import { createPluginTrial } from '../../support/plugin-trial.ts';
import type { SourceFiles } from '../../support/source-servers/git-store.ts';
import { type SourceSitesOnLoopback, startSourceSites } from '../../support/source-servers/start-source-sites.ts';

const FIRST = {
  'plugin.json': '{"name":"Greeter","main":"src/index.ts"}',
  'src/index.ts':
    'export function processEvent(event: any) {\n  event.properties.greeting = "hello";\n  return event;\n}\n',
};
const SECOND = { ...FIRST, 'src/index.ts': FIRST['src/index.ts'].replace('hello', 'good day') };

let sites: SourceSitesOnLoopback;
beforeAll(async () => {
  sites = await startSourceSites();
});
afterAll(() => sites[Symbol.asyncDispose]());

it.each<[string, () => string, (files: SourceFiles, version: string) => void]>([
  ['npm', () => '@scope/greeter', (files, version) => sites.npm.publish('@scope/greeter', version, files)],
  ['GitHub', () => 'https://github.com/owner/greeter', (files) => void sites.github.commit('owner/greeter', files)],
  [
    'a folder at GitLab',
    () => `${sites.gitlab.url}/group/greeter/-/tree/main/plugins/greeter`,
    (files) => {
      const inFolder = Object.entries(files).map(([path, content]) => [`plugins/greeter/${path}`, content]);
      sites.gitlab.commit('group/greeter', Object.fromEntries(inFolder) as SourceFiles);
    },
  ],
])('a plugin from %s is installed, found outdated, compared and updated', async (_, text, publish) => {
  const sources = sites.sources();
  const tryLoad = createPluginTrial();
  publish(FIRST, '1.0.0');

  const installed = await buildVersion(await sources.fetch(sources.parse(text()).source), tryLoad);
  expect(installed.capabilities.methods).toEqual(['processEvent']);
  expect(await sources.check(installed)).toMatchObject({ isNewer: false });

  publish(SECOND, '1.1.0');
  const check = await sources.check(installed);
  expect(check?.isNewer).toBe(true);

  const fetched = await sources.fetch(check?.latest.source ?? installed.source);
  const [changed, ...others] = diffVersions((await unpackArchive(installed.archive)).files, fetched.files);
  expect(others).toEqual([]);
  expect(changed?.path).toBe('src/index.ts');
  expect(changed?.text).toContain(
    '-  event.properties.greeting = "hello";\n+  event.properties.greeting = "good day";',
  );

  const updated = await buildVersion(fetched, tryLoad);
  expect(updated.marker).toBe(check?.latest.marker);
  expect(updated.codeHash).not.toBe(installed.codeHash);
  expect(await sources.check(updated, check)).toMatchObject({ isNewer: false });
});
