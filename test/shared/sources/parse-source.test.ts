import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type ParseOptions, parseSource, SOURCE_FORMS } from '../../../shared/sources/parse-source.ts';
import { sourcePage, sourceText } from '../../../shared/sources/plugin-source.ts';
import { SourceError } from '../../../shared/sources/source-error.ts';

const SHA = '4f1c5a2d3e4b5c6d7e8f90123456789abcdef012';

function sourceOf(text: string, options: ParseOptions = {}) {
  return parseSource(text, options).source;
}

function refusal(text: string): string {
  try {
    parseSource(text);
  } catch (error) {
    expect(error).toBeInstanceOf(SourceError);
    expect((error as SourceError).code).toBe('unknown_source');
    return (error as Error).message;
  }
  throw new Error(`${text} was taken`);
}

describe('an npm package', () => {
  it.each([
    ['posthog-plugin-x', 'posthog-plugin-x', 'latest'],
    ['  posthog-plugin-x\n', 'posthog-plugin-x', 'latest'],
    ['name@1.2.3', 'name', '1.2.3'],
    ['name@^1.0.0', 'name', '^1.0.0'],
    ['name@>=1 <2 || 3.x', 'name', '>=1 <2 || 3.x'],
    ['name@beta', 'name', 'beta'],
    ['@scope/name', '@scope/name', 'latest'],
    ['@scope/name@2.0.0-rc.1', '@scope/name', '2.0.0-rc.1'],
    ['npm:name@1', 'name', '1'],
    ['https://www.npmjs.com/package/name', 'name', 'latest'],
    ['https://npmjs.com/package/@scope/name/v/1.2.3', '@scope/name', '1.2.3'],
    ['https://www.npmjs.com/package/%40scope%2Fname', '@scope/name', 'latest'],
    ['npmjs.com/package/name?activeTab=versions#readme', 'name', 'latest'],
  ])('%s', (text, name, spec) => {
    expect(sourceOf(text)).toEqual({ kind: 'npm', name, spec });
  });
});

describe('a GitHub repository', () => {
  const repository = { kind: 'github', owner: 'owner', repository: 'my.plugin', folder: '' };

  it.each([
    ['https://github.com/owner/my.plugin', { kind: 'default' }],
    ['https://github.com/owner/my.plugin/', { kind: 'default' }],
    ['http://www.github.com/owner/my.plugin.git', { kind: 'default' }],
    ['github.com/owner/my.plugin?tab=readme-ov-file#usage', { kind: 'default' }],
    ['git@github.com:owner/my.plugin.git', { kind: 'default' }],
    ['git+https://github.com/owner/my.plugin.git', { kind: 'default' }],
    ['https://github.com/owner/my.plugin/tree/main', { kind: 'branch', name: 'main' }],
    ['https://github.com/owner/my.plugin/tree/v1.2.3', { kind: 'tag', name: 'v1.2.3' }],
    [`https://github.com/owner/my.plugin/tree/${SHA}`, { kind: 'commit', name: SHA }],
    ['https://github.com/owner/my.plugin/commit/4f1c5a2', { kind: 'commit', name: '4f1c5a2' }],
    ['https://github.com/owner/my.plugin/commits/next', { kind: 'branch', name: 'next' }],
    ['https://github.com/owner/my.plugin/releases/tag/spring', { kind: 'tag', name: 'spring' }],
    ['https://github.com/owner/my.plugin/releases/tag/%40scope%2Fa%401.0.0', { kind: 'tag', name: '@scope/a@1.0.0' }],
    ['https://github.com/owner/my.plugin/archive/main.zip', { kind: 'branch', name: 'main' }],
    [`https://github.com/owner/my.plugin/archive/${SHA}.tar.gz`, { kind: 'commit', name: SHA }],
    ['https://github.com/owner/my.plugin/archive/refs/tags/v1.2.3.tar.gz', { kind: 'tag', name: 'v1.2.3' }],
    ['https://github.com/owner/my.plugin/archive/refs/heads/1.2.x.zip', { kind: 'branch', name: '1.2.x' }],
  ])('%s', (text, ref) => {
    expect(sourceOf(text)).toEqual({ ...repository, ref });
  });

  it('in a folder, whose border to the branch only GitHub knows', () => {
    expect(sourceOf('https://github.com/owner/my.plugin/tree/main/plugins/mine')).toEqual({
      ...repository,
      ref: { kind: 'path', path: 'main/plugins/mine' },
    });
  });

  it('in a folder with spaces', () => {
    expect(sourceOf('https://github.com/owner/my.plugin/tree/HEAD/my plugins/it%C3%A9')).toMatchObject({
      folder: 'my plugins/ité',
    });
    expect(sourceOf('https://github.com/owner/my.plugin/tree/main/my%20plugins')).toMatchObject({
      ref: { path: 'main/my plugins' },
    });
  });

  it.each([
    ['of the default branch', 'tree/HEAD/plugins/mine', { kind: 'default' }],
    ['of a commit', `tree/${SHA}/plugins/mine`, { kind: 'commit', name: SHA }],
    ['by its plugin.json', `blob/${SHA}/plugins/mine/plugin.json`, { kind: 'commit', name: SHA }],
  ])('in a folder %s', (_, path, ref) => {
    expect(sourceOf(`https://github.com/owner/my.plugin/${path}`)).toEqual({
      ...repository,
      ref,
      folder: 'plugins/mine',
    });
  });

  it.each([
    'https://github.com/owner',
    'https://github.com/owner/my.plugin/issues/1',
    'https://github.com/owner/my.plugin/tree/main/a%2F..%2Fb',
    'https://github.com/owner/my.plugin/tree/main/a%5Cb',
    'https://github.com/owner/my.plugin/tree/a..b',
    'https://github.com/owner/my.plugin/commit/not-a-sha',
    'https://github.com/owner/..',
    'https://github.com/own%2Fer/name',
    'https://github.com/owner/%E0%A4%A',
  ])('%s is none', (text) => {
    expect(refusal(text)).toContain('No plugin can be installed from');
  });
});

it('a repository at a GitHub Enterprise is one, if that is configured or named as one', () => {
  const own = {
    kind: 'github',
    site: 'https://github.example.com',
    owner: 'owner',
    repository: 'my.plugin',
    ref: { kind: 'tag', name: 'v1.2.3' },
    folder: '',
  };
  const url = 'https://github.example.com/owner/my.plugin/releases/tag/v1.2.3';

  expect(sourceOf(`github+${url}`)).toEqual(own);
  expect(sourceOf(url, { githubSites: ['https://github.example.com'] })).toEqual(own);
  expect(sourceOf(sourceText(own as never))).toEqual(own);
  expect(sourcePage(own as never)).toBe(url);
  expect(refusal(url)).toContain('github+https://');
});

describe('a GitLab repository', () => {
  const project = { kind: 'gitlab', site: 'https://gitlab.com', project: 'group/sub/project', folder: '' };

  it.each([
    ['https://gitlab.com/group/sub/project', { kind: 'default' }],
    ['gitlab.com/group/sub/project.git', { kind: 'default' }],
    ['https://gitlab.com/group/sub/project/-/tree/main', { kind: 'branch', name: 'main' }],
    ['https://gitlab.com/group/sub/project/-/commit/4f1c5a2d', { kind: 'commit', name: '4f1c5a2d' }],
    ['https://gitlab.com/group/sub/project/-/tags/v1.0', { kind: 'tag', name: 'v1.0' }],
    ['https://gitlab.com/group/sub/project/-/releases/spring', { kind: 'tag', name: 'spring' }],
    ['https://gitlab.com/group/sub/project/-/archive/main/project-main.zip', { kind: 'branch', name: 'main' }],
    ['https://gitlab.com/group/sub/project/-/tree/main/plugins/mine', { kind: 'path', path: 'main/plugins/mine' }],
  ])('%s', (text, ref) => {
    expect(sourceOf(text)).toEqual({ ...project, ref });
  });

  it('of an instance of one’s own, if it is configured or named as one', () => {
    const own = { ...project, site: 'https://git.example.com:8443', ref: { kind: 'default' } };
    const url = 'https://git.example.com:8443/group/sub/project';

    expect(sourceOf(`gitlab+${url}`)).toEqual(own);
    expect(sourceOf(url, { gitlabSites: ['https://git.example.com:8443'] })).toEqual(own);
    expect(refusal(url)).toContain('gitlab+https://');
  });
});

describe('an archive', () => {
  it.each(['zip', 'tgz', 'tar.gz'])('ends with .%s', (ending) => {
    const url = `https://example.com/a/plugin.${ending}?version=3`;

    expect(sourceOf(`${url}#readme`)).toEqual({ kind: 'archive', url });
  });

  it('of another kind is refused', () => {
    expect(refusal('https://example.com/plugin.rar')).toContain('https://example.com/plugin.zip');
  });

  it('may not have a credential in its parameters, which would be stored readable', () => {
    const message = refusal('https://example.com/plugin.zip?X-Amz-Signature=planted-signature');

    expect(message).toContain('"X-Amz-Signature" looks like a credential');
    expect(message).toContain('?private_token=');
    expect(message).not.toContain('planted');
  });
});

describe('a plugin of the library', () => {
  it.each(['Hello World', 'hello world', ' HELLO WORLD '])('is found by its name: "%s"', (text) => {
    expect(sourceOf(text)).toMatchObject({ kind: 'github', repository: 'posthog-hello-world-plugin' });
  });

  it('hides no package of npm for good', () => {
    expect(sourceOf('geoip')).toMatchObject({ kind: 'github' });
    expect(sourceOf('npm:geoip')).toEqual({ kind: 'npm', name: 'geoip', spec: 'latest' });
  });
});

describe('a private token', () => {
  it.each([
    ['https://github.com/owner/name?private_token=planted', { kind: 'github' }],
    ['https://github.com/owner/name?PRIVATE_TOKEN=planted&tab=readme', { kind: 'github' }],
    ['https://gitlab.com/group/name/-/tree/main?a=b&private_token=planted', { kind: 'gitlab' }],
    [
      'https://example.com/plugin.zip?private_token=planted&version=3',
      { kind: 'archive', url: 'https://example.com/plugin.zip?version=3' },
    ],
    [
      'https://example.com/plugin.zip?version=3&private_token=planted#x',
      { kind: 'archive', url: 'https://example.com/plugin.zip?version=3' },
    ],
    ['@scope/name@1.0.0?private_token=planted', { kind: 'npm', spec: '1.0.0' }],
  ])('is taken out of %s, and held apart', (text, expected) => {
    const parsed = parseSource(text);

    expect(parsed.source).toMatchObject(expected);
    expect(parsed.privateToken?.reveal()).toBe('planted');
    expect(JSON.stringify(parsed)).not.toContain('planted');
  });

  it('is decoded as a part of a URL', () => {
    expect(parseSource('name?private_token=a%2Bb%2F').privateToken?.reveal()).toBe('a+b/');
  });

  it('is absent without one, and refused empty or twice', () => {
    expect(parseSource('name').privateToken).toBeNull();
    expect(refusal('https://github.com/owner/name?private_token=')).toContain('private_token is empty');
    expect(refusal('https://github.com/o/n?private_token=planted&private_token=planted')).not.toContain('planted');
  });

  it('may not be the user or the password of a URL', () => {
    const message = refusal('https://user:planted@github.com/owner/name');

    expect(message).toContain('must not have a user or password');
    expect(message).not.toContain('planted');
  });
});

describe('what is no source', () => {
  it.each([
    '',
    'Name With Spaces',
    'ftp://example.com/x.zip',
    'file:///etc/passwd',
    'https://',
    'name@',
    '@scope',
    'name@@1',
    '../x',
  ])('is refused with everything that is allowed: %j', (text) => {
    const message = refusal(text);

    for (const example of Object.values(SOURCE_FORMS).flat()) expect(message).toContain(example);
  });

  it('is shown in part only when it is long', () => {
    expect(refusal(`https://example.com/${'x'.repeat(5000)}`).length).toBeLessThan(1500);
  });

  test('and whatever is given, there is a source or that refusal, and neither has the token', () => {
    const words = [
      'https://',
      'github.com',
      '/',
      '@',
      '?',
      'a',
      '-',
      '..',
      'tree',
      '%',
      '#',
      ':',
      '1.0.0',
      '\u0000',
      '&',
      '.zip',
    ];
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, fc.constantFrom('?', '&'), text, (before, separator, after) => {
        let told: string;
        try {
          const parsed = parseSource(`${before}${separator}private_token=planted&${after}`);
          expect(parsed.privateToken?.reveal()).toBe('planted');
          told = JSON.stringify(parsed);
        } catch (error) {
          expect((error as SourceError).code).toBe('unknown_source');
          told = (error as Error).message;
        }
        expect(told).not.toContain('planted');
      }),
      { numRuns: 2000 },
    );
  });
});

test('every example in the list of forms is one', () => {
  for (const example of Object.values(SOURCE_FORMS).flat()) expect(() => parseSource(example)).not.toThrow();
});

test('a source written as text is read as the same source', () => {
  const texts = [
    ...Object.values(SOURCE_FORMS).flat(),
    'https://github.com/owner/name/tree/HEAD/a/b',
    `https://github.com/owner/name/tree/${SHA}/a%20b`,
    'https://github.com/owner/name/tree/feature%2Fx',
    'https://github.com/owner/name/tree/feature%2Fx/plugins/mine',
    'https://gitlab.com/group/name/-/commit/4f1c5a2d',
    'https://gitlab.com/group/name/-/tree/main',
  ];

  for (const text of texts) {
    const source = sourceOf(text);
    expect(sourceOf(sourceText(source)), text).toEqual(source);
  }
});

test('the page of a source is one that a browser opens', () => {
  expect(sourcePage(sourceOf('@scope/name@1'))).toBe('https://www.npmjs.com/package/@scope/name');
  expect(sourcePage(sourceOf('gitlab+https://git.example.com/a/b'))).toBe('https://git.example.com/a/b');
  expect(sourcePage({ kind: 'upload', name: 'x.zip' })).toBeNull();
});
